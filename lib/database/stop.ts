/**
 * How a running statement is stopped. A server that can ends it at the deadline by itself; failing that it is cancelled
 * there; failing that its connection is destroyed. Whatever the server does, that is over `graceMs` after the deadline.
 */
import type { Runtime } from "../runtime.ts";
import type { Execution } from "./port.ts";
import { faultOfAbort } from "./within.ts";

export interface Running {
  /** Asks the server to stop. Called at most once, never in the turn in which the statement was sent. */
  cancel(): void;
  destroy(): Promise<void>;
}

export interface StopPlan {
  /** What a statement has, after it was told to stop, before its connection is destroyed. */
  readonly graceMs: number;
  /** What the server's own timeout has, to arrive, before a cancel is risked. 0 where the server has none. */
  readonly headroomMs: number;
  readonly runtime: Runtime;
}

export interface Stopping {
  /** Why it was stopped; undefined while nobody wanted to. */
  fault(): "timeout" | "cancelled" | undefined;
  /** Resolves to why, when somebody wants it stopped; never rejects. */
  readonly wanted: Promise<"timeout" | "cancelled">;
  /** Resolves when the connection had to be destroyed; never rejects. */
  readonly destroyed: Promise<void>;
  /** The statement has ended by itself: takes timers and listeners down. */
  ended(): void;
}

export function stopping(
  running: Running,
  execution: Pick<Execution, "deadlineMs" | "signal">,
  { graceMs, headroomMs, runtime }: StopPlan,
): Stopping {
  let resolve: () => void = () => {};
  const destroyed = new Promise<void>((done) => {
    resolve = done;
  });
  let want: (why: "timeout" | "cancelled") => void = () => {};
  const wanted = new Promise<"timeout" | "cancelled">((done) => {
    want = done;
  });
  const deadlineAt = runtime.monotonicMs() + execution.deadlineMs;
  const timers = new Set<unknown>();
  let fault: "timeout" | "cancelled" | undefined;

  function after(delayMs: number, task: () => void): void {
    timers.add(runtime.setTimer(task, delayMs));
  }
  function stop(why: "timeout" | "cancelled", cancelAfterMs: number): void {
    if (fault !== undefined) return;
    fault = why;
    want(why);
    // Never at once: a statement cancelled in the turn it was sent in strands its connection (postgres.js).
    after(cancelAfterMs, running.cancel);
    after(graceMs, () => {
      void running.destroy().finally(resolve);
    });
  }
  function onAbort(): void {
    const why = faultOfAbort(execution.signal);
    const isDue = runtime.monotonicMs() >= deadlineAt - headroomMs;
    stop(isDue ? "timeout" : why, isDue ? headroomMs : 0);
  }

  after(execution.deadlineMs, () => stop("timeout", headroomMs));
  if (execution.signal.aborted) onAbort();
  else execution.signal.addEventListener("abort", onAbort, { once: true });

  return {
    fault: () => fault,
    wanted,
    destroyed,
    ended: () => {
      for (const timer of timers) runtime.clearTimer(timer);
      execution.signal.removeEventListener("abort", onAbort);
    },
  };
}
