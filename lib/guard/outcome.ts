/** What a failed call means for the breaker: the one table, for every driver and for calls of any other kind. */
import { faultOf } from "../database/fault-of.ts";
import { DatabaseError, type Fault } from "../database/port.ts";
import { chainOf, fieldOf } from "../errors.ts";
import type { Lane, Outcome } from "../gate/types.ts";
import { Refused } from "./refusal.ts";

const OUTCOME_OF_FAULT: Readonly<Record<Fault, Outcome>> = {
  connection: "failure",
  timeout: "failure",
  exhausted: "ignored",
  cancelled: "ignored",
  statement: "ignored",
};

const OUTCOMES: readonly unknown[] = ["success", "failure", "ignored"] satisfies Outcome[];

/** Judges an error; `undefined` leaves it to the default. */
export type Classify = (error: unknown) => Outcome | undefined;

/**
 * By what was thrown, and what that was made of, the outermost first:
 * - A refusal from inside a guarded call is not news about what the call was about.
 * - A {@link DatabaseError} counts by its fault, but for one of another gate; a timeout in the `slow` lane counts for
 *   nothing, since long statements are what that lane is for.
 * - An answer that is the caller's own affair, such as `ProblemError("NOT_FOUND")`, and an abort count for nothing.
 * - What another driver or an ORM says of its database counts by its code, as it would have from a driver of ours.
 * - Several errors at once, as `Promise.any` has them, count for nothing where none of them counts for anything.
 * - Anything else is a failure: who guards something else says by `classify` what is not.
 *
 * @param gate Whose call has failed; left out, whatever an error says of its gate is taken for it.
 */
export function outcomeOf(error: unknown, lane: Lane, gate?: string): Outcome {
  const chain = chainOf(error);
  return outcomeIn(chain, lane, gate) ?? ofSeveral(chain, lane, gate) ?? "failure";
}

/** Undefined where nothing is known of it. */
function outcomeIn(chain: readonly unknown[], lane: Lane, gate: string | undefined): Outcome | undefined {
  for (const one of chain) {
    if (one instanceof Refused || isCallersAffair(one)) return "ignored";
    if (one instanceof DatabaseError) return isAnothers(one, gate) ? "ignored" : ofFault(one.fault, lane);
    // Node's own functions wrap a deadline of the caller's in an abort.
    if (isAbort(one)) return chain.some(isTimeout) ? "failure" : "ignored";
  }
  const fault = faultOf(chain[0]);
  return fault === undefined ? undefined : ofFault(fault, lane);
}

function ofSeveral(chain: readonly unknown[], lane: Lane, gate: string | undefined): Outcome | undefined {
  const several = chain.find((one) => one instanceof AggregateError)?.errors;
  const areIgnored = several?.every((one: unknown) => outcomeIn(chainOf(one), lane, gate) === "ignored");
  return areIgnored && several?.length ? "ignored" : undefined;
}

const isAnothers = (error: DatabaseError, gate: string | undefined): boolean =>
  gate !== undefined && error.gate !== undefined && error.gate !== gate;

const ofFault = (fault: Fault, lane: Lane): Outcome =>
  fault === "timeout" && lane === "slow" ? "ignored" : OUTCOME_OF_FAULT[fault];

/** A `ProblemError` of the contract or an exception of Hono's, below 500. */
function isCallersAffair(error: unknown): boolean {
  const status = fieldOf(error, "status");
  const isAnswer = error instanceof Error && typeof fieldOf(error, "getResponse") === "function";
  return isAnswer && typeof status === "number" && status >= 400 && status < 500;
}

/** Somebody on this side has given up. */
const isAbort = (error: unknown): boolean =>
  fieldOf(error, "name") === "AbortError" || ["ABORT_ERR", "ERR_CANCELED"].includes(String(fieldOf(error, "code")));
/** What `AbortSignal.timeout()` aborts with. */
const isTimeout = (error: unknown): boolean => fieldOf(error, "name") === "TimeoutError";

/** One that throws, or says what is no outcome, has not judged: it must not cost the call its answer or its permit. */
export function classifiedBy(classify: Classify, error: unknown): Outcome | undefined {
  try {
    const outcome = classify(error);
    return OUTCOMES.includes(outcome) ? outcome : undefined;
  } catch {
    return undefined;
  }
}

/** Of Tidegate itself: its deadline, or a refusal from inside the call, whoever has wrapped it since. */
export const isOwnError = (ended: unknown): boolean =>
  chainOf(ended).some((one) => one instanceof Refused || one instanceof DatabaseError);
