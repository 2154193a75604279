/** `GET /admin/api/audit`: what was done, newest first, a page at a time. */
import * as v from "valibot";
import type { AuditPage } from "../../../contract/audit.ts";
import { type Audit, isDamaged } from "../../../recovery/audit/audit.ts";
import { ProblemError } from "../../problem.ts";

const LARGEST_PAGE = 200;
const DEFAULT_PAGE = 50;

const whole = (name: string, most: number) =>
  v.pipe(
    v.string(name),
    v.regex(/^\d{1,16}$/, name),
    v.transform(Number),
    v.minValue(1, name),
    v.maxValue(most, `${name} up to ${most}`),
  );

export interface AuditQuery {
  /** Of the page before: its `next_cursor`. */
  readonly cursor?: number | undefined;
  readonly limit?: number | undefined;
}

export const auditQuery: v.GenericSchema<unknown, AuditQuery> = v.strictObject({
  cursor: v.optional(whole("a cursor of an earlier page", Number.MAX_SAFE_INTEGER)),
  limit: v.optional(whole("a number of records", LARGEST_PAGE)),
});

export async function auditPage(audit: Audit, { cursor, limit = DEFAULT_PAGE }: AuditQuery): Promise<AuditPage> {
  // One more than is shown, to know whether there is another page.
  const found = await audit.read(cursor, limit + 1).catch(() => {
    throw new ProblemError("SERVICE_UNAVAILABLE", "The audit cannot be read: its log does not answer.");
  });
  const rows = found.slice(0, limit);
  return {
    records: rows.flatMap((row) => (isDamaged(row) ? [] : row)),
    damaged: rows.filter(isDamaged).map(({ position }) => position),
    next_cursor: found.length > limit ? String(rows.at(-1)?.position ?? 1) : null,
  };
}
