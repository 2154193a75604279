/** One computation per period, however many ask: readers of a fresh value cost nothing, the others share one wait. */
import type { Runtime } from "../runtime.ts";

/** Older than this a value says nothing about now. */
export const USELESS_AFTER_MS = 10_000;

export interface Memoized<Value> {
  readonly value: Value;
  readonly ageMs: number;
  /** Older than the period, because the computation under way takes too long. */
  readonly stale: boolean;
}

export interface MemoOptions<Value> {
  /** 0: no value outlives its computation. Those who ask meanwhile still share it. */
  readonly ttlMs: number;
  /** Longest a reader waits for the computation under way. */
  readonly waitMs: number;
  readonly compute: () => Promise<Value>;
  readonly runtime: Runtime;
}

/** @returns Reads the value; null where there is none that still says something, and the wait was in vain. */
export function createMemo<Value>(options: MemoOptions<Value>): () => Promise<Memoized<Value> | null> {
  const { ttlMs, waitMs, compute, runtime } = options;
  let last: { readonly value: Value; readonly at: number } | null = null;
  let running: Promise<Memoized<Value>> | null = null;

  const ageOfLastMs = () => (last ? runtime.monotonicMs() - last.at : Number.POSITIVE_INFINITY);
  const start = () => {
    running ??= compute()
      .then((value) => {
        last = { value, at: runtime.monotonicMs() };
        return { value, ageMs: 0, stale: false };
      })
      .finally(() => {
        running = null;
      });
    return running;
  };
  const remembered = (stale: boolean) =>
    last && ageOfLastMs() <= USELESS_AFTER_MS ? { value: last.value, ageMs: Math.floor(ageOfLastMs()), stale } : null;

  return () => {
    if (ageOfLastMs() < ttlMs) return Promise.resolve(remembered(false));
    const fresh = start();
    return new Promise((resolve) => {
      const timer = runtime.setTimer(() => resolve(remembered(true)), waitMs);
      const finish = (memoized: Memoized<Value> | null) => {
        runtime.clearTimer(timer);
        resolve(memoized);
      };
      fresh.then(finish, () => finish(remembered(true)));
    });
  };
}
