/** One instant on both clocks: a process that was frozen sees the difference on at least one of them. Rule 1. */
import type { Runtime } from "../../runtime.ts";

export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export const momentOf = (runtime: Runtime): Moment => ({
  monotonicMs: runtime.monotonicMs(),
  wallMs: runtime.wallMs(),
});

/** By whichever clock says that more has passed. */
export const elapsedMs = (since: Moment, now: Moment): number =>
  Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs);
