/** One answer in the form the caller asked for: the JSON envelope, or CSV for a spreadsheet. */
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { success, type TidegateEnv } from "tidegate";
import { type Cell, csv } from "./csv.ts";

export interface Table<Column extends string> {
  /** The name of the downloaded file, without its ending. */
  readonly file: string;
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly [Name in Column]?: Cell }[];
  /** What JSON carries, where that is more than the rows. */
  readonly data?: unknown;
  /** Added to the envelope's meta. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** The next page, also given as a link, which is the only place for it beside a CSV. */
  readonly nextCursor?: string | null;
}

export function answer<Column extends string>(c: Context<TidegateEnv>, table: Table<Column>): Response {
  c.header("Vary", "Accept", { append: true });
  if (table.nextCursor) c.header("Link", `<${nextUrl(c.req.url, table.nextCursor)}>; rel="next"`);

  const type = accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/csv"],
    default: "application/json",
  });
  if (type !== "text/csv") return success(c, table.data ?? table.rows, table.meta);

  return c.body(csv(table.columns, table.rows), 200, {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    "Content-Disposition": `attachment; filename="${table.file}.csv"`,
  });
}

/** The same query from the cursor on; without the host, which a proxy may have changed. */
function nextUrl(url: string, nextCursor: string): string {
  const next = new URL(url);
  next.searchParams.set("cursor", nextCursor);
  return `${next.pathname}${next.search}`;
}
