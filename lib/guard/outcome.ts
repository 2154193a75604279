/** What a failed call means for the breaker: the one table, for every driver and for calls of any other kind. */
import { DatabaseError, type Fault } from "../database/port.ts";
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
 * - A {@link DatabaseError} counts by its fault; a timeout in the `slow` lane counts for nothing, since long statements
 *   are what that lane is for.
 * - A refusal from inside a guarded call is not news about what the call was about.
 * - Anything else is a failure: who guards an ORM or an HTTP dependency says by `classify` what is not.
 */
export function outcomeOf(error: unknown, lane: Lane): Outcome {
  if (error instanceof Refused) return "ignored";
  if (!(error instanceof DatabaseError)) return "failure";
  return error.fault === "timeout" && lane === "slow" ? "ignored" : OUTCOME_OF_FAULT[error.fault];
}

/** One that throws, or says what is no outcome, has not judged: it must not cost the call its answer or its permit. */
export function classifiedBy(classify: Classify, error: unknown): Outcome | undefined {
  try {
    const outcome = classify(error);
    return OUTCOMES.includes(outcome) ? outcome : undefined;
  } catch {
    return undefined;
  }
}

/** Of Tidegate itself: its deadline, or a refusal from inside the call. */
export const isOwnError = (ended: unknown): boolean => ended instanceof Refused || ended instanceof DatabaseError;
