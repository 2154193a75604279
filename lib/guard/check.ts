/** One timer for the earliest check that any waiter of a lane was told of. */
import type { Runtime, Timer } from "../runtime.ts";

export interface Check {
  readonly by: (monotonicMs: number) => void;
  readonly stop: () => void;
}

export function createCheck(runtime: Runtime, check: () => void): Check {
  let due = Number.POSITIVE_INFINITY;
  let timer: Timer;
  const stop = () => {
    runtime.clearTimer(timer);
    due = Number.POSITIVE_INFINITY;
  };
  return {
    stop,
    by: (monotonicMs) => {
      if (monotonicMs >= due) return;
      runtime.clearTimer(timer);
      due = monotonicMs;
      timer = runtime.setTimer(
        () => {
          due = Number.POSITIVE_INFINITY;
          check();
        },
        Math.max(0, monotonicMs - runtime.monotonicMs()),
      );
    },
  };
}
