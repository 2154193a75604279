/** What a gate's own rules say about a call that has ended: whether it failed, and when its dependency wants the next. */
import type { Outcome } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import { retryHintMs } from "../retry-hint.ts";
import type { Runtime } from "../runtime.ts";
import type { Shared } from "./shared.ts";

/** How a call has ended: with a value, or by throwing one. */
export type Ended = "returned" | "thrown";

/** A gate's own rules about what is a failure, and when to come back. */
export interface Judges {
  /**
   * Whether what a call returned or threw is its dependency's failure: true counts against it, false for it, undefined
   * leaves it to the rule (what is thrown is a failure, what is returned is none). It is asked about both: the second
   * argument says which it is. Tidegate's own deadlines and refusals are judged without it.
   *
   * @example
   * ```ts
   * isFailure: (ended, how) => (how === "thrown" ? undefined : (ended as Response).status >= 500)
   * ```
   */
  readonly isFailure?: ((ended: unknown, how: Ended) => boolean | undefined) | undefined;
  /**
   * When a dependency that failed wants to be asked again, in its own words: milliseconds, or the text of a `Retry-After`
   * header (seconds or a date). It lengthens the time for which the breaker stays open, up to `breaker.backoff.maxMs`.
   */
  readonly retryAfter?: ((ended: unknown, how: Ended) => number | string | null | undefined) | undefined;
}

export interface Verdict {
  readonly outcome: Outcome;
  /** 0: it said nothing about that. */
  readonly retryAfterMs: number;
}

/** Undefined: it is left to the rule. */
export type Judge = (ended: unknown, how: Ended, rule: Outcome) => Verdict;

export interface JudgeOptions extends Judges {
  readonly gate: string;
  readonly once: Shared["once"];
  readonly runtime: Runtime;
  readonly log: EventLog;
}

/** It runs inside every call: one that takes longer keeps the whole instance waiting. */
const SLOW_JUDGE_MS = 50;

/** A judge that throws, is slow or says nonsense changes nothing about its call, and is told of once. */
export function createJudge({ isFailure, retryAfter, gate, once, runtime, log }: JudgeOptions): Judge {
  const tell = (judge: string, error: unknown) => {
    if (once(`judge ${judge} of ${gate}`)) log.warn("gate.judge_failed", { gate, judge, error });
  };

  function asked<Answer>(judge: string, ask: () => Answer): Answer | undefined {
    const startedAt = runtime.monotonicMs();
    try {
      const answer = ask();
      // Whatever it comes to, nobody waits for it.
      if (answer instanceof Promise) answer.catch(() => {});
      return answer;
    } catch (error) {
      tell(judge, error);
      return undefined;
    } finally {
      const tookMs = Math.round(runtime.monotonicMs() - startedAt);
      if (tookMs > SLOW_JUDGE_MS) tell(judge, new Error(`${judge} must answer at once, took ${tookMs} ms`));
    }
  }

  function failed(ended: unknown, how: Ended): boolean | undefined {
    const answer: unknown = isFailure && asked("isFailure", () => isFailure(ended, how));
    if (answer === undefined || typeof answer === "boolean") return answer;
    const found = answer instanceof Promise ? "a promise" : typeof answer;
    tell("isFailure", new TypeError(`isFailure must return true, false or undefined, was ${found}`));
    return undefined;
  }

  function hintMs(ended: unknown, how: Ended): number {
    const answer: unknown = retryAfter && asked("retryAfter", () => retryAfter(ended, how));
    if (answer === undefined || answer === null) return 0;
    const ms = typeof answer === "string" ? retryHintMs(answer, runtime.wallMs()) : answer;
    if (typeof ms === "number" && ms >= 0) return Math.min(Math.ceil(ms), LONGEST_HINT_MS);
    const found = typeof answer === "string" ? JSON.stringify(answer.slice(0, 40)) : typeof answer;
    const error = new TypeError(
      `retryAfter must return milliseconds or the text of a Retry-After header, was ${found}`,
    );
    tell("retryAfter", error);
    return 0;
  }

  return (ended, how, rule) => {
    const answer = failed(ended, how);
    const outcome = answer === undefined ? rule : answer ? "failure" : "success";
    return { outcome, retryAfterMs: outcome === "failure" ? hintMs(ended, how) : 0 };
  };
}

/** A gate bounds it by its own rules; this keeps it a number that a store can hold. */
const LONGEST_HINT_MS = 86_400_000;
