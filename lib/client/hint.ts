/** When a service said to come back, and how much of that is believed. */
import { at, type MesApiError } from "./error.ts";

/** Whatever a server says, nobody looks at a countdown for longer. */
export const LONGEST_HINT_MS = 60_000;
/** A database that is in trouble is not well again sooner. */
const SHORTEST_DEGRADED_MS = 3_000;
const DEGRADED_CODES = ["DB_POOL_EXHAUSTED", "CIRCUIT_BREAKER_OPEN", "SERVICE_UNAVAILABLE", "DB_CONNECTION_FAILED"];

/**
 * RFC 9110, 10.2.3: seconds or a date; where another origin's answer does not show that header, the body has it too.
 *
 * @returns Seconds, not below 0; null where there is none.
 */
export function retryAfterSeconds(header: string | null, body: unknown, wallMs: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  if (!Number.isNaN(date)) return Math.max(0, Math.ceil((date - wallMs) / 1_000));
  const seconds = at(body, "meta", "retry_after_seconds");
  return typeof seconds === "number" && seconds >= 0 ? seconds : null;
}

/** An answer of a service that cannot work as it should, whoever asks. */
export const isDegraded = ({ errorCode }: MesApiError): boolean =>
  errorCode !== null && DEGRADED_CODES.includes(errorCode);

/** The least to wait after this error, in milliseconds; 0 where nothing was said. */
export function hintMs(error: MesApiError): number {
  const wishedMs = Math.min((error.retryAfterSeconds ?? 0) * 1_000, LONGEST_HINT_MS);
  return isDegraded(error) ? Math.max(wishedMs, SHORTEST_DEGRADED_MS) : wishedMs;
}
