/** Asking the database as the application does: by its own driver, with the deadline of a statement. */
import type { Config } from "../../config.ts";
import { databaseError } from "../../database/failure.ts";
import type { Database, Execution } from "../../database/port.ts";
import type { Statement } from "../../database/sql.ts";
import type { Runtime } from "../../runtime.ts";

/** Whoever looks after a server does not wait as long as a report may run. */
const LONGEST_MS = 10_000;

/** @throws DatabaseError as `Database.query` does. */
export type Ask = <Row>(statement: Statement) => Promise<readonly Row[]>;

export function asking(database: Database, config: Config, runtime: Runtime): Ask {
  return (statement) => inTime(config, runtime, (execution) => database.query(statement, execution));
}

/** @throws DatabaseError what `task` does, `timeout` where it takes too long. */
export async function inTime<Value>(
  { pool }: Config,
  runtime: Runtime,
  task: (execution: Execution) => Promise<Value>,
): Promise<Value> {
  const late = new AbortController();
  const timer = runtime.setTimer(() => late.abort(databaseError("timeout")), pool.connectTimeoutMs + LONGEST_MS);
  const connectBy = runtime.monotonicMs() + pool.connectTimeoutMs;
  const deadlineMs = pool.callTimeoutMs;
  try {
    return await task({ lane: "request", deadlineMs, startBy: connectBy + deadlineMs, connectBy, signal: late.signal });
  } finally {
    runtime.clearTimer(timer);
  }
}
