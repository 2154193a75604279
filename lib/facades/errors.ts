/**
 * What an error of a driver becomes. What the server says of a statement is handed on as it came, since ORMs read its
 * code; a database that cannot be reached is told in the contract's terms, as our own drivers tell it.
 */
import { databaseError, faultOfAbort } from "../database/failure.ts";
import { faultOf, noteFault } from "../database/fault-of.ts";
import { noteHandedOn } from "../database/handed-on.ts";
import { CommitUnknown, DatabaseError } from "../database/port.ts";
import { saysOutdated } from "../database/wire/outdated.ts";
import { fieldOf, ownErrorIn } from "../errors.ts";
import type { Outcome } from "../gate/types.ts";

/** What stands by itself or is the first of several; `commit prepared` ends no transaction of this session. */
const COMMIT = /^\s*(?:commit|end)\b(?!\s+prepared)/i;

export const isCommit = (text: string): boolean => COMMIT.test(text);

/** The server said it, and session and driver are where they were. What the driver says itself may have come in between. */
export const isAnswer = (error: unknown): boolean =>
  typeof fieldOf(error, "severity") === "string" && /^[0-9A-Z]{5}$/.test(String(fieldOf(error, "code")));

/**
 * A connection on which that was said is used no more: a standby among them, whose successor may take writes, and one
 * with statements that were prepared before a migration. `pg` never forgets those that have a name.
 */
export const isOfConnection = (error: unknown): boolean =>
  faultOf(error) === "connection" || fieldOf(error, "code") === "25006" || saysOutdated(error);

/** After that nothing can be sent on it: whoever has taken it out has nothing to give back. A server's ERROR ends none. */
export const isOfItsEnd = (error: unknown): boolean =>
  faultOf(error) === "connection" && fieldOf(error, "severity") !== "ERROR";

/** By so much the clocks of two machines may differ over the same time. */
const CLOCK_DRIFT = 0.001;

/** The server ends a statement with one code at its timeout and on request, and says which in its own language. */
export function noteTimeout(error: unknown, tookMs: number, timeoutMs = Number.POSITIVE_INFINITY): void {
  const isOver = timeoutMs > 0 && tookMs >= timeoutMs * (1 - CLOCK_DRIFT) - 1;
  if (isOver && fieldOf(error, "code") === "57014") noteFault(error, "timeout");
}

/** As options have it; a text with a unit is none that is known here. */
export function millisecondsIn(option: unknown): number | undefined {
  const ms = typeof option === "string" && option.trim() !== "" ? Number(option) : option;
  return typeof ms === "number" && !Number.isNaN(ms) ? ms : undefined;
}

/** To whoever has sent the statement. */
export function whileRunning(error: unknown, text: string): unknown {
  const fault = ownErrorIn(error) ? undefined : faultOf(error);
  if (fault !== "connection" && fault !== "exhausted") {
    if (fault !== undefined) noteHandedOn(error);
    return error;
  }
  return fault === "connection" && isCommit(text)
    ? new CommitUnknown(fault, { cause: error })
    : databaseError(fault, error);
}

/** To whoever has a statement under way when its time is over, or its caller gone. */
export function whenOver(reason: unknown, signal: AbortSignal, text: string): unknown {
  if (!isCommit(text)) return reason;
  const fault = reason instanceof DatabaseError ? reason.fault : faultOfAbort(signal);
  return new CommitUnknown(fault, { cause: reason });
}

/** What is neither the database's word nor ours was said by the driver, or in a callback: an application's own mistake. */
export const byDriver = (error: unknown): Outcome | undefined =>
  ownErrorIn(error) || faultOf(error) !== undefined ? undefined : "ignored";
