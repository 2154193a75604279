/**
 * The few pieces of SQL the reports share.
 *
 * Map of this folder: one file per report, each a function from validated parameters to a statement, with the row it
 * yields. Whatever a request carries is a bind value; all else is text that stands in these files.
 */
import { list, type Statement, sql } from "tidegate";

/** A half-open range of time: `from` belongs to it, `to` does not. Both are ISO-8601 UTC. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/** Puts fixed pieces of SQL side by side, for lists of columns. */
export function commas(parts: readonly Statement[]): Statement {
  return parts.reduce((all, part) => sql`${all}, ${part}`);
}

/** `and <column> in (…)`, or nothing when no value was asked for. */
export function andIn(column: Statement, values: readonly string[] | undefined): Statement {
  return values === undefined ? sql`` : sql` and ${column} in (${list(values)})`;
}

/** An instant as a bind value: a date, since Oracle reads text by settings of the session; the cast is for PostgreSQL. */
export function instant(value: string): Statement {
  return sql`cast(${new Date(value)} as timestamp with time zone)`;
}

export function within(column: Statement, range: Range): Statement {
  return sql`${column} >= ${instant(range.from)} and ${column} < ${instant(range.to)}`;
}

/** One row more than the page, which tells whether there is a next one. */
export function firstRows(limit: number): Statement {
  return sql`fetch first ${limit + 1} rows only`;
}
