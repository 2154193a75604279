/** What each call of a gate counts as: by who asked, by the gate's own judge, or by the rule; and what failed last. */
import type { Lane, Outcome } from "../gate/types.ts";
import { failureCode } from "./failure-code.ts";
import type { Ended, Judge, Verdict } from "./judge.ts";
import { type Frame, wasJudgedInside } from "./nesting.ts";
import { type Classify, classifiedBy, isOwnError, outcomeOf } from "./outcome.ts";

/** The call that has ended. */
export interface Judged {
  readonly lane: Lane;
  readonly classify: Classify | undefined;
  readonly frame: Frame | null;
}

export interface Verdicts {
  readonly of: (ended: unknown, how: Ended, call: Judged) => Verdict;
  /** Code of what failed last; null where nothing did. */
  readonly lastFailure: () => string | null;
}

const BY_RULE = {
  success: { outcome: "success", retryAfterMs: 0 },
  failure: { outcome: "failure", retryAfterMs: 0 },
  ignored: { outcome: "ignored", retryAfterMs: 0 },
} as const satisfies Record<Outcome, Verdict>;

/** @param judge The gate's own; it is not asked about what Tidegate itself threw, or what somebody has judged already. */
export function createVerdicts(gate: string, judge: Judge | undefined): Verdicts {
  let lastFailure: string | null = null;

  function ofThrown(error: unknown, { lane, classify, frame }: Judged): Verdict {
    const classified = classify && classifiedBy(classify, error);
    if (classified !== undefined) return BY_RULE[classified];
    if (wasJudgedInside(frame, error)) return BY_RULE.ignored;
    const rule = outcomeOf(error, lane, gate);
    return judge && !isOwnError(error) ? judge(error, "thrown", rule) : BY_RULE[rule];
  }

  return {
    of: (ended, how, call) => {
      const verdict = how === "thrown" ? ofThrown(ended, call) : judge ? judge(ended, how, "success") : BY_RULE.success;
      if (verdict.outcome === "failure") lastFailure = failureCode(ended);
      return verdict;
    },
    lastFailure: () => lastFailure,
  };
}
