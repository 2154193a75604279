/** How long the fleet has been worse than healthy: handed on from one computation to the next, whoever does it. */
import type { Verdict } from "./status.ts";

/** Looks further apart than this do not say that it was so in between. */
const LONGEST_GAP_MS = 600_000;

export interface Degradation {
  /** ISO-8601 UTC, by the clock of the instance that saw it first. For display. */
  readonly since: string;
  /** By the ages of what was seen since, so on the store's clock. */
  readonly lastedMs: number;
}

/**
 * @param before What the last computation found, null where that was healthy, and how long ago.
 * @param now For display, where it begins.
 */
export function degradation(
  status: Verdict["status"],
  before: { readonly degradation: Degradation | null; readonly ageMs: number } | null,
  now: number,
): Degradation | null {
  if (status === "healthy") return null;
  if (!before?.degradation || before.ageMs > LONGEST_GAP_MS) return { since: new Date(now).toISOString(), lastedMs: 0 };
  const { since, lastedMs } = before.degradation;
  return { since, lastedMs: lastedMs + before.ageMs };
}
