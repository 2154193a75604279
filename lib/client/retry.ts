/** Whether a call is made again, and when. Pure. */
import { at, type MesApiError } from "./error.ts";
import { hintMs } from "./hint.ts";

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;

export interface RetryRules {
  /** Most attempts after the first. */
  readonly retries: number;
  /** Whether making the call twice does no more than making it once. */
  readonly repeatable: boolean;
}

/**
 * @param failures What became of the attempts so far, the last one last.
 * @param chance In [0, 1): spreads clients that failed together.
 * @returns Milliseconds to wait; null when the last failure stands.
 */
export function retryWaitMs(failures: readonly MesApiError[], rules: RetryRules, chance: number): number | null {
  const last = failures.at(-1);
  if (last === undefined || failures.length > rules.retries || !rules.repeatable) return null;
  if (last.isUserAbort || last.isParseError || at(last.data, "retryable") === false) return null;
  if (last.status !== null && last.status < 500) return null;
  // A full pool has no place for whoever asks again; an open breaker will have one, once.
  if (last.errorCode === "DB_POOL_EXHAUSTED") return null;
  if (failures.filter(({ errorCode }) => errorCode === "CIRCUIT_BREAKER_OPEN").length > 1) return null;
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures.length - 1), LONGEST_BACKOFF_MS);
  return Math.max(backoffMs, hintMs(last)) + chance * backoffMs;
}
