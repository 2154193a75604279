/** The runtime of the platform, with the timers that are out counted. */
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";

export interface CountedRuntime extends Runtime {
  /** Timers that were set and have neither run nor been cleared; the process does not count those it may end over. */
  timers(): number;
}

export function countedRuntime(): CountedRuntime {
  const runtime = systemRuntime();
  const living = new Set<unknown>();
  return {
    ...runtime,
    setTimer: (task, delayMs) => {
      const timer = runtime.setTimer(() => {
        living.delete(timer);
        task();
      }, delayMs);
      living.add(timer);
      return timer;
    },
    clearTimer: (timer) => {
      living.delete(timer);
      runtime.clearTimer(timer);
    },
    timers: () => living.size,
  };
}
