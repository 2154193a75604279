/** Waiting, once for all: for a time, and for something that may never come. Timers and listeners are taken down here. */
import type { Runtime } from "./runtime.ts";

/**
 * Resolves after `ms` milliseconds.
 *
 * @throws The reason of `signal`, as soon as that is aborted.
 * @example
 * ```ts
 * await sleep(runtime, 500);
 * ```
 */
export function sleep(runtime: Runtime, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const leave = () => {
      runtime.clearTimer(timer);
      reject(signal?.reason);
    };
    const timer = runtime.setTimer(() => {
      signal?.removeEventListener("abort", leave);
      resolve();
    }, ms);
    signal?.addEventListener("abort", leave, { once: true });
  });
}

/** Which end of a wait was reached before what was waited for. */
export type WaitEnd = "late" | "aborted";

export interface Deadline {
  /** From now on. Less than 0 is 0. */
  readonly ms: number;
  /** Ends the wait too. */
  readonly signal?: AbortSignal | undefined;
  readonly runtime: Runtime;
  /** What the wait rejects with. */
  readonly refuse: (end: WaitEnd) => unknown;
}

/**
 * Waits for `work`, at most until its deadline. What becomes of it afterwards is nobody's concern any more: a late
 * rejection of it is swallowed.
 *
 * @throws What `refuse` makes of the end that was reached, or what `work` rejects with.
 * @example
 * ```ts
 * await withDeadline(store.close(), { ms: 1_000, runtime, refuse: () => new Error("the store: closing took over 1 s") });
 * ```
 */
export function withDeadline<Value>(work: Promise<Value>, { ms, signal, runtime, refuse }: Deadline): Promise<Value> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      runtime.clearTimer(timer);
      signal?.removeEventListener("abort", abort);
      settle();
    };
    const abort = () => finish(() => reject(refuse("aborted")));
    const timer = runtime.setTimer(() => finish(() => reject(refuse("late"))), Math.max(0, ms));
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
