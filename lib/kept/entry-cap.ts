/** How many different answers one use of a keep may have: a query string is anybody's, and so are the keys made of it. */

/** Between looks for places that are free again. */
const LOOK_EVERY_MS = 1_000;

export interface EntryCap {
  /** Whether it has a place, or would be given one. */
  hasRoom(key: string, most: number): boolean;
  /** Takes a place for `ttlMs`, unless it has one; false where `most` are taken. */
  admits(key: string, ttlMs: number, most: number): boolean;
}

/** @param full Told once, when the first answer finds no place. */
export function createEntryCap(monotonicMs: () => number, full: (most: number) => void): EntryCap {
  /** Until when a place is taken. */
  const taken = new Map<string, number>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isTold = false;
  const makeRoom = (now: number) => {
    if (now - lookedAt < LOOK_EVERY_MS) return;
    lookedAt = now;
    for (const [key, until] of taken) if (until <= now) taken.delete(key);
  };
  const hasRoom = (key: string, most: number): boolean => {
    if (taken.has(key) || taken.size < most) return true;
    makeRoom(monotonicMs());
    return taken.size < most;
  };
  return {
    hasRoom,
    admits: (key, ttlMs, most) => {
      if (hasRoom(key, most)) {
        taken.set(key, monotonicMs() + ttlMs);
        return true;
      }
      if (!isTold) full(most);
      isTold = true;
      return false;
    },
  };
}
