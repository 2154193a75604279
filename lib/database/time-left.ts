/** The time of what takes several round trips: without what the own event loop stood still, as every deadline is judged. */
import type { Runtime } from "../runtime.ts";
import { type Expiry, expireAfter } from "../time.ts";
import type { Execution } from "./port.ts";

/** Runs `task` with what is left of the time of `execution`, which begins now. */
export async function withTimeOf<Value>(
  { deadlineMs }: Execution,
  runtime: Runtime,
  task: (left: Expiry) => Promise<Value>,
): Promise<Value> {
  const left = expireAfter(runtime, deadlineMs, () => {});
  try {
    return await task(left);
  } finally {
    left.clear();
  }
}
