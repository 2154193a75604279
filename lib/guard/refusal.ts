/** Refusals are values: why, what the contract calls it, when to come back. They become HTTP in `lib/http` alone. */
import { TidegateError } from "../errors.ts";
import type { RefusalReason } from "../gate/replies.ts";

export type RefusalCode = "CIRCUIT_BREAKER_OPEN" | "DB_POOL_EXHAUSTED" | "SERVICE_UNAVAILABLE";

export interface Refusal {
  /**
   * The gate's reason; `late`: the permit came when too little was left of it; `detached`: the shared gate is away and
   * this instance's share of the capacity is nothing; `closing`: this instance ends.
   */
  readonly reason: RefusalReason | "late" | "detached" | "closing";
  readonly code: RefusalCode;
  /** When asking again makes sense, as the gate sees it. Not yet spread, not yet bounded. */
  readonly retryAfterMs: number;
}

const CODE_OF_REASON: Readonly<Record<Refusal["reason"], RefusalCode>> = {
  forced: "CIRCUIT_BREAKER_OPEN",
  open: "CIRCUIT_BREAKER_OPEN",
  probing: "CIRCUIT_BREAKER_OPEN",
  full: "DB_POOL_EXHAUSTED",
  spent: "DB_POOL_EXHAUSTED",
  late: "DB_POOL_EXHAUSTED",
  adopting: "SERVICE_UNAVAILABLE",
  detached: "SERVICE_UNAVAILABLE",
  closing: "SERVICE_UNAVAILABLE",
};

export function refusal(reason: Refusal["reason"], retryAfterMs: number): Refusal {
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
    super(SENTENCES[refused.code]);
    this.refusal = refused;
  }
}
