/** Retry-After, spread: clients that were refused together must not come back together. */

/** A browser or monitor told to stay away longer than this would miss the recovery. */
const LONGEST_SECONDS = 60;
/** The spread, in parts of the hint: a hint of 30 s becomes 30 to 45. */
const SPREAD_RATIO = 0.5;

/**
 * Whole seconds, at least 1, rounded up, at most 60 before the spread. Consecutive calls with the same hint always differ,
 * which chance alone would not promise; where each instance starts is chance.
 *
 * @example
 * ```ts
 * const retryAfter = retryAfterSpread(Math.random);
 * retryAfter(5_000); // 5, 6, 7 or 8, and the next call something else
 * ```
 */
export function retryAfterSpread(random: () => number): (hintMs: number) => number {
  let turn = -1;
  return (hintMs) => {
    const seconds = Math.min(LONGEST_SECONDS, Math.max(1, Math.ceil(hintMs / 1_000)));
    const width = 2 + Math.floor(seconds * SPREAD_RATIO);
    turn = (turn < 0 ? Math.floor(random() * 10_000) : turn) + 1;
    return seconds + (turn % width);
  };
}
