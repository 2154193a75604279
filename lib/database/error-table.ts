/**
 * How a driver's table of errors is written and read: one row per condition, the first that fits counts. The tables are
 * data, so that the tests can ask for a case of every row.
 */
import { codeOf, databaseError, messageOf } from "./failure.ts";
import { DatabaseError, type Fault } from "./port.ts";

export interface ErrorRow {
  /** What happened, in a few words: the name of the row, unique in its table. */
  readonly what: string;
  readonly code: RegExp;
  readonly message?: RegExp;
  /** Of those who have one: PostgreSQL ends the session with FATAL and PANIC. */
  readonly severity?: RegExp;
  readonly fault: Fault;
  /** What to do, where the vendor does not say: for logs and developers, behind the vendor's words. */
  readonly remedy?: string;
}

/** What a connection is doing: while it is being opened, whatever goes wrong is no statement's fault. */
export type Phase = "connecting" | "running";

/**
 * @param code where it is more telling than the `code` of the error.
 * @returns undefined for what no row knows.
 */
export function rowOf(table: readonly ErrorRow[], error: unknown, code: string = codeOf(error)): ErrorRow | undefined {
  const message = messageOf(error);
  const severity = String((error as { severity?: unknown } | null | undefined)?.severity ?? "");
  return table.find(
    (row) => row.code.test(code) && (row.message?.test(message) ?? true) && (row.severity?.test(severity) ?? true),
  );
}

/** An error of ours stays as it is; of what no row knows, the statement is to blame where there is one. */
export function classified(
  table: readonly ErrorRow[],
  error: unknown,
  phase: Phase,
  code: string = codeOf(error),
): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { fault = "statement", remedy } = rowOf(table, error, code) ?? {};
  return databaseError(fault === "statement" && phase === "connecting" ? "connection" : fault, error, code, remedy);
}
