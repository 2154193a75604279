/** Transactions on a server of the tests' own: one connection, one table, and what the server sees of both. */
import type { Database, HeldConnection, TransactionMode } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "./execution.ts";
import { postgresScene, runtime } from "./postgres-scene.ts";

const PID = sql`select pg_backend_pid() as pid`;

/** Call it in a `describe`, as {@link postgresScene}. */
export function transactionScene(serverSettings: Readonly<Record<string, string>> = {}) {
  const scene = postgresScene(serverSettings);
  const { server, database, seen } = scene;
  const run = (conditions: Conditions = {}) => execution(runtime, conditions);

  async function one(name: string): Promise<Database> {
    await server().query("drop table if exists notes; create table notes (n int primary key)");
    return database({ applicationName: name, poolSize: 1, maxOverflow: 0 });
  }
  const notes = async () => (await server().query("select n from notes order by n")).map(({ n }) => n);
  const pidOf = async (db: Database | HeldConnection) =>
    ("transaction" in db ? await db.query<{ pid: number }>(PID, run()) : await db.query<{ pid: number }>(PID))[0]?.pid;
  const idleInTransaction = (name: string) => seen(name, "state like 'idle in transaction%'");
  const transact = <T>(
    db: Database,
    task: (held: HeldConnection) => Promise<T>,
    conditions?: Conditions,
    mode: TransactionMode = {},
  ) => db.transaction(run(conditions), mode, task);

  return { ...scene, one, notes, pidOf, idleInTransaction, transact };
}
