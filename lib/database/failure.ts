/**
 * A fault in the words a client may read, with the vendor's error kept for the log and stripped of what a log must not
 * see. Which fault an error is, each driver's own table says.
 */
import { DatabaseError, type Fault } from "./port.ts";

const MESSAGE_OF_FAULT: Readonly<Record<Fault, string>> = {
  connection: "The database could not be reached.",
  exhausted: "The database has no connection free.",
  timeout: "The database did not answer in time.",
  cancelled: "The statement was cancelled before it ended.",
  statement: "The database rejected the statement.",
};

/**
 * The error of a fault, found by us (a deadline, say) or caused by a vendor's error.
 *
 * @param vendorCode where it is more telling than the `code` of `cause`.
 * @param remedy what to do, where `cause` does not say.
 * @example
 * ```ts
 * throw databaseError("timeout");
 * ```
 */
export function databaseError(fault: Fault, cause?: unknown, vendorCode?: string, remedy?: string): DatabaseError {
  // One of ours has no code of a vendor's but the one that it was made with.
  if (cause instanceof DatabaseError) return databaseError(fault, cause.vendorError(), cause.vendorCode);
  return new DatabaseError(fault, MESSAGE_OF_FAULT[fault], {
    vendorCode: cause === undefined ? undefined : (vendorCode ?? codeOf(cause)) || undefined,
    cause: cause === undefined ? undefined : withoutValues(cause, remedy),
  });
}

/** A vendor's own code, or the empty text. */
export function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** One that stands for several, such as an attempt at each address of a host, has no words of its own. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : (error as { message?: unknown } | null)?.message;
  const { errors } = (error ?? {}) as { readonly errors?: unknown };
  if (message === "" && Array.isArray(errors)) return errors.map(messageOf).join("; ");
  return String(message ?? error);
}

/** Fields of a vendor's error that say what happened without saying with which values. */
const KEPT = [
  "code",
  "severity",
  "routine",
  "schema_name",
  "table_name",
  "column_name",
  "constraint_name",
  "errorNum",
  "isRecoverable",
] as const;

/** postgres.js hangs the SQL text and all bind values on its errors; a log must not see them. */
function withoutValues(error: unknown, remedy?: string): Error {
  const said = messageOf(error);
  const copy = new Error(remedy === undefined ? said : `${said}; ${remedy}`);
  if (error instanceof Error) {
    copy.name = error.name;
    if (error.stack !== undefined) copy.stack = error.stack;
  }
  for (const field of KEPT) {
    const value = (error as Record<string, unknown> | null)?.[field];
    if (value !== undefined) Object.defineProperty(copy, field, { value, enumerable: true });
  }
  return copy;
}

/** An abort at a deadline, the guard's or the platform's, is a timeout; any other is the caller's own wish. */
export function faultOfAbort(signal: AbortSignal): "timeout" | "cancelled" {
  const reason: unknown = signal.reason;
  const isDeadline = reason instanceof DatabaseError ? reason.fault === "timeout" : isTimeoutError(reason);
  return isDeadline ? "timeout" : "cancelled";
}

/** What `AbortSignal.timeout()` aborts with. */
function isTimeoutError(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}
