/** What each call of a gate counts as: by who asked, by the gate's own judge, or by the rule; and what failed last. */
import type { Lane, Outcome } from "../gate/types.ts";
import { failureCode } from "./failure-code.ts";
import type { Ended, Judge, Verdict } from "./judge.ts";
import { type Classify, classifiedBy, isOwnError, outcomeOf } from "./outcome.ts";

export interface Verdicts {
  readonly of: (ended: unknown, how: Ended, lane: Lane, classify: Classify | undefined) => Verdict;
  /** Code of what failed last; null where nothing did. */
  readonly lastFailure: () => string | null;
}

const BY_RULE = {
  success: { outcome: "success", retryAfterMs: 0 },
  failure: { outcome: "failure", retryAfterMs: 0 },
  ignored: { outcome: "ignored", retryAfterMs: 0 },
} as const satisfies Record<Outcome, Verdict>;

/** @param judge The gate's own; it is not asked about what Tidegate itself threw, or what its caller has judged. */
export function createVerdicts(judge: Judge | undefined): Verdicts {
  let lastFailure: string | null = null;
  return {
    of: (ended, how, lane, classify) => {
      const classified = how === "thrown" && classify ? classifiedBy(classify, ended) : undefined;
      const rule = classified ?? (how === "thrown" ? outcomeOf(ended, lane) : "success");
      const isLeftToRule = !judge || classified !== undefined || isOwnError(ended);
      const verdict = isLeftToRule ? BY_RULE[rule] : judge(ended, how, rule);
      if (verdict.outcome === "failure") lastFailure = failureCode(ended);
      return verdict;
    },
    lastFailure: () => lastFailure,
  };
}
