/** Elapsed time for ages: where a machine was put to sleep, its monotonic clock may not have gone on. */
import type { Runtime } from "../runtime.ts";

/** Less between the two clocks is their rounding, and the wall clock being set right. */
const SLEPT_MS = 1_000;

/**
 * Milliseconds since an arbitrary start, never backwards. A wall clock that jumps ahead is taken for sleep: what is
 * remembered then looks older than it is, and costs one look at what the fleet knows.
 */
export function elapsedClock(runtime: Runtime): () => number {
  let sleptMs = 0;
  let offsetMs: number | null = null;
  return () => {
    const monotonicMs = runtime.monotonicMs();
    const offset = runtime.wallMs() - monotonicMs;
    offsetMs ??= offset;
    if (Math.abs(offset - offsetMs) > SLEPT_MS) {
      sleptMs += Math.max(0, offset - offsetMs);
      offsetMs = offset;
    }
    return monotonicMs + sleptMs;
  };
}
