/**
 * How much of the one thread somebody else's code may take: a listener, a log. While it keeps the thread no call of the
 * instance goes on, and nothing can interrupt it; what can be done is to ask it less often. So whoever blocks may do so
 * for two seconds at once, and for 0.5 % of the time in the long run: less than one call in a hundred waits for it then.
 */
import type { Runtime } from "./runtime.ts";

/** Less is work, not blocking, however often. A collector's pause is seldom longer. */
export const BLOCKS_FROM_MS = 50;
/** A machine that is very busy makes anything take so long now and then: that must silence no log. */
const AT_ONCE_MS = 2_000;
const IN_THE_LONG_RUN = 0.005;
/** A process that stood still in the middle of a call is no reason for more than ten minutes without one. */
const MOST_MS = AT_ONCE_MS + 600_000 * IN_THE_LONG_RUN;

export interface ThreadTime {
  /** For how many milliseconds it must not be called yet; 0: it may be. */
  readonly pauseMs: () => number;
  /** Calls `work` and takes down how long it had the thread, also where it throws. What it returns is not waited for. */
  readonly spend: <Value>(work: () => Value) => Value;
}

/**
 * Of one listener, or one log.
 *
 * @example
 * ```ts
 * const time = threadTime(runtime);
 * if (time.pauseMs() === 0) time.spend(() => listener(event));
 * ```
 */
export function threadTime(runtime: Pick<Runtime, "monotonicMs">): ThreadTime {
  let blockedMs = 0;
  let at = 0;
  const worn = (now: number) => Math.max(0, blockedMs - (now - at) * IN_THE_LONG_RUN);
  return {
    pauseMs: () =>
      blockedMs === 0 ? 0 : Math.max(0, Math.ceil((worn(runtime.monotonicMs()) - AT_ONCE_MS) / IN_THE_LONG_RUN)),
    spend: (work) => {
      const startedAt = runtime.monotonicMs();
      try {
        return work();
      } finally {
        const now = runtime.monotonicMs();
        const tookMs = now - startedAt;
        if (tookMs > BLOCKS_FROM_MS) {
          blockedMs = Math.min(MOST_MS, worn(now) + tookMs);
          at = now;
        }
      }
    },
  };
}
