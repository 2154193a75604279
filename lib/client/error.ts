/** What a call ends with when it does not end well. */

/** What an error of the client is made of. */
export interface ErrorParts {
  /** Default `MesApiError`. */
  readonly name?: "AbortError" | "TimeoutError";
  /** Of the answer. */
  readonly status?: number;
  /** The parsed body of the answer. */
  readonly data?: unknown;
  /** As the service said it. */
  readonly retryAfterSeconds?: number | null;
  /** Default: that of the body. */
  readonly requestId?: string | null;
  /** A success that is not JSON. */
  readonly isParseError?: boolean;
  /** What was thrown underneath. */
  readonly cause?: unknown;
}

/**
 * `name` is `AbortError` when the caller gave up, `TimeoutError` when no answer came within `timeout`, else
 * `MesApiError`.
 *
 * @example
 * ```ts
 * try {
 *   show(await MesApi.get("/api/reports/wip-summary"));
 * } catch (error) {
 *   if (error instanceof MesApiError && !error.isUserAbort) say(error.message, error.retryAfterSeconds);
 * }
 * ```
 */
export class MesApiError extends Error {
  /** The HTTP status; null where there was no answer. */
  readonly status: number | null;
  /** The parsed body of the answer; null where there was none. */
  readonly data: unknown;
  /** The contract's code, such as `CIRCUIT_BREAKER_OPEN`; null where the answer had none. */
  readonly errorCode: string | null;
  /** Whose refusal or failure it is, such as `main` for the database's; null where the service named none. */
  readonly gate: string | null;
  /** As the service said it, in seconds; null where it did not. */
  readonly retryAfterSeconds: number | null;
  /** To be told to whoever runs the service. */
  readonly requestId: string | null;
  /** The caller gave up: nobody has to be told. */
  readonly isUserAbort: boolean;
  /** A success that is not JSON. */
  readonly isParseError: boolean;

  /** For the client; what is left out is null, or read from the body. */
  constructor(message: string, parts: ErrorParts = {}) {
    super(message, { cause: parts.cause });
    this.name = parts.name ?? "MesApiError";
    this.status = parts.status ?? null;
    this.data = parts.data ?? null;
    this.errorCode = textAt(parts.data, "error", "code");
    this.gate = textAt(parts.data, "meta", "gate");
    this.retryAfterSeconds = parts.retryAfterSeconds ?? null;
    this.requestId = parts.requestId ?? textAt(parts.data, "meta", "request_id");
    this.isUserAbort = parts.name === "AbortError";
    this.isParseError = parts.isParseError ?? false;
  }
}

/** What stands at a place of a body that may be anything. */
export function at(body: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    body,
  );
}

export function textAt(body: unknown, ...path: readonly string[]): string | null {
  const value = at(body, ...path);
  return typeof value === "string" ? value : null;
}
