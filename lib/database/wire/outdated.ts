/** Statements that were prepared before the tables they speak of were changed, by a migration say. */
import { DatabaseError } from "../port.ts";

/**
 * Where in the server such a statement fails: its result has other columns (0A000), it has been forgotten (26000), or a
 * column has another type than its bind (42804). The names are of no language.
 */
const ROUTINES: readonly unknown[] = ["RevalidateCachedQuery", "FetchPreparedStatement", "transformAssignedExpr"];

export function isOutdated(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && saysOutdated(error.vendorError());
}

/** The same of a driver's own error. */
export const saysOutdated = (error: unknown): boolean =>
  error instanceof Error && "routine" in error && ROUTINES.includes(error.routine);

/** For a transaction that has done something already, and cannot be begun again without who asked for it. */
export function outdated(error: DatabaseError): DatabaseError {
  return new DatabaseError(
    "statement",
    "A table was changed after this statement had been prepared, and the transaction was rolled back: run it again.",
    { vendorCode: error.vendorCode, cause: error.vendorError() },
  );
}
