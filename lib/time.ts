/** Waiting, once for all: for a time, and for something that may never come. Timers and listeners are taken down here. */
import { HOLDS, type Runtime, type Timer, type TimerOptions } from "./runtime.ts";

/**
 * Resolves after `ms` milliseconds. A process that has nothing else to do waits for it.
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
    const timer = runtime.setTimer(
      () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      },
      ms,
      HOLDS,
    );
    signal?.addEventListener("abort", leave, { once: true });
  });
}

/** A timer that is later than this tells of an event loop that stood still: that time is nobody's fault. */
const LATE_MS = 10;

/** The end of a wait for somebody's answer, which is judged once what has arrived by then was read. */
export interface Expiry {
  /** Until it is judged, in milliseconds, as far as is known now: 0 or less when it may be. */
  leftMs(): number;
  /** Nothing is waited for any more: its task is not called, unless it was. */
  clear(): void;
}

export interface ExpiryOptions extends TimerOptions {
  /** On the monotonic clock, for who has just looked. */
  readonly now?: number;
}

/**
 * Calls `expired` once `ms` are over and what had arrived by then was read: a process that was busy finds its timers due
 * first, and then the answers that have long been there. A timer that was late itself waits once more, for as long as it
 * was late, and at most for `ms` in all.
 *
 * @example
 * ```ts
 * const expiry = expireAfter(runtime, 500, () => reject(new Error("late")));
 * answer.then((value) => { expiry.clear(); resolve(value); });
 * ```
 */
export function expireAfter(
  runtime: Runtime,
  ms: number,
  expired: () => void,
  { holds, now = runtime.monotonicMs() }: ExpiryOptions = {},
): Expiry {
  return new LoopExpiry(runtime, ms, expired, holds ? HOLDS : undefined, now);
}

class LoopExpiry implements Expiry {
  readonly #runtime: Runtime;
  readonly #expired: () => void;
  readonly #options: TimerOptions | undefined;
  #leftMs: number;
  #dueAt: number;
  #timer: Timer;
  #isOver = false;

  constructor(runtime: Runtime, ms: number, expired: () => void, options: TimerOptions | undefined, now: number) {
    this.#runtime = runtime;
    this.#expired = expired;
    this.#options = options;
    this.#leftMs = ms;
    this.#dueAt = now + ms;
    this.#wait(ms);
  }

  #wait(ms: number): void {
    this.#timer = this.#runtime.setTimer(() => this.#runtime.endOfTurn(() => this.#judge()), ms, this.#options);
  }

  /** What it will be given for having stood still, where it has and its timer was not heard yet. */
  #lateMs(now: number): number {
    return Math.min(now - this.#dueAt, this.#leftMs);
  }

  leftMs(): number {
    const now = this.#runtime.monotonicMs();
    const lateMs = this.#isOver ? 0 : this.#lateMs(now);
    return lateMs > LATE_MS ? lateMs : this.#dueAt - now;
  }

  #judge(): void {
    if (this.#isOver) return;
    const now = this.#runtime.monotonicMs();
    const lateMs = this.#lateMs(now);
    if (lateMs > LATE_MS) {
      this.#leftMs -= lateMs;
      this.#dueAt = now + lateMs;
      this.#wait(lateMs);
      return;
    }
    this.#isOver = true;
    this.#expired();
  }

  clear(): void {
    this.#isOver = true;
    this.#runtime.clearTimer(this.#timer);
  }
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
 * Waits for `work`, at most until its deadline, which is judged as {@link expireAfter} says: what has arrived wins. What
 * becomes of it afterwards is nobody's concern any more: a late rejection of it is swallowed.
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
      expiry.clear();
      signal?.removeEventListener("abort", abort);
      settle();
    };
    const abort = () => finish(() => reject(refuse("aborted")));
    const expiry = expireAfter(runtime, Math.max(0, ms), () => finish(() => reject(refuse("late"))), HOLDS);
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
