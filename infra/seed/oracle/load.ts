/**
 * Loads the demo plant into an Oracle: tables, then the rows an embedded PostgreSQL has made, a range of lots at a time,
 * then what is quicker to build at the end.
 */
import { AlreadySeeded, type Loaded, type LoadOptions, SeedRefused } from "../load.ts";
import { oracleAfterLoadStatements, oracleSchemaStatements, ranges } from "../statements.ts";
import { type Cell, type Column, type PlantRows, TABLES, type Table } from "./plant-rows.ts";

/** About 54,000 events: the largest transaction, and the most that is held in memory. */
const LOTS_PER_TRANSACTION = 1000;
/** Rows of one round trip. */
const ROWS_PER_INSERT = 2000;

/** One connection to an Oracle, as far as a seed needs it. */
export interface OracleSeat {
  /** Rows as lists of values. */
  query(text: string): Promise<unknown[][]>;
  /** Runs an `insert` once for each row, without committing. */
  insertMany(text: string, rows: readonly (readonly Cell[])[], columns: readonly Column[]): Promise<void>;
  commit(): Promise<void>;
}

/** @throws SeedRefused when the user `fab` does not exist. @throws AlreadySeeded when lots are there already. */
export async function loadOracle(seat: OracleSeat, plant: PlantRows, options: LoadOptions): Promise<Loaded> {
  const { lotCount, reset, lotsPerTransaction = LOTS_PER_TRANSACTION, onLots, onStage } = options;
  await refuseWithoutFab(seat);
  const there = await tablesThere(seat);
  if (!reset) await refuseOverLots(seat, there);
  // Tables without lots are what an interrupted seed leaves behind.
  for (const name of there) await seat.query(`drop table fab.${name} cascade constraints purge`);
  for (const text of oracleSchemaStatements()) await seat.query(text);

  await insert(seat, await plant.reference());
  for (const range of ranges(lotCount, lotsPerTransaction)) {
    await insert(seat, await plant.lots(range));
    await seat.commit();
    onLots(range.lastLot);
  }

  onStage("building indexes and foreign keys");
  for (const text of oracleAfterLoadStatements()) await seat.query(text);
  onStage("gathering statistics");
  await seat.query("begin dbms_stats.gather_schema_stats(ownname => 'FAB'); end;");
  return { lots: await countOf(seat, "lots"), events: await countOf(seat, "lot_events") };
}

export function insertStatement({ name, columns }: Pick<Table, "name" | "columns">): string {
  const names = columns.map((column) => column.name).join(", ");
  return `insert into fab.${name} (${names}) values (${columns.map((_, index) => `:${index + 1}`).join(", ")})`;
}

async function insert(seat: OracleSeat, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    for (let at = 0; at < table.rows.length; at += ROWS_PER_INSERT) {
      await seat.insertMany(insertStatement(table), table.rows.slice(at, at + ROWS_PER_INSERT), table.columns);
    }
  }
}

async function refuseWithoutFab(seat: OracleSeat): Promise<void> {
  const [[users] = []] = await seat.query("select count(*) from all_users where username = 'FAB'");
  if (Number(users) > 0) return;
  throw new SeedRefused(
    'The plant belongs to the user "fab", who does not exist: create user fab identified by "..." quota unlimited on ' +
      "users; grant create session, create table to fab; and log on as fab.",
  );
}

/** Of the plant's own tables; anything else that the user has is left alone. */
async function tablesThere(seat: OracleSeat): Promise<string[]> {
  const rows = await seat.query("select lower(table_name) from all_tables where owner = 'FAB'");
  const names = rows.map(([name]) => String(name));
  return TABLES.filter((name) => names.includes(name));
}

async function refuseOverLots(seat: OracleSeat, there: readonly string[]): Promise<void> {
  const lots = there.includes("lots") ? await countOf(seat, "lots") : 0;
  if (lots === 0) return;
  throw new AlreadySeeded(
    `The schema "fab" of this database already holds ${lots.toLocaleString("en")} lots. ` +
      "Nothing was changed. --reset drops the plant's tables and loads them again.",
  );
}

async function countOf(seat: OracleSeat, table: string): Promise<number> {
  const [[count] = []] = await seat.query(`select count(*) from fab.${table}`);
  return Number(count);
}
