/** How long the breaker stays open: longer with each failed recovery, and for as long as the database asked. Rule 9. */
import type { Turn } from "./turn.ts";

/** What grew for so long does not grow any more, though it be far from the longest: the work has a bound. */
export const MOST_BACKOFFS = 30;

/** Of an open period that begins now. */
export function opensUntil(turn: Turn): number {
  return Math.max(turn.now + openPeriodMs(turn), turn.core.retryAt);
}

/** It asked to be left alone, and nobody is left alone for longer than by the rules. */
export function noteRetry(turn: Turn, retryAfterMs: number): void {
  if (retryAfterMs === 0) return;
  const { core, now } = turn;
  core.retryAt = Math.max(core.retryAt, now + Math.min(retryAfterMs, longestMs(turn)));
}

function openPeriodMs(turn: Turn): number {
  const { core, config, jitter } = turn;
  const longest = longestMs(turn);
  let period = config.recoveryMs;
  for (let grown = 0; period < longest && grown < Math.min(core.failedRecoveries, MOST_BACKOFFS); grown++) {
    period = Math.min(longest, Math.floor((period * config.backoffFactor) / 10_000));
  }
  const byChance = Math.floor((period * config.backoffJitter) / 10_000);
  return period + Math.floor((byChance * jitter) / 1_000);
}

const longestMs = ({ config }: Turn): number => Math.max(config.backoffMaxMs, config.recoveryMs);
