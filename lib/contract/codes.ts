/** The contract's table of error codes: what each one is in HTTP. Codes never change their meaning or their status. */
import { UNWELL_CODES } from "./unwell.ts";

/** What an error is, for programs. */
export type ErrorCode =
  | "DB_POOL_EXHAUSTED"
  | "CIRCUIT_BREAKER_OPEN"
  | "SERVICE_UNAVAILABLE"
  | "DB_CONNECTION_FAILED"
  | "DB_QUERY_TIMEOUT"
  | "DB_QUERY_ERROR"
  | "VALIDATION_ERROR"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "CONFLICT"
  | "METHOD_NOT_ALLOWED"
  | "PAYLOAD_TOO_LARGE"
  | "TOO_MANY_REQUESTS"
  | "RESTART_OVERRIDE_REASON_REQUIRED"
  | "RESTART_POLICY_BLOCKED"
  | "RESTART_IN_PROGRESS"
  | "RESTART_FAILED"
  | "IDEMPOTENCY_KEY_REUSED"
  | "INTERNAL_ERROR"
  | "NOT_IMPLEMENTED"
  | "BAD_GATEWAY"
  | "GATEWAY_TIMEOUT";

/**
 * What tells errors of one code apart, where a program has to: `stale_version`, somebody else has spoken to the breaker
 * since; `cooldown`, the last restart is too recent.
 */
export type ProblemReason = "stale_version" | "cooldown";
export const PROBLEM_REASONS = ["stale_version", "cooldown"] as const satisfies readonly ProblemReason[];

interface CodeMeaning {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 429 | 500 | 501 | 502 | 503 | 504;
  readonly title: string;
  /** Behind a gate of which it is not known that a database is there. Default: the same. */
  readonly titleElsewhere?: string;
  /** The same request can succeed later. */
  readonly retryable: boolean;
}

const ANSWERED_WITH_RETRY_AFTER: readonly ErrorCode[] = [...UNWELL_CODES, "TOO_MANY_REQUESTS"];

/** By a service that is not well, and to who asks too often. */
export const hasRetryAfter = (code: ErrorCode): boolean => ANSWERED_WITH_RETRY_AFTER.includes(code);

export const CODES: Readonly<Record<ErrorCode, CodeMeaning>> = {
  DB_POOL_EXHAUSTED: {
    status: 503,
    title: "Database pool exhausted",
    titleElsewhere: "Too many calls at once",
    retryable: true,
  },
  CIRCUIT_BREAKER_OPEN: { status: 503, title: "Circuit breaker open", retryable: true },
  SERVICE_UNAVAILABLE: { status: 503, title: "Service unavailable", retryable: true },
  DB_CONNECTION_FAILED: {
    status: 503,
    title: "Database connection failed",
    titleElsewhere: "Connection failed",
    retryable: true,
  },
  DB_QUERY_TIMEOUT: {
    status: 504,
    title: "Database query timeout",
    titleElsewhere: "Call timeout",
    retryable: false,
  },
  DB_QUERY_ERROR: {
    status: 500,
    title: "Database query error",
    titleElsewhere: "Call error",
    retryable: false,
  },
  VALIDATION_ERROR: { status: 400, title: "Validation error", retryable: false },
  UNAUTHORIZED: { status: 401, title: "Unauthorized", retryable: false },
  FORBIDDEN: { status: 403, title: "Forbidden", retryable: false },
  CONFLICT: { status: 409, title: "Conflict", retryable: false },
  NOT_FOUND: { status: 404, title: "Not found", retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, title: "Method not allowed", retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, title: "Payload too large", retryable: false },
  TOO_MANY_REQUESTS: { status: 429, title: "Too many requests", retryable: true },
  RESTART_OVERRIDE_REASON_REQUIRED: {
    status: 400,
    title: "Restart override reason required",
    retryable: false,
  },
  RESTART_POLICY_BLOCKED: { status: 409, title: "Restart blocked", retryable: false },
  RESTART_IN_PROGRESS: { status: 409, title: "Restart in progress", retryable: true },
  RESTART_FAILED: { status: 502, title: "Restart failed", retryable: false },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: "Idempotency key reused", retryable: false },
  INTERNAL_ERROR: { status: 500, title: "Internal error", retryable: false },
  NOT_IMPLEMENTED: { status: 501, title: "Not implemented", retryable: false },
  BAD_GATEWAY: { status: 502, title: "Bad gateway", retryable: true },
  GATEWAY_TIMEOUT: { status: 504, title: "Gateway timeout", retryable: true },
};
