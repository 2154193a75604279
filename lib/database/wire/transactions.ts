/** Transactions and cursors in PostgreSQL's words, for any driver that speaks to one. */
import type { TransactionMode } from "../port.ts";

/** One per transaction, and a connection has one transaction at a time. */
const CURSOR = "tidegate_stream";

/** @example beginText({ isolation: "serializable", readOnly: true }); // "begin isolation level serializable read only" */
export function beginText({ isolation, readOnly }: TransactionMode): string {
  const level = isolation === undefined ? "" : ` isolation level ${isolation}`;
  const access = readOnly === undefined ? "" : readOnly ? " read only" : " read write";
  return `begin${level}${access}`;
}

/** Takes the statement's own binds. PostgreSQL allows what only reads: `select`, `values`, `with`, `table`. */
export function declareText(statement: string): string {
  return `declare ${CURSOR} no scroll cursor for ${statement}`;
}

export function fetchText(rows: number): string {
  return `fetch ${rows} from ${CURSOR}`;
}

/** Any comment in it makes it another statement: one too many refused, and none that ends a transaction let through. */
const TO_SAVEPOINT = /^\s*rollback(\s+(work|transaction))?\s+to\b/i;

/** A statement that ends or begins a transaction from inside, by its command tag; going back to a savepoint does not. */
export function isTransactionControl(command: string, text: string): boolean {
  if (command === "ROLLBACK") return !TO_SAVEPOINT.test(text);
  return /^(BEGIN|START TRANSACTION|COMMIT|PREPARE TRANSACTION)/.test(command);
}

/** A statement, by its command tag, that changes the session for whoever comes next. */
export function changesSession(command: string): boolean {
  return /^(BEGIN|START TRANSACTION|SET|RESET|DISCARD|LISTEN|PREPARE|LOAD)/.test(command);
}

/** Of these, the ones whose effect ends with the transaction that they are in. Comments in front count as no such word. */
export function endsWithTransaction(command: string, text: string): boolean {
  return command === "SET CONSTRAINTS" || (command === "SET" && /^\s*set\s+(local|transaction)\b/i.test(text));
}
