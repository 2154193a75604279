/** One call to the store, and what becomes of it: answered, failed, or not answered in time. Rule 15. */
import { HOLDS, type Runtime } from "../../runtime.ts";
import type { MaybePromise } from "../../store/port.ts";
import { type Expiry, expireAfter } from "../../time.ts";

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
  let expiry: Expiry | undefined;
  const once = (tell: () => void) => {
    if (over) return;
    over = true;
    expiry?.clear();
    tell();
  };
  const late = () => once(() => failed(new Error(`the state store: an answer within ${deadlineMs} ms is needed`)));
  try {
    const result = call();
    if (!(result instanceof Promise)) {
      answered(result, false);
      return;
    }
    expiry = expireAfter(runtime, deadlineMs, late, HOLDS);
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
