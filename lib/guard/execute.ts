/** Running one admitted call within its deadline, and settling its permit exactly once, when it has really ended. */
import { DatabaseError } from "../database/port.ts";
import { ownErrorIn } from "../errors.ts";
import { CANCEL_GRACE_MS } from "../gate/lanes.ts";
import type { Runtime, Timer } from "../runtime.ts";
import { type Expiry, expireAfter } from "../time.ts";
import type { Ended, Verdict } from "./judge.ts";
import { type Frame, noteJudged, runIn } from "./nesting.ts";

/** Longer than a call that heeds its signal may take to end: after that one that does not is given up for lost. */
export const DEAF_AFTER_MS: number = CANCEL_GRACE_MS + 250;

/** What a guarded call is told. */
export interface CallContext {
  /** Aborted at the deadline, and when the caller gives up. Made when it is first looked at. */
  readonly signal: AbortSignal;
  /** Longest the call may run. */
  readonly deadlineMs: number;
  /** On the runtime's monotonic clock: nothing is sent to the database from then on. */
  readonly startBy: number;
  /** The same on the wall clock. */
  readonly startByWallMs: number;
  /** Of the signal: why it was aborted; null where it was not. */
  readonly over: { readonly reason: unknown } | null;
  /** Is told of the abort, after the signal. One is: the last that was given. */
  onAbort: (() => void) | null;
  /** The end of a call that has returned {@link LATER}, in this very turn. The first end counts. */
  succeed(value: unknown): void;
  /** The same for one that has failed. */
  fail(error: unknown): void;
}

/** Returned by a call of our own that tells its end by {@link CallContext.succeed} and {@link CallContext.fail}. */
export const LATER: never = Symbol("later") as never;

export interface Execution<Value> {
  readonly runtime: Runtime;
  /** Whose deadline it is. */
  readonly gate: string;
  /** Longest the call may run. */
  readonly deadlineMs: number;
  /** On the monotonic clock: what the permit covers must have begun by then. */
  readonly startBy: number;
  readonly startByWallMs: number;
  readonly call: (context: CallContext) => Promise<Value> | Value;
  readonly signal: AbortSignal | undefined;
  /** What the call counts as, by what it returned or threw. */
  readonly judge: (ended: unknown, how: Ended) => Verdict;
  /** The call, as those inside it know it. */
  readonly frame: Frame | null;
  /** Somebody waits for its end: the process goes on until its deadline. */
  readonly holds: boolean;
  /** After its deadline, in milliseconds: a call that has still not ended is given up for lost. */
  readonly lostAfterMs: number;
  /** Told once, when the call has ended or is given up for lost. */
  readonly settle: (verdict: Verdict, ranMs: number) => void;
}

const IGNORED: Verdict = { outcome: "ignored", retryAfterMs: 0 };

/**
 * Answers at once at the deadline and at the caller's abort; settles when the call has ended. A permit stands for a
 * statement that may still be running, so the two moments differ, also for a call that is deaf to its signal.
 */
export function execute<Value>(execution: Execution<Value>): Promise<Value> {
  return new Promise<Value>((resolve, reject) => new Running(execution, resolve, reject).begin());
}

class Running<Value> implements CallContext {
  readonly deadlineMs: number;
  readonly startBy: number;
  readonly startByWallMs: number;
  onAbort: (() => void) | null = null;
  over: { readonly reason: unknown } | null = null;
  readonly #execution: Execution<Value>;
  readonly #resolve: (value: Value) => void;
  readonly #reject: (error: unknown) => void;
  readonly #startedAt: number;
  readonly #expiry: Expiry;
  readonly #leave: (() => void) | undefined;
  #controller: AbortController | undefined;
  #lost: Timer;
  #isSettled = false;
  /** What the call counts as, whatever becomes of it, once it was answered before its end. */
  #verdict: Verdict | null = null;

  constructor(execution: Execution<Value>, resolve: (value: Value) => void, reject: (error: unknown) => void) {
    const { runtime, deadlineMs, startBy, startByWallMs, signal, holds } = execution;
    this.deadlineMs = deadlineMs;
    this.startBy = startBy;
    this.startByWallMs = startByWallMs;
    this.#execution = execution;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#startedAt = runtime.monotonicMs();
    this.#expiry = expireAfter(runtime, deadlineMs, () => this.#expired(), { holds, now: this.#startedAt });
    if (!signal) return;
    this.#leave = () => this.#answerEarly(signal.reason, () => IGNORED);
    signal.addEventListener("abort", this.#leave, { once: true });
  }

  begin(): void {
    const { frame, call } = this.#execution;
    try {
      const value: unknown = runIn<CallContext, unknown>(frame, call, this);
      if (value === LATER) return;
      const ending = value instanceof Promise ? value : Promise.resolve(value);
      ending.then(
        (ended) => this.succeed(ended),
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.over) this.#controller.abort(this.over.reason);
    }
    return this.#controller.signal;
  }

  succeed(value: unknown): void {
    this.#end(this.#verdict ?? this.#judged(value, "returned"));
    this.#resolve(value as Value);
  }

  fail(error: unknown): void {
    const { gate, frame } = this.#execution;
    const own = ownErrorIn(error);
    // A gate inside has named itself already.
    if (own instanceof DatabaseError) own.gate ??= gate;
    this.#end(this.#verdict ?? this.#judged(error, "thrown"));
    noteJudged(frame?.outer, error);
    this.#reject(error);
  }

  /** One that was given up for lost is not judged any more. */
  #judged(ended: unknown, how: Ended): Verdict {
    return this.#isSettled ? IGNORED : this.#execution.judge(ended, how);
  }

  #end(judged: Verdict): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { runtime, frame, signal, settle } = this.#execution;
    if (frame) frame.over = true;
    this.#expiry.clear();
    if (this.#lost !== undefined) runtime.clearTimer(this.#lost);
    if (this.#leave) signal?.removeEventListener("abort", this.#leave);
    settle(judged, runtime.monotonicMs() - this.#startedAt);
  }

  #answerEarly(reason: unknown, judged: () => Verdict): void {
    if (this.#verdict) return;
    this.#verdict = judged();
    noteJudged(this.#execution.frame?.outer, reason);
    this.#reject(reason);
    this.over = { reason };
    this.#controller?.abort(reason);
    this.onAbort?.();
  }

  #expired(): void {
    const { runtime, gate, deadlineMs, judge, lostAfterMs, frame } = this.#execution;
    const error = new DatabaseError("timeout", `The call did not end within its ${deadlineMs} ms.`);
    error.gate = gate;
    // It waits for a call inside it, which has a deadline of its own, and is judged by itself.
    if (frame && frame.inside > 0) noteJudged(frame, error);
    this.#answerEarly(error, () => judge(error, "thrown"));
    if (this.#isSettled) return;
    this.#lost = runtime.setTimer(() => this.#end(this.#verdict ?? IGNORED), lostAfterMs);
  }
}
