/** The one place where refusals, database errors and anything thrown become an HTTP answer. */
import { CODES, type ErrorCode, hasRetryAfter, type ProblemReason } from "../contract/codes.ts";
import { meantBy } from "../database/handed-on.ts";
import { DatabaseError } from "../database/port.ts";
import { TidegateError } from "../errors.ts";
import { Refused } from "../guard/refusal.ts";
import type { ErrorMeaning } from "../kept/when.ts";
import { type HttpException, isHttpException } from "./exception.ts";

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
  /**
   * When asking again makes sense, in milliseconds; spread and bounded when it is written. Default 5 s where the code wants
   * one. Null: never by itself, so that nothing is told which a program would follow.
   */
  readonly retryAfterMs?: number | null | undefined;
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
  500: "INTERNAL_ERROR",
  501: "NOT_IMPLEMENTED",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
  504: "GATEWAY_TIMEOUT",
};

/** Undefined where the contract has none, such as for 418: what Hono answers then stands as it is. */
export const codeOf = (status: number): ErrorCode | undefined => CODE_OF_STATUS[status];

const INTERNAL_ERROR: Problem = { code: "INTERNAL_ERROR", message: "Something went wrong in the service." };

export function problemOf(error: unknown): Problem {
  if (isHttpException(error)) return fromHono(error);
  // An ORM, for one, wraps what its driver throws.
  const own = meantBy(error);
  if (own instanceof ProblemError) return own.problem;
  if (own instanceof Refused) return ofRefusal(own);
  if (own instanceof DatabaseError) {
    const { code, message, gate, fault, vendorCode } = own;
    return { code, message, gate, details: { fault, vendor_code: vendorCode } };
  }
  return INTERNAL_ERROR;
}

/** What an error is, for who has another answer in its place. */
export function meaningOf(error: unknown, defaultRetryAfterMs: number): ErrorMeaning {
  const { code, retryAfterMs = defaultRetryAfterMs } = problemOf(error);
  return { code, retryAfterMs: hasRetryAfter(code) && retryAfterMs !== null ? retryAfterMs : undefined };
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

/** Hono's own middleware throws these; a header such as WWW-Authenticate has to survive. */
function fromHono(error: HttpException): Problem {
  const code = codeOf(error.status);
  // What a 500 says is for nobody outside.
  if (code === undefined || code === INTERNAL_ERROR.code) return INTERNAL_ERROR;
  const challenge = error.res?.headers.get("www-authenticate");
  return {
    code,
    message: error.message || "The request was refused.",
    headers: challenge ? { "WWW-Authenticate": challenge } : undefined,
  };
}
