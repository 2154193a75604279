/** What the policy says of another restart, now. Pure; the contract's table. */
import type { BlockReason, LedgerRules, LedgerState, Policy, PolicyName, Restart } from "./types.ts";

/** A restart that was fired counts, whatever became of it. */
export const counts = ({ firedAt }: Restart): boolean => firedAt > 0;

/** When it was over; one that is still under way is over at the earliest now. */
const overAt = ({ completedAt }: Restart, now: number): number => completedAt || now;

export function policyOf({ history, blockedUntil }: LedgerState, rules: LedgerRules, now: number): Policy {
  const counted = history.filter(counts);
  const last = counted.at(-1);
  const attemptsInWindow = countSince(counted, now - rules.windowMs);
  const cooldownRemainingMs = last ? Math.max(0, overAt(last, now) + rules.cooldownMs - now) : 0;
  const blockedBy = blockReason(attemptsInWindow, blockedUntil > now, rules);
  return {
    state: nameOf(blockedBy, cooldownRemainingMs),
    cooldownRemainingMs,
    blockedBy,
    attemptsInWindow,
    lastCompletedAt: counted.findLast(({ completedAt }) => completedAt > 0)?.completedAt ?? null,
  };
}

/** Restarts that count and were fired after that moment. */
export function countSince(history: readonly Restart[], since: number): number {
  return history.filter((restart) => counts(restart) && restart.firedAt > since).length;
}

function blockReason(attempts: number, reborn: boolean, rules: LedgerRules): BlockReason | null {
  if (reborn) return "reborn";
  if (!rules.guarded) return null;
  if (attempts >= rules.retryBudget) return "budget";
  return attempts >= rules.churnThreshold ? "churn" : null;
}

function nameOf(blockedBy: BlockReason | null, cooldownRemainingMs: number): PolicyName {
  if (blockedBy) return "blocked";
  return cooldownRemainingMs > 0 ? "cooldown" : "allowed";
}
