/** What the policy says of another restart, now. Pure; the contract's table. */
import type { BlockReason, LedgerRules, LedgerState, Policy, PolicyName, Restart } from "./types.ts";

/** A restart that was fired counts, whatever became of it. */
export const counts = ({ firedAt }: Restart): boolean => firedAt > 0;

/** When it was over; one that is still under way is over at the earliest now. */
const overAt = ({ completedAt }: Restart, now: number): number => completedAt || now;

/** Who cannot know what there was does nothing for one window. */
export const isDamaged = ({ damagedAt }: LedgerState, { windowMs }: LedgerRules, now: number): boolean =>
  damagedAt > 0 && now < damagedAt + windowMs;

export function policyOf(state: LedgerState, rules: LedgerRules, now: number): Policy {
  const { history, blockedUntil } = state;
  const counted = history.filter(counts);
  const last = counted.at(-1);
  const attemptsInWindow = countSince(counted, now - rules.windowMs);
  const cooldownRemainingMs = last ? Math.max(0, overAt(last, now) + rules.cooldownMs - now) : 0;
  const unknown = isDamaged(state, rules, now) ? "damaged" : blockedUntil > now ? "reborn" : null;
  const blockedBy = unknown ?? blockReason(attemptsInWindow, rules);
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

function blockReason(attempts: number, rules: LedgerRules): BlockReason | null {
  if (!rules.guarded) return null;
  if (attempts >= rules.retryBudget) return "budget";
  return attempts >= rules.churnThreshold ? "churn" : null;
}

function nameOf(blockedBy: BlockReason | null, cooldownRemainingMs: number): PolicyName {
  if (blockedBy) return "blocked";
  return cooldownRemainingMs > 0 ? "cooldown" : "allowed";
}
