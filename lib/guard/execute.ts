/** Running one admitted call within its deadline, and settling its permit exactly once, when it has really ended. */
import { DatabaseError } from "../database/port.ts";
import { ownErrorIn } from "../errors.ts";
import { CANCEL_GRACE_MS } from "../gate/lanes.ts";
import type { Runtime, Timer } from "../runtime.ts";
import { expireAfter } from "../time.ts";
import type { Ended, Verdict } from "./judge.ts";
import { type Frame, noteJudged, runIn } from "./nesting.ts";

/** Longer than a call that heeds its signal may take to end: after that one that does not is given up for lost. */
export const DEAF_AFTER_MS: number = CANCEL_GRACE_MS + 250;

/** What a guarded call is told. */
export interface CallContext {
  /** Aborted at the deadline, and when the caller gives up. */
  readonly signal: AbortSignal;
  /** Longest the call may run. */
  readonly deadlineMs: number;
  /** On the runtime's monotonic clock: nothing is sent to the database from then on. */
  readonly startBy: number;
  /** The same on the wall clock. */
  readonly startByWallMs: number;
}

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
export function execute<Value>({
  runtime,
  gate,
  deadlineMs,
  startBy,
  startByWallMs,
  call,
  signal,
  judge,
  frame,
  holds,
  lostAfterMs,
  settle,
}: Execution<Value>): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const controller = new AbortController();
    const startedAt = runtime.monotonicMs();
    let settled = false;
    let lost: Timer;
    /** What the call counts as, whatever becomes of it, once it was answered before its end. */
    let verdict: Verdict | null = null;

    const end = (judged: Verdict) => {
      if (settled) return;
      settled = true;
      if (frame) frame.over = true;
      expiry.clear();
      runtime.clearTimer(lost);
      signal?.removeEventListener("abort", abort);
      settle(judged, runtime.monotonicMs() - startedAt);
    };
    const answerEarly = (reason: unknown, judged: () => Verdict) => {
      if (verdict) return;
      verdict = judged();
      noteJudged(frame?.outer, reason);
      reject(reason);
      controller.abort(reason);
    };
    const abort = () => answerEarly(signal?.reason, () => IGNORED);
    const expired = () => {
      const error = new DatabaseError("timeout", `The call did not end within its ${deadlineMs} ms.`);
      error.gate = gate;
      answerEarly(error, () => judge(error, "thrown"));
      lost = runtime.setTimer(() => end(verdict ?? IGNORED), lostAfterMs);
    };
    const expiry = expireAfter(runtime, deadlineMs, expired, { holds, now: startedAt });
    signal?.addEventListener("abort", abort, { once: true });

    const succeeded = (value: Value) => {
      end(verdict ?? judge(value, "returned"));
      resolve(value);
    };
    const failed = (error: unknown) => {
      const own = ownErrorIn(error);
      // A gate inside has named itself already.
      if (own instanceof DatabaseError) own.gate ??= gate;
      end(verdict ?? judge(error, "thrown"));
      noteJudged(frame?.outer, error);
      reject(error);
    };
    try {
      const value = runIn(frame, call, { signal: controller.signal, deadlineMs, startBy, startByWallMs });
      if (value instanceof Promise) value.then(succeeded, failed);
      else Promise.resolve(value).then(succeeded, failed);
    } catch (error) {
      failed(error);
    }
  });
}
