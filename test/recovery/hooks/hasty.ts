/** A runtime of the system's whose pauses are over at once. */
import { type Runtime, systemRuntime } from "../../../lib/runtime.ts";

const base = systemRuntime();
/** @param paused Told how long each was to be, in milliseconds. */
export function hasty(paused: number[] = []): Runtime {
  return {
    ...base,
    setTimer: (task, ms) => {
      if (ms < 10_000) paused.push(ms);
      return base.setTimer(task, ms < 10_000 ? 0 : ms);
    },
  };
}
