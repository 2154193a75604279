/** The contract's table of error codes: what each one is in HTTP. Codes never change their meaning or their status. */

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
  | "INTERNAL_ERROR";

/**
 * What tells errors of one code apart, where a program has to: `stale_version`, somebody else has spoken to the breaker
 * since; `cooldown`, the last restart is too recent.
 */
export type ProblemReason = "stale_version" | "cooldown";
export const PROBLEM_REASONS = ["stale_version", "cooldown"] as const satisfies readonly ProblemReason[];

interface CodeMeaning {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 429 | 500 | 502 | 503 | 504;
  readonly title: string;
  /** Behind a gate of which it is not known that a database is there. Default: the same. */
  readonly titleElsewhere?: string;
  /** The same request can succeed later. */
  readonly retryable: boolean;
  /** Answered with Retry-After. */
  readonly degraded: boolean;
}

export const CODES: Readonly<Record<ErrorCode, CodeMeaning>> = {
  DB_POOL_EXHAUSTED: {
    status: 503,
    title: "Database pool exhausted",
    titleElsewhere: "Too many calls at once",
    retryable: true,
    degraded: true,
  },
  CIRCUIT_BREAKER_OPEN: { status: 503, title: "Circuit breaker open", retryable: true, degraded: true },
  SERVICE_UNAVAILABLE: { status: 503, title: "Service unavailable", retryable: true, degraded: true },
  DB_CONNECTION_FAILED: {
    status: 503,
    title: "Database connection failed",
    titleElsewhere: "Connection failed",
    retryable: true,
    degraded: true,
  },
  DB_QUERY_TIMEOUT: {
    status: 504,
    title: "Database query timeout",
    titleElsewhere: "Call timeout",
    retryable: false,
    degraded: false,
  },
  DB_QUERY_ERROR: {
    status: 500,
    title: "Database query error",
    titleElsewhere: "Call error",
    retryable: false,
    degraded: false,
  },
  VALIDATION_ERROR: { status: 400, title: "Validation error", retryable: false, degraded: false },
  UNAUTHORIZED: { status: 401, title: "Unauthorized", retryable: false, degraded: false },
  FORBIDDEN: { status: 403, title: "Forbidden", retryable: false, degraded: false },
  CONFLICT: { status: 409, title: "Conflict", retryable: false, degraded: false },
  NOT_FOUND: { status: 404, title: "Not found", retryable: false, degraded: false },
  METHOD_NOT_ALLOWED: { status: 405, title: "Method not allowed", retryable: false, degraded: false },
  PAYLOAD_TOO_LARGE: { status: 413, title: "Payload too large", retryable: false, degraded: false },
  TOO_MANY_REQUESTS: { status: 429, title: "Too many requests", retryable: true, degraded: true },
  RESTART_OVERRIDE_REASON_REQUIRED: {
    status: 400,
    title: "Restart override reason required",
    retryable: false,
    degraded: false,
  },
  RESTART_POLICY_BLOCKED: { status: 409, title: "Restart blocked", retryable: false, degraded: false },
  RESTART_IN_PROGRESS: { status: 409, title: "Restart in progress", retryable: true, degraded: false },
  RESTART_FAILED: { status: 502, title: "Restart failed", retryable: false, degraded: false },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: "Idempotency key reused", retryable: false, degraded: false },
  INTERNAL_ERROR: { status: 500, title: "Internal error", retryable: false, degraded: false },
};
