/**
 * Loads the demo plant into a PostgreSQL: tables, then the lots in ranges of a transaction each, then what is quicker
 * to build at the end.
 */
import type { Sql } from "postgres";
import { afterLoadStatements, dropStatements, ranges, schemaStatements, seedStatements } from "./statements.ts";

/** About 54,000 events: the largest transaction, some tens of megabytes of work at the server. */
const LOTS_PER_TRANSACTION = 1000;

/** An arbitrary number that all seeds share, so that two of them never load into one database. */
const SEED_LOCK = 8_410_327_465;

/** Refusals a person can act upon; their message is all there is to say. */
export class SeedRefused extends Error {
  override readonly name: string = "SeedRefused";
}

/** There are lots already, and nobody said that they may go. */
export class AlreadySeeded extends SeedRefused {
  override readonly name = "AlreadySeeded";
}

export interface LoadOptions {
  readonly lotCount: number;
  /** Drop the schema `fab` first, with whatever it holds. */
  readonly reset: boolean;
  /** Default {@link LOTS_PER_TRANSACTION}. The rows do not depend on it. */
  readonly lotsPerTransaction?: number | undefined;
  onLots(loaded: number): void;
  onStage(stage: string): void;
}

/** What the database holds afterwards. */
export interface Loaded {
  readonly lots: number;
  readonly events: number;
}

/**
 * @param sql a client with one connection (`max: 1`), since the lock belongs to a session
 * @throws AlreadySeeded when lots are there already
 * @throws SeedRefused when another seed is running
 */
export async function load(sql: Sql, options: LoadOptions): Promise<Loaded> {
  const { lotCount, reset, lotsPerTransaction = LOTS_PER_TRANSACTION, onLots, onStage } = options;
  const [lock] = await sql<{ taken: boolean }[]>`select pg_try_advisory_lock(${SEED_LOCK}) as taken`;
  if (!lock?.taken) throw new SeedRefused("Another seed is loading into this database: wait until it has ended.");

  // The compiler of expressions costs more than it saves on the many short statements of a seed.
  await sql.unsafe(
    "set jit = off; set work_mem = '64MB'; set maintenance_work_mem = '256MB'; set synchronous_commit = off",
  );
  if (reset) await sql.unsafe(dropStatements());
  else await refuseOverLots(sql);
  for (const text of schemaStatements()) await sql.unsafe(text);

  for (const range of ranges(lotCount, lotsPerTransaction)) {
    await sql.begin((transaction) => transaction.unsafe(seedStatements(range)));
    onLots(range.lastLot);
  }

  onStage("building indexes and foreign keys");
  await sql.unsafe(afterLoadStatements());
  // Index-only scans need the visibility map, which only vacuum writes.
  onStage("vacuuming");
  await sql.unsafe("vacuum (analyze) fab.lots, fab.lot_events, fab.holds, fab.rejects, fab.lot_genealogy");

  const [count] = await sql<{ lots: number; events: number }[]>`
    select cast((select count(*) from fab.lots) as integer) as lots,
           cast((select count(*) from fab.lot_events) as integer) as events`;
  return { lots: count?.lots ?? 0, events: count?.events ?? 0 };
}

async function refuseOverLots(sql: Sql): Promise<void> {
  const [table] = await sql<{ there: boolean }[]>`select to_regclass('fab.lots') is not null as there`;
  if (!table?.there) return;
  const [held] = await sql<{ lots: number }[]>`select cast(count(*) as integer) as lots from fab.lots`;
  if (held !== undefined && held.lots > 0) {
    throw new AlreadySeeded(
      `The schema "fab" of this database already holds ${held.lots.toLocaleString("en")} lots. ` +
        "Nothing was changed. --reset drops that schema and loads it again.",
    );
  }
}
