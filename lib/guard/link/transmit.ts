/** One call to the store, and what becomes of it: answered in time, failed, or answered when nobody waits any more. */
import type { Runtime } from "../../runtime.ts";
import type { MaybePromise } from "../../store/port.ts";

export interface Fate<Result> {
  readonly answered: (result: Result) => void;
  readonly failed: (error: unknown) => void;
  /** It had failed for want of time; what it did is done. */
  readonly late: (result: Result) => void;
}

/** Resolves when its fate is told. Never rejects. */
export function transmit<Result>(
  runtime: Runtime,
  deadlineMs: number,
  call: () => MaybePromise<Result>,
  fate: Fate<Result>,
): Promise<void> {
  return new Promise((resolve) => {
    let over = false;
    const end = (tell: () => void) => {
      if (over) return;
      over = true;
      runtime.clearTimer(timer);
      tell();
      resolve();
    };
    const expired = () =>
      end(() => fate.failed(new Error(`the state store: an answer within ${deadlineMs} ms is needed`)));
    // A process that was busy finds its timers due first, and then the answers that have long arrived.
    const timer = runtime.setTimer(() => runtime.endOfTurn(expired), deadlineMs);
    const answered = (result: Result) => {
      if (over) fate.late(result);
      else end(() => fate.answered(result));
    };
    const failed = (error: unknown) => end(() => fate.failed(error));
    try {
      const result = call();
      if (result instanceof Promise) result.then(answered, failed);
      else answered(result);
    } catch (error) {
      failed(error);
    }
  });
}
