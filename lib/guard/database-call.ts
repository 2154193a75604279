/** What a call that has its permit asks of a driver: until when it waits for a connection, and whose time it is then. */
import type { Execution } from "../database/port.ts";
import type { Lane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import type { DatabaseTime } from "./database-time.ts";
import type { CallContext } from "./execute.ts";

/**
 * Of a deadline, what the wait for a connection may take. Its end is no news of the database and the deadline is bad news,
 * so it must not be chance which of them comes first.
 */
export const WAIT_SHARE = 0.9;

export interface DatabaseCall {
  readonly lane: Lane;
  /** The end of the call's own wait, on {@link Runtime.monotonicMs}. */
  readonly waitUntil: number;
  readonly time: DatabaseTime;
  readonly runtime: Runtime;
}

/**
 * From now on it is the database's time.
 *
 * @example
 * ```ts
 * guard.run((context) => database.query(statement, databaseCall(context, { lane, waitUntil, time, runtime })));
 * ```
 */
export function databaseCall(context: CallContext, { lane, waitUntil, time, runtime }: DatabaseCall): Execution {
  time.resume();
  const connectBy = Math.min(waitUntil, runtime.monotonicMs() + context.deadlineMs * WAIT_SHARE);
  return { ...context, lane, connectBy, onConnection: time.connected };
}
