/** When a store that is away is asked again: after a pause, unless that can be known better. Rule 15. */
import type { Runtime, Timer } from "../../runtime.ts";

const TRY_AGAIN_MS = 500;

export interface Retry {
  /** In place of what was planned. */
  readonly plan: (then: () => void) => void;
  /** On the monotonic clock; null where nothing is planned. */
  readonly dueAt: () => number | null;
  readonly stop: () => void;
}

export function createRetry(runtime: Runtime): Retry {
  let planned: { readonly timer: Timer; readonly at: number } | null = null;
  const stop = () => {
    if (planned) runtime.clearTimer(planned.timer);
    planned = null;
  };
  return {
    plan(then) {
      stop();
      const due = () => {
        planned = null;
        then();
      };
      planned = { timer: runtime.setTimer(due, TRY_AGAIN_MS), at: runtime.monotonicMs() + TRY_AGAIN_MS };
    },
    dueAt: () => planned?.at ?? null,
    stop,
  };
}
