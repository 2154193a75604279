/** The one place where refusals, database errors and anything thrown become an HTTP answer. */
import { HTTPException } from "hono/http-exception";
import { CODES, type ErrorCode, type ProblemReason } from "../contract/codes.ts";
import { DatabaseError } from "../database/port.ts";
import { ownErrorIn, TidegateError } from "../errors.ts";
import { Refused } from "../guard/refusal.ts";

/** An error of the contract, as a value. */
export interface Problem {
  /** Decides the status, and what the answer is called. */
  readonly code: ErrorCode;
  /** A sentence for the client. */
  readonly message: string;
  /** Whose refusal or failure it is; absent where it is no gate's. Always told. */
  readonly gate?: string | undefined;
  /** What tells it apart from others of its code, for programs. Always told. */
  readonly reason?: ProblemReason | undefined;
  /** Shown outside production only. */
  readonly details?: unknown;
  /** When asking again makes sense, in milliseconds; spread and bounded when it is written. Default 5 s where the code wants one. */
  readonly retryAfterMs?: number | undefined;
  /** Whoever asks before is refused again: told as it is, neither spread nor bounded. */
  readonly notBeforeMs?: number | undefined;
  /** More headers of the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Throw it in a handler to answer with an error of the contract.
 *
 * @example
 * ```ts
 * if (!order) throw new ProblemError("NOT_FOUND", "There is no order 17.");
 * ```
 */
export class ProblemError extends TidegateError {
  /** Always `ProblemError`. */
  override readonly name = "ProblemError";
  /** What is answered. */
  readonly problem: Problem;

  /** Takes the contract's code, a sentence for the client, and what else the answer tells. */
  constructor(code: ErrorCode, message: string, more: Omit<Problem, "code" | "message"> = {}) {
    super(message);
    this.problem = { code, message, ...more };
  }

  /** The contract's status of its code. Never throws. */
  get status(): number {
    return CODES[this.problem.code].status;
  }
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "VALIDATION_ERROR",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "CONFLICT",
  405: "METHOD_NOT_ALLOWED",
  413: "PAYLOAD_TOO_LARGE",
  429: "TOO_MANY_REQUESTS",
  503: "SERVICE_UNAVAILABLE",
};

const INTERNAL_ERROR: Problem = { code: "INTERNAL_ERROR", message: "Something went wrong in the service." };

export function problemOf(error: unknown): Problem {
  if (error instanceof HTTPException) return fromHono(error);
  // An ORM, for one, wraps what its driver throws.
  const own = ownErrorIn(error);
  if (own instanceof ProblemError) return own.problem;
  if (own instanceof Refused) return ofRefusal(own);
  if (own instanceof DatabaseError) {
    const { code, message, gate, fault, vendorCode } = own;
    return { code, message, gate, details: { fault, vendor_code: vendorCode } };
  }
  return INTERNAL_ERROR;
}

function ofRefusal({ refusal, message }: Refused): Problem {
  const { code, reason, retryAfterMs, lastFailure } = refusal;
  return {
    code,
    message,
    // One that closes does so with its whole instance: no other gate there has anything better to say.
    gate: reason === "closing" ? undefined : refusal.gate,
    details: { reason, ...(lastFailure !== null && { last_failure: lastFailure }) },
    retryAfterMs,
  };
}

/** Hono's own answer of a status that the contract has no code for, such as 418: it stands as it is. */
export function isOutsideContract({ status }: HTTPException): boolean {
  return status < 500 && !(status in CODE_OF_STATUS);
}

/** Hono's own middleware throws these; a header such as WWW-Authenticate has to survive. */
function fromHono(error: HTTPException): Problem {
  const code = CODE_OF_STATUS[error.status];
  if (!code) return INTERNAL_ERROR;
  const challenge = error.res?.headers.get("www-authenticate");
  return {
    code,
    message: error.message || "The request was refused.",
    headers: challenge ? { "WWW-Authenticate": challenge } : undefined,
  };
}
