/**
 * Waiting with two ends: a moment and a signal. Every wait of a driver for something that may never come goes through
 * here, so that timers and listeners are taken down in one place.
 */
import type { Runtime } from "../runtime.ts";
import { DatabaseError } from "./port.ts";

export interface Bound {
  /** On {@link Runtime.monotonicMs}. */
  readonly by: number;
  readonly signal: AbortSignal;
}

/** Which end was reached first. */
export type Ended = "late" | "aborted";

/**
 * Waits for `promise`, at most until the bound. What the promise does afterwards is nobody's concern any more; a late
 * rejection of it is swallowed.
 *
 * @throws whatever `refuse` makes of the end that was reached, or what `promise` rejects with.
 */
export function within<T>(
  promise: Promise<T>,
  bound: Bound,
  runtime: Runtime,
  refuse: (ended: Ended) => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      runtime.clearTimer(timer);
      bound.signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => finish(() => reject(refuse("aborted")));
    const timer = runtime.setTimer(
      () => finish(() => reject(refuse("late"))),
      Math.max(0, bound.by - runtime.monotonicMs()),
    );
    promise.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
    if (bound.signal.aborted) onAbort();
    else bound.signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** An abort at a deadline, the guard's or the platform's, is a timeout; any other is the caller's own wish. */
export function faultOfAbort(signal: AbortSignal): "timeout" | "cancelled" {
  const reason: unknown = signal.reason;
  const isDeadline = reason instanceof DatabaseError ? reason.fault === "timeout" : isTimeoutError(reason);
  return isDeadline ? "timeout" : "cancelled";
}

/** What `AbortSignal.timeout()` aborts with. */
function isTimeoutError(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}
