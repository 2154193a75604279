/** Until when a call that has its permit waits for a connection. */
import type { Runtime } from "../runtime.ts";
import type { CallContext } from "./execute.ts";

/**
 * Of a deadline, what the wait for a connection may take. Its end is no news of the database and the deadline is bad news,
 * so it must not be chance which of them comes first.
 */
export const WAIT_SHARE = 0.9;

/**
 * @param waitUntil The end of the call's own wait; this and the answer are on {@link Runtime.monotonicMs}.
 * @example
 * ```ts
 * database.ping({ ...context, lane: "health", connectBy: connectBy(waitUntil, context, runtime) });
 * ```
 */
export function connectBy(waitUntil: number, { deadlineMs }: CallContext, runtime: Runtime): number {
  return Math.min(waitUntil, runtime.monotonicMs() + deadlineMs * WAIT_SHARE);
}
