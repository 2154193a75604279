/**
 * How a running statement is stopped. A server that can ends it at the deadline by itself; failing that it is cancelled
 * there; failing that its connection is destroyed. Whatever the server does, that is over `graceMs` after the deadline.
 */
import type { Runtime, Timer } from "../runtime.ts";
import { expireAfter } from "../time.ts";
import { databaseError, faultOfAbort } from "./failure.ts";
import type { DatabaseError, Execution } from "./port.ts";

export interface Running {
  /** Asks the server to stop. Called at most once, never in the turn in which the statement was sent. */
  cancel(): void;
  destroy(): Promise<void>;
}

export interface StopPlan {
  /** What a statement has, after it was told to stop, before its connection is destroyed. */
  readonly graceMs: number;
  /** What the timeout of the server, where it has one, has to arrive before a cancel is risked. */
  readonly headroomMs: number;
  /** Aborted when everything is to end; who is at rest, in a transaction say, would not hear of that from its connection. */
  readonly closing: AbortSignal;
  readonly runtime: Runtime;
}

export interface Stopping {
  /** Why it was stopped; undefined while nobody wanted to. */
  fault(): "timeout" | "cancelled" | undefined;
  /** Rejects, with a {@link DatabaseError}, when somebody wants it stopped. May be left unhandled. */
  givenUp(): Promise<never>;
  /** What was asked of the server; rejects with a {@link DatabaseError} when the connection had to be destroyed first. */
  answer<Reply>(reply: Promise<Reply>): Promise<Reply>;
  /** The statement has ended by itself: takes timers and listeners down. */
  ended(): void;
}

export function stopping(
  running: Running,
  { deadlineMs, signal }: Pick<Execution, "deadlineMs" | "signal">,
  { graceMs, headroomMs, closing, runtime }: StopPlan,
): Stopping {
  const deadlineAt = runtime.monotonicMs() + deadlineMs;
  const timers: Timer[] = [];
  const interrupts = new Set<(error: DatabaseError) => void>();
  let fault: "timeout" | "cancelled" | undefined;
  /** Set when the connection had to be destroyed: nothing that is asked for after that is waited for. */
  let destroyed: DatabaseError | undefined;
  let giveUp: (error: DatabaseError) => void = () => {};

  function after(delayMs: number, task: () => void): void {
    timers.push(runtime.setTimer(task, delayMs));
  }
  function stop(why: "timeout" | "cancelled", cancelAfterMs: number): void {
    if (fault !== undefined) return;
    fault = why;
    giveUp(databaseError(why));
    // Never at once: a statement cancelled in the turn it was sent in strands its connection (postgres.js).
    after(cancelAfterMs, running.cancel);
    after(graceMs, () => {
      void running.destroy().finally(() => {
        destroyed = databaseError(why);
        for (const interrupt of interrupts) interrupt(destroyed);
      });
    });
  }
  function onAbort(): void {
    const isDue = runtime.monotonicMs() >= deadlineAt - headroomMs;
    if (isDue) stop("timeout", headroomMs);
    else stop(faultOfAbort(signal), 0);
  }
  const onClosing = (): void => stop("cancelled", 0);

  const deadline = expireAfter(runtime, deadlineMs, () => stop("timeout", headroomMs));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  closing.addEventListener("abort", onClosing, { once: true });

  return {
    fault: () => fault,
    givenUp: () => {
      const { promise, reject } = Promise.withResolvers<never>();
      promise.catch(() => {});
      giveUp = reject;
      if (fault !== undefined) giveUp(databaseError(fault));
      return promise;
    },
    // Not `Promise.race` with a promise that outlives it: that would keep every reply until the transaction ends.
    answer: (reply) =>
      new Promise((resolve, reject) => {
        interrupts.add(reject);
        const over = () => interrupts.delete(reject);
        if (destroyed !== undefined) reject(destroyed);
        reply.then(
          (value) => {
            over();
            resolve(value);
          },
          (error: unknown) => {
            over();
            reject(error);
          },
        );
      }),
    ended: () => {
      deadline.clear();
      for (const timer of timers) runtime.clearTimer(timer);
      signal.removeEventListener("abort", onAbort);
      closing.removeEventListener("abort", onClosing);
    },
  };
}

/**
 * For between two round trips: a cancel that hit the first, or came to nothing there, comes no second time.
 *
 * @throws DatabaseError when somebody wants it stopped.
 */
export function assertWanted(stop: Stopping): void {
  const fault = stop.fault();
  if (fault !== undefined) throw databaseError(fault);
}
