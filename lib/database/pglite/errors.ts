/** What the embedded database says -> what it means to the guard: a PostgreSQL's words, or those of its machine. */
import { classified, type ErrorRow } from "../error-table.ts";
import type { DatabaseError } from "../port.ts";
import { SERVER_ERRORS } from "../wire/errors.ts";

export const PGLITE_ERRORS: readonly ErrorRow[] = [
  // Without a SQLSTATE it comes from WebAssembly itself, and what that would answer next is not to be trusted.
  { what: "the machine failed", code: /^$/, fault: "connection" },
  ...SERVER_ERRORS,
];

export function toPgliteError(error: unknown): DatabaseError {
  return classified(PGLITE_ERRORS, error, "running");
}
