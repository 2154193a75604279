/**
 * Errors of a connection that came before anything of the caller's was sent on it: what was asked of it may be asked of
 * another one. Of all that came later nobody knows whether it was done, and nothing is sent twice.
 */
import { DatabaseError } from "./port.ts";

const unsent = new WeakSet<DatabaseError>();

/** @returns `error` itself. */
export function asUnsent(error: unknown): unknown {
  if (error instanceof DatabaseError) unsent.add(error);
  return error;
}

export function isUnsent(error: unknown): boolean {
  return error instanceof DatabaseError && error.fault === "connection" && unsent.has(error);
}
