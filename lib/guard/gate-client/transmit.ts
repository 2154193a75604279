/** One call to the store, and what becomes of it: answered, failed, or not answered in time. Rule 15. */
import type { Runtime } from "../../runtime.ts";
import type { MaybePromise } from "../../store/port.ts";

/** A timer that is later than this tells of an event loop that stood still: that time is nobody's fault. */
const LATE_MS = 10;

export interface Fate<Result> {
  /** `isLate`: after it had failed for want of time. */
  readonly answered: (result: Result, isLate: boolean) => void;
  readonly failed: (error: unknown) => void;
}

export function transmit<Result>(
  runtime: Runtime,
  deadlineMs: number,
  call: () => MaybePromise<Result>,
  { answered, failed }: Fate<Result>,
): void {
  let over = false;
  let timer: unknown;
  const once = (tell: () => void) => {
    if (over) return;
    over = true;
    runtime.clearTimer(timer);
    tell();
  };
  const wait = (ms: number) => {
    const dueAt = runtime.monotonicMs() + ms;
    // A process that was busy finds its timers due first, and then the answers that have long arrived.
    timer = runtime.setTimer(() => runtime.endOfTurn(() => expire(dueAt)), ms);
  };
  const expire = (dueAt: number) => {
    const lateMs = runtime.monotonicMs() - dueAt;
    if (over) return;
    if (lateMs > LATE_MS) wait(Math.min(lateMs, deadlineMs));
    else once(() => failed(new Error(`the state store: an answer within ${deadlineMs} ms is needed`)));
  };
  try {
    const result = call();
    if (!(result instanceof Promise)) {
      answered(result, false);
      return;
    }
    wait(deadlineMs);
    result.then(
      (value) => {
        const isLate = over;
        once(() => {});
        answered(value, isLate);
      },
      (error: unknown) => once(() => failed(error)),
    );
  } catch (error) {
    once(() => failed(error));
  }
}
