/** Refusals are values: why, what the contract calls it, when to come back. They become HTTP in `lib/http` alone. */
import { TidegateError } from "../errors.ts";
import type { RefusalReason } from "../gate/types.ts";

export type RefusalCode = "CIRCUIT_BREAKER_OPEN" | "DB_POOL_EXHAUSTED" | "SERVICE_UNAVAILABLE";

export interface Refusal {
  readonly reason: RefusalReason;
  readonly code: RefusalCode;
  /** When asking again makes sense, as the gate sees it. Not yet spread, not yet bounded. */
  readonly retryAfterMs: number;
}

const CODE_OF_REASON: Readonly<Record<RefusalReason, RefusalCode>> = {
  forced: "CIRCUIT_BREAKER_OPEN",
  open: "CIRCUIT_BREAKER_OPEN",
  probing: "CIRCUIT_BREAKER_OPEN",
  full: "DB_POOL_EXHAUSTED",
  late: "DB_POOL_EXHAUSTED",
  detached: "SERVICE_UNAVAILABLE",
  closing: "SERVICE_UNAVAILABLE",
};

export function refusal(reason: RefusalReason, retryAfterMs: number): Refusal {
  return { reason, code: CODE_OF_REASON[reason], retryAfterMs };
}

const SENTENCES: Readonly<Record<RefusalCode, string>> = {
  CIRCUIT_BREAKER_OPEN: "The database is not answering properly; calls to it are paused.",
  DB_POOL_EXHAUSTED: "Every database connection is busy.",
  SERVICE_UNAVAILABLE: "The service is not ready to take this call.",
};

/** How a refusal travels through a handler that did not expect one: thrown by a guarded call, answered by the middleware. */
export class Refused extends TidegateError {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    // An answer, and given most when there is least time: it is not worth the search for where it was made.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(SENTENCES[refused.code]);
    Error.stackTraceLimit = stackTraceLimit;
    this.refusal = refused;
  }
}
