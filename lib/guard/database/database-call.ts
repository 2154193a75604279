/** What a call that has its permit asks of a driver: until when it waits for a connection, and whose time it is then. */
import type { Execution } from "../../database/port.ts";
import type { Lane } from "../../gate/types.ts";
import type { Runtime } from "../../runtime.ts";
import type { CallContext } from "../execute.ts";
import type { DatabaseTime } from "./database-time.ts";

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

/** What both of a call and of its statement is told. */
type Terms = Pick<CallContext, "signal" | "deadlineMs" | "startBy" | "startByWallMs">;

/**
 * From now on it is the database's time.
 *
 * @example
 * ```ts
 * guard.run((context) => database.query(statement, databaseCall(context, { lane, waitUntil, time, runtime })));
 * ```
 */
export function databaseCall(context: Terms, { lane, waitUntil, time, runtime }: DatabaseCall): Execution {
  const { signal, deadlineMs, startBy, startByWallMs } = context;
  time.resume();
  const connectBy = connectByOf(context, waitUntil, runtime);
  return { signal, deadlineMs, startBy, startByWallMs, lane, connectBy, onConnection: () => time.connected() };
}

/** Until when a connection may be waited for, on {@link Runtime.monotonicMs}. */
export const connectByOf = ({ deadlineMs }: Pick<Terms, "deadlineMs">, waitUntil: number, runtime: Runtime): number =>
  Math.min(waitUntil, runtime.monotonicMs() + deadlineMs * WAIT_SHARE);
