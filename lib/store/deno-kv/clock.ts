/** A clock for a store that has none: made of what the instances wrote, each adding only time that it has measured. */
import type { Runtime } from "../../runtime.ts";
import { natural } from "../../shape.ts";

export interface StoreClock {
  /** A time that somebody wrote, as it is read: whole milliseconds since 1970. */
  readonly hear: (writtenMs: number) => void;
  /** Whole milliseconds since 1970; never backwards, nor behind anything that was heard. */
  readonly now: () => number;
}

/**
 * The largest, over what was heard, of (the time written + monotonic time since it was read). The wall clock is one of
 * these, once, when the time is first asked for: it alone tells how long nobody was there.
 *
 * What one wrong clock costs. Behind: nothing, once its instance has read what others wrote. Ahead by x: with the first
 * transaction of its instance the time of all moves by x, once, and stays there. What was to live for another x ends at
 * once: leases that still run (so up to twice the capacity may run, for one lease), an open period, an override, a small
 * value, and a gate that is remembered for less. From then on the instances whose clocks are right are those behind, which
 * costs nothing.
 *
 * @example
 * ```ts
 * const clock = storeClock(runtime);
 * clock.hear(state.writtenAt);
 * const next = step(state, renewal, clock.now());
 * ```
 */
export function storeClock(runtime: Runtime): StoreClock {
  /** Of the monotonic clock; only grows. */
  let aheadMs = Number.NEGATIVE_INFINITY;
  let anchored = false;
  const hear = (writtenMs: number) => {
    // No clock has ever said so: what is read with it is damaged.
    if (natural(writtenMs)) aheadMs = Math.max(aheadMs, writtenMs - runtime.monotonicMs());
  };
  const now = () => {
    if (!anchored) hear(Math.floor(runtime.wallMs()));
    anchored = true;
    return Math.floor(runtime.monotonicMs() + aheadMs);
  };
  return { hear, now };
}
