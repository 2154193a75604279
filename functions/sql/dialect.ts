/**
 * Where PostgreSQL and Oracle have no word in common. All other SQL in this folder is written so that both understand
 * it: no `bigint`, no arrays, no `select` without `from`, `fetch first`, and quotes round names that Oracle reserves.
 *
 * The Oracle side has been run against no server: none can be had for the tests. They hold the texts to what every
 * Oracle since 12c documents.
 */
import { type Statement, sql } from "tidegate";

export interface Dialect {
  /** After `with`, where a common table refers to itself. */
  readonly recursive: Statement;
  /** After such a table, whose rows grow in `depth` and may come back to where they were. */
  readonly mayComeBack: Statement;
  /** The type of a 64-bit binary number, which arrives as a JavaScript number. */
  readonly double: Statement;
  /** The day, by UTC, of an instant. */
  utcDay(instant: Statement): Statement;
}

const POSTGRES: Dialect = {
  recursive: sql`recursive`,
  mayComeBack: sql``,
  double: sql`double precision`,
  utcDay: (instant) => sql`cast(${instant} at time zone 'UTC' as date)`,
};

/** It fails on a cycle unless told what one is; its `double precision` is a decimal, and its `date` has a time of day. */
const ORACLE: Dialect = {
  recursive: sql``,
  mayComeBack: sql`cycle depth set has_come_back to 'y' default 'n'`,
  double: sql`binary_double`,
  utcDay: (instant) => sql`trunc(cast(sys_extract_utc(${instant}) as date))`,
};

/** The dialect of each kind of database that `DATABASE_URL` can name. */
export const DIALECTS = {
  postgres: POSTGRES,
  pglite: POSTGRES,
  oracle: ORACLE,
  // This application always has a database of Tidegate's.
  none: POSTGRES,
} as const satisfies Record<string, Dialect>;
