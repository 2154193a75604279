/**
 * The database's part of the time for which a permit is held. Who reads a stream slowly, or thinks in the middle of a
 * transaction, uses up the deadline; the database is neither slow nor failing for that.
 */
import type { DatabaseError } from "../database/port.ts";
import type { Runtime } from "../runtime.ts";
import type { Classify } from "./outcome.ts";

export interface DatabaseTime {
  /** From now on it is the holder who keeps things waiting. */
  pause(): void;
  /** From now on it is the database. */
  resume(): void;
  ms(): number;
  /** A call that timed out while the database was waiting for its holder counts for nothing. */
  readonly classify: Classify;
}

export function databaseTime(runtime: Runtime): DatabaseTime {
  let spentMs = 0;
  let since: number | null = null;
  return {
    pause: () => {
      if (since !== null) spentMs += runtime.monotonicMs() - since;
      since = null;
    },
    resume: () => {
      since ??= runtime.monotonicMs();
    },
    ms: () => spentMs + (since === null ? 0 : runtime.monotonicMs() - since),
    classify: (error) => (since === null && (error as DatabaseError)?.fault === "timeout" ? "ignored" : undefined),
  };
}
