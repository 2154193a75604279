/**
 * The states of a process's own machines, until nobody needs them. Without a timer, which would keep a test or a process
 * from coming to rest: whoever uses one state looks whether a few others are over.
 */

/** By the store's clock: how often use alone lets states go, and how many it looks at. */
const SWEEP_EVERY_MS = 10_000;
const SWEPT_AT_ONCE = 1_000;
/** For each new state, so that however fast they come, those that are over go faster. */
const SWEPT_FOR_A_NEW_ONE = 2;

export interface Kept {
  readonly state: unknown;
  /** On the store's clock. */
  until: number;
}

export interface States {
  /** What is kept at that place, else a new one. It is over at once unless its user says otherwise. */
  readonly at: (place: string, empty: () => unknown, now: number) => Kept;
}

export function openStates(): States {
  const all = new Map<string, Kept>();
  /** Goes round and round: it finds what is added behind it, and does not mind what is removed. */
  let round = all.entries();
  let sweptAt = Number.NEGATIVE_INFINITY;

  function sweep(most: number, now: number): void {
    for (let looked = 0; looked < most; looked++) {
      const { value, done } = round.next();
      if (done) {
        round = all.entries();
        return;
      }
      const [place, { until }] = value;
      if (until <= now) all.delete(place);
    }
  }
  return {
    at: (place, empty, now) => {
      if (now - sweptAt >= SWEEP_EVERY_MS) {
        sweptAt = now;
        sweep(SWEPT_AT_ONCE, now);
      }
      const found = all.get(place);
      if (found && found.until > now) return found;
      sweep(SWEPT_FOR_A_NEW_ONE, now);
      const kept: Kept = { state: empty(), until: now };
      all.set(place, kept);
      return kept;
    },
  };
}
