/**
 * The database's part of the time for which a permit is held. Who waits for a connection, reads a stream slowly, or thinks
 * in the middle of a transaction, uses up the deadline; the database is neither slow nor failing for that.
 */
import { DatabaseError } from "../database/port.ts";
import { ownErrorIn } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { Classify } from "./outcome.ts";

export interface DatabaseTime {
  /** There is a connection: what was until now was the wait for one. */
  connected(): void;
  /** From now on it is the holder who keeps things waiting. */
  pause(): void;
  /** From now on it is the database. */
  resume(): void;
  ms(): number;
  /**
   * A call that timed out while the database was waiting for its holder counts for nothing, and so does one that spent
   * half of its time and more on the wait for a connection: what would have ended within the whole deadline, had it begun
   * at once, then never counts as a failure.
   */
  readonly classify: Classify;
}

export function databaseTime(runtime: Runtime): DatabaseTime {
  let spentMs = 0;
  let since: number | null = null;
  let startedAt: number | null = null;
  let waitedMs = 0;
  const isHolders = () =>
    since === null || (waitedMs > 0 && waitedMs * 2 >= runtime.monotonicMs() - (startedAt ?? since));
  return {
    connected: () => {
      const now = runtime.monotonicMs();
      waitedMs = now - (startedAt ?? now);
      spentMs = 0;
      since = now;
    },
    pause: () => {
      if (since !== null) spentMs += runtime.monotonicMs() - since;
      since = null;
    },
    resume: () => {
      since ??= runtime.monotonicMs();
      startedAt ??= since;
    },
    ms: () => spentMs + (since === null ? 0 : runtime.monotonicMs() - since),
    classify: (error) => {
      const own = ownErrorIn(error);
      return own instanceof DatabaseError && own.fault === "timeout" && isHolders() ? "ignored" : undefined;
    },
  };
}
