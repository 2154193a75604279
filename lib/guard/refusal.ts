/** Refusals are values: why, what the contract calls it, when to come back. They become HTTP in `lib/http` alone. */
import { TidegateError } from "../errors.ts";
import type { RefusalReason } from "../gate/types.ts";
import { MAIN_GATE } from "./names.ts";

/** What a refusal is in the contract. */
export type RefusalCode = "CIRCUIT_BREAKER_OPEN" | "DB_POOL_EXHAUSTED" | "SERVICE_UNAVAILABLE";

/** `too_many_gates`: of the instance, which has no room for one more gate. */
export type NotAdmitted = RefusalReason | "too_many_gates";

/** That a call was not let in, as a value. */
export interface Refusal {
  /** Whose refusal it is: `main` is the database's. */
  readonly gate: string;
  /** Why, for programs. */
  readonly reason: NotAdmitted;
  /** What it is in the contract, as the answer has it. */
  readonly code: RefusalCode;
  /** When asking again makes sense, in milliseconds, as the gate sees it. Not yet spread, not yet bounded. */
  readonly retryAfterMs: number;
  /**
   * What failed last behind this gate, as far as this instance knows: an error's own code, such as `ECONNREFUSED` or
   * `57P01`, or its name. Null where nothing did.
   */
  readonly lastFailure: string | null;
}

const CODE_OF_REASON: Readonly<Record<NotAdmitted, RefusalCode>> = {
  forced: "CIRCUIT_BREAKER_OPEN",
  open: "CIRCUIT_BREAKER_OPEN",
  probing: "CIRCUIT_BREAKER_OPEN",
  full: "DB_POOL_EXHAUSTED",
  late: "DB_POOL_EXHAUSTED",
  nested: "DB_POOL_EXHAUSTED",
  detached: "SERVICE_UNAVAILABLE",
  closing: "SERVICE_UNAVAILABLE",
  too_many_gates: "SERVICE_UNAVAILABLE",
};

export function refusal(
  gate: string,
  reason: NotAdmitted,
  retryAfterMs: number,
  lastFailure: string | null = null,
): Refusal {
  return { gate, reason, code: CODE_OF_REASON[reason], retryAfterMs, lastFailure };
}

const OF_THE_DATABASE: Readonly<Record<RefusalCode, string>> = {
  CIRCUIT_BREAKER_OPEN: "The database is not answering properly; calls to it are paused.",
  DB_POOL_EXHAUSTED: "Every database connection is busy.",
  SERVICE_UNAVAILABLE: "The service is not ready to take this call.",
};
/** For who writes the call: nobody else can do anything about it. */
const nested = (gate: string): string =>
  `A call to ${gate === MAIN_GATE ? "the database" : `"${gate}"`} inside a call of the same lane finds no permit, and ` +
  `may wait for its own caller for ever: ${gate === MAIN_GATE ? "use the transaction's own tx.query" : "make one call of both"}, or another lane.`;

/** A sentence fit for a client. Only of the main gate is it known that a database is behind it. */
export function sentenceOf({ gate, reason, code }: Refusal): string {
  if (reason === "nested") return nested(gate);
  if (reason === "too_many_gates")
    return "This instance has as many gates in use as there may be; one of them has to come to rest first.";
  if (gate === MAIN_GATE || code === "SERVICE_UNAVAILABLE") return OF_THE_DATABASE[code];
  return code === "CIRCUIT_BREAKER_OPEN"
    ? `"${gate}" is not answering properly; calls to it are paused.`
    : `As many calls to "${gate}" as may are under way.`;
}

/**
 * How a refusal travels through a handler that did not expect one: thrown by a guarded call, answered by the middleware.
 *
 * @example
 * ```ts
 * const hint = await c.var.db.one`select text from hints`.catch((error) => {
 *   if (error instanceof Refused) return null; // the page is worth showing without it
 *   throw error;
 * });
 * ```
 */
export class Refused extends TidegateError {
  /** Always `Refused`. */
  override readonly name = "Refused";
  /** Why, and when to come back. */
  readonly refusal: Refusal;

  /** For Tidegate itself. It has no stack: under an open breaker there are too many of them. */
  constructor(refused: Refusal) {
    // An answer, and given most when there is least time: it is not worth the search for where it was made.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(sentenceOf(refused));
    Error.stackTraceLimit = stackTraceLimit;
    this.refusal = refused;
  }

  /** The gate that refused. */
  get gate(): string {
    return this.refusal.gate;
  }
}
