/** How long a worker that fell is waited for: longer each time, until one has lived for a while. */

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** One that lived this long fell for another reason than its predecessor. */
const STEADY_MS = 60_000;
/** So many in a row are a loop. */
const LOOP = 5;

export interface Fall {
  readonly delayMs: number;
  /** How many fell in a row, this one included. */
  readonly inARow: number;
  /** True once for each loop. */
  readonly loopBegins: boolean;
}

export type Backoff = (livedMs: number) => Fall;

/** @param random Uniform in [0, 1): between half of the pause and all of it, so that places do not come back together. */
export function createBackoff(random: () => number): Backoff {
  let inARow = 0;
  return (livedMs) => {
    inARow = livedMs >= STEADY_MS ? 1 : inARow + 1;
    const pauseMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(inARow - 1, 20));
    return { delayMs: Math.round(pauseMs * (0.5 + random() / 2)), inARow, loopBegins: inARow === LOOP };
  };
}
