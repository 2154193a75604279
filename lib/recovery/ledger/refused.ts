/**
 * Attempts that were refused: the first one is worth a record of its own. Who goes on trying is counted, and told of in
 * sums, so that nobody pushes older records out of the audit by being refused.
 */
import { type Attempt, type KeptRefused, REFUSED_KEPT, REFUSED_TOLD_EVERY_MS, type Refused } from "./attempt.ts";
import type { LedgerState } from "./types.ts";

/** @returns Whether it is to be told by itself. */
export function countRefused({ refused }: LedgerState, attempt: Attempt, now: number): boolean {
  const known = refused.find(
    ({ action, actor, because }) => action === attempt.action && actor === attempt.actor && because === attempt.because,
  );
  if (!known) {
    refused.push({ ...attempt, count: 0, firstAt: 0, lastAt: 0, tellAt: now + REFUSED_TOLD_EVERY_MS });
    return true;
  }
  known.count += 1;
  known.firstAt ||= now;
  known.lastAt = now;
  known.ip = attempt.ip;
  known.login = attempt.login;
  return false;
}

/** What is to be told by now, which is forgotten here. */
export function takeRefused({ refused }: LedgerState, now: number): readonly Refused[] {
  const due = refused.filter(({ tellAt }, at) => tellAt <= now || at < refused.length - REFUSED_KEPT);
  const told = due.filter(({ count }) => count > 0).map(sumOf);
  for (const one of due) {
    // Who was silent for so long is news again.
    if (one.count === 0 || one.tellAt > now) refused.splice(refused.indexOf(one), 1);
    else Object.assign(one, { count: 0, firstAt: 0, lastAt: 0, tellAt: now + REFUSED_TOLD_EVERY_MS });
  }
  return told;
}

const sumOf = ({ tellAt: _, ...sum }: KeptRefused): Refused => sum;
