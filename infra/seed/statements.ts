/**
 * The demo plant's SQL, read from `infra/seed/sql/*.sql` and ready to run.
 *
 * The files are what a DBA reads, and can run with psql as they are; this is how programs get them. `seed.sql` names
 * its three numbers the way psql does (`:first_lot`), and they are put in here after being checked to be whole numbers:
 * nothing else ever becomes part of the text. Each text holds several statements without parameters, for the simple
 * query protocol.
 */
import { readFileSync } from "node:fs";

/** Lots started at scale 1; their history comes to about 50,000 events. */
export const LOTS_PER_SCALE = 904;

/** Lot numbers have seven digits. */
export const MAX_LOTS = 9_999_999;

/** The lots `firstLot` to `lastLot` (inclusive, from 1) of a plant of `lotCount`. */
export interface LotRange {
  readonly firstLot: number;
  readonly lastLot: number;
  readonly lotCount: number;
}

/** Removes the demo plant, and with it nothing outside the schema `fab`. */
export function dropStatements(): string {
  return read("drop.sql");
}

/** Tables and reference rows. Safe to run on a plant that is there. */
export function schemaStatements(): string[] {
  return [read("schema.sql"), read("reference.sql")];
}

/**
 * Loads one range of lots; run it as one transaction. The rows depend on `lotCount` and not on how the numbers are cut
 * into ranges.
 *
 * @throws RangeError unless 1 <= firstLot <= lastLot <= lotCount <= {@link MAX_LOTS}, all whole numbers.
 */
export function seedStatements({ firstLot, lastLot, lotCount }: LotRange): string {
  const ordered = 1 <= firstLot && firstLot <= lastLot && lastLot <= lotCount && lotCount <= MAX_LOTS;
  if (!ordered || ![firstLot, lastLot, lotCount].every(Number.isInteger)) {
    throw new RangeError(
      `seed a range of lots: whole numbers 1 <= first <= last <= count <= ${MAX_LOTS} are needed, got ${firstLot}, ${lastLot}, ${lotCount}`,
    );
  }
  return read("seed.sql")
    .replaceAll(":first_lot", String(firstLot))
    .replaceAll(":last_lot", String(lastLot))
    .replaceAll(":lot_count", String(lotCount));
}

/** The ranges of at most `lotsPerRange` lots that make up `lotCount` lots, in order. */
export function* ranges(lotCount: number, lotsPerRange: number): Generator<LotRange> {
  for (let firstLot = 1; firstLot <= lotCount; firstLot += lotsPerRange) {
    yield { firstLot, lastLot: Math.min(firstLot + lotsPerRange - 1, lotCount), lotCount };
  }
}

/** Tables for Oracle, a statement each. Its rows are made by the statements above and copied: see `oracle/`. */
export function oracleSchemaStatements(): string[] {
  return statementsOf(read("oracle/schema.sql"));
}

/** Indexes and foreign keys for Oracle, a statement each. */
export function oracleAfterLoadStatements(): string[] {
  return statementsOf(read("oracle/after-load.sql"));
}

/** Oracle takes one statement at a time, without its semicolon. */
function statementsOf(script: string): string[] {
  const code = script.replace(/^--.*$/gm, "");
  return code
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

/** Indexes, foreign keys and statistics, once the rows are there. */
export function afterLoadStatements(): string {
  return read("after-load.sql");
}

/**
 * Everything the embedded demo database runs on its first start, in order.
 *
 * @example
 * ```ts
 * const database = pglite({ initialise: demoStatements() });
 * ```
 */
export function demoStatements(lotCount: number = LOTS_PER_SCALE): string[] {
  return [...schemaStatements(), seedStatements({ firstLot: 1, lastLot: lotCount, lotCount }), afterLoadStatements()];
}

function read(file: string): string {
  return readFileSync(new URL(`./sql/${file}`, import.meta.url), "utf8");
}
