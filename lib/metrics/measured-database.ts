/** A database whose statements are timed, wherever they are asked for. */
import type { Database, HeldConnection } from "../database/port.ts";
import type { Runtime } from "../runtime.ts";

/**
 * Times statements, those of transactions one by one, from the moment they have their permit to their end, whatever that
 * is. A stream's time is mostly its reader's, and a ping is no statement: both are left out.
 *
 * @param record Told how long each took, in milliseconds.
 */
export function measured(database: Database, record: (ms: number) => void, runtime: Runtime): Database {
  /** Beside the way of the answer, not on it. */
  const timed = <Value>(run: () => Promise<Value>): Promise<Value> => {
    const startedAt = runtime.monotonicMs();
    const running = run();
    const end = () => record(runtime.monotonicMs() - startedAt);
    running.then(end, end);
    return running;
  };
  const { forRequest } = database;
  return {
    ...database,
    ...(forRequest && { forRequest: () => measured(forRequest(), record, runtime) }),
    query: (statement, execution) => timed(() => database.query(statement, execution)),
    transaction: (execution, mode, task) =>
      database.transaction(execution, mode, (held) => {
        const timedHeld: HeldConnection = { query: (statement) => timed(() => held.query(statement)) };
        return task(timedHeld);
      }),
  };
}
