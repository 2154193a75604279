/** One answer in the form the caller asked for: the JSON envelope, or CSV for a spreadsheet. */
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { success, type TidegateEnv } from "tidegate";
import { type Cell, csv, csvStream } from "./csv.ts";

type Row<Column extends string> = { readonly [Name in Column]?: Cell };

export interface Table<Column extends string> {
  /** The name of the downloaded file, without its ending. */
  readonly file: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row<Column>[];
  /** What JSON carries, where that is more than the rows. */
  readonly data?: unknown;
  /** Added to the envelope's meta. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** The next page, also given as a link, which is the only place for it beside a CSV. */
  readonly nextCursor?: string | null;
}

/** How answers are kept that do not depend on who asks: a cookie, or a login, takes them from nobody. */
export const SAME_FOR_ALL = { key: () => "" };

export function answer<Column extends string>(c: Context<TidegateEnv>, table: Table<Column>): Response {
  c.header("Vary", "Accept", { append: true });
  if (table.nextCursor) c.header("Link", `<${nextUrl(c.req.url, table.nextCursor)}>; rel="next"`);

  if (!wantsCsv(c)) return success(c, table.data ?? table.rows, table.meta);
  return c.body(csv(table.columns, table.rows), 200, csvHeaders(table.file));
}

/**
 * Rows as CSV without holding them all. The first is waited for, so that what goes wrong before it still has an answer
 * of the contract; what goes wrong later breaks the response off.
 */
export async function answerStream<Column extends string>(
  c: Context<TidegateEnv>,
  table: Pick<Table<Column>, "file" | "columns"> & { readonly rows: AsyncIterator<Row<Column>> },
): Promise<Response> {
  const { file, columns, rows } = table;
  c.header("Vary", "Accept", { append: true });
  const first = await rows.next();
  if (c.req.method === "HEAD") {
    // Nobody is going to read the body, and what is not read is not ended.
    await rows.return?.();
    return c.body(null, 200, csvHeaders(file));
  }
  return c.body(csvStream(columns, startingWith(first, rows)), 200, csvHeaders(file));
}

export function wantsCsv(c: Context): boolean {
  const supports = ["application/json", "text/csv"];
  return accepts(c, { header: "Accept", supports, default: "application/json" }) === "text/csv";
}

function csvHeaders(file: string): Record<string, string> {
  return {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    "Content-Disposition": `attachment; filename="${file}.csv"`,
  };
}

function startingWith<Value>(first: IteratorResult<Value>, rest: AsyncIterator<Value>): AsyncIterator<Value> {
  let isFirst = true;
  return {
    next: () => {
      if (!isFirst) return rest.next();
      isFirst = false;
      return Promise.resolve(first);
    },
    return: async () => (await rest.return?.()) ?? { done: true, value: undefined },
  };
}

/** The same query from the cursor on; without the host, which a proxy may have changed. */
function nextUrl(url: string, nextCursor: string): string {
  const next = new URL(url);
  next.searchParams.set("cursor", nextCursor);
  return `${next.pathname}${next.search}`;
}
