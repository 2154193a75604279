/** When a service said to come back, and how much of that is believed. */
import { UNWELL_CODES } from "../contract/unwell.ts";
import { retryHintMs } from "../retry-hint.ts";
import { at, type MesApiError } from "./error.ts";

/** Whatever a server says, nobody looks at a countdown for longer. */
export const LONGEST_HINT_MS = 60_000;
/** A database that is in trouble is not well again sooner. */
const SHORTEST_DEGRADED_MS = 3_000;

/**
 * What the header says; where it says nothing that can be read, or another origin's answer does not show it, the body has
 * it too.
 *
 * @returns Seconds, not below 0; null where there is none.
 */
export function retryAfterSeconds(header: string | null, body: unknown, wallMs: number): number | null {
  const hinted = retryHintMs(header, wallMs);
  if (hinted !== null) return Math.ceil(hinted / 1_000);
  const seconds = at(body, "meta", "retry_after_seconds");
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

/** An answer of a service that cannot work as it should, whoever asks. */
export const isDegraded = ({ errorCode }: MesApiError): boolean =>
  (UNWELL_CODES as readonly (string | null)[]).includes(errorCode);

/** The least to wait after this error, in milliseconds; 0 where nothing was said. */
export const hintMs = (error: MesApiError): number =>
  isDegraded(error) ? staleHintMs(error.retryAfterSeconds) : wishedMs(error.retryAfterSeconds);

/** The least to wait after an answer that stands in for a new one. */
export const staleHintMs = (seconds: number | null): number => Math.max(wishedMs(seconds), SHORTEST_DEGRADED_MS);

const wishedMs = (seconds: number | null): number => Math.min((seconds ?? 0) * 1_000, LONGEST_HINT_MS);
