/**
 * How a running statement is stopped. Its own server ends it at the deadline; failing that it is cancelled there;
 * failing that its connection is destroyed. Whatever the server does, that is over `graceMs` after the deadline.
 */
import type { Runtime } from "../../runtime.ts";
import type { Execution } from "../port.ts";
import { faultOfAbort } from "../within.ts";

/** The server's own timeout gets this long to arrive before a cancel, which can hit a later statement, is risked. */
const SERVER_TIMEOUT_HEADROOM_MS = 500;

export interface Running {
  /** Asks the server to stop. Called at most once, never in the turn in which the statement was sent. */
  cancel(): void;
  destroy(): Promise<void>;
}

export interface Stopping {
  /** Why it was stopped; undefined while nobody wanted to. */
  fault(): "timeout" | "cancelled" | undefined;
  /** Resolves when the connection had to be destroyed; never rejects. */
  readonly destroyed: Promise<void>;
  /** The statement has ended by itself: takes timers and listeners down. */
  ended(): void;
}

export function stopping(
  running: Running,
  execution: Pick<Execution, "deadlineMs" | "signal">,
  graceMs: number,
  runtime: Runtime,
): Stopping {
  let resolve: () => void = () => {};
  const destroyed = new Promise<void>((done) => {
    resolve = done;
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
    // Never at once: a query cancelled in the turn it was made in strands its connection (postgres.js).
    after(cancelAfterMs, running.cancel);
    after(graceMs, () => {
      void running.destroy().finally(resolve);
    });
  }
  function onAbort(): void {
    const why = faultOfAbort(execution.signal);
    const isDue = runtime.monotonicMs() >= deadlineAt - SERVER_TIMEOUT_HEADROOM_MS;
    stop(isDue ? "timeout" : why, isDue ? SERVER_TIMEOUT_HEADROOM_MS : 0);
  }

  after(execution.deadlineMs, () => stop("timeout", SERVER_TIMEOUT_HEADROOM_MS));
  if (execution.signal.aborted) onAbort();
  else execution.signal.addEventListener("abort", onAbort, { once: true });

  return {
    fault: () => fault,
    destroyed,
    ended: () => {
      for (const timer of timers) runtime.clearTimer(timer);
      execution.signal.removeEventListener("abort", onAbort);
    },
  };
}
