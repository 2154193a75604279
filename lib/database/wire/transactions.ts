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

/** Session locks; those of a transaction are called `pg_advisory_xact_lock`. */
const LOCKS = /\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(/i;
const TEMPORARY = /\bcreate\s+(?:or\s+replace\s+)?(?:(?:local|global)\s+)?temp(?:orary)?\b/i;
/** `select … into temp`; a table may be called that, too. */
const INTO_TEMPORARY =
  /(?<!\b(?:insert|merge)\s{1,20})\binto\s+(?:(?:local|global)\s+)?temp(?:orary)?\s+(?:table\s+)?[\w"]/i;
const HOLDING = /\bdeclare\b[^;]*\bwith\s+hold\b/i;
const SETS = /\bset_config\s*\(/i;
/** Whose last argument says that it ends with the transaction. */
const SETS_LOCALLY = /\bset_config\s*\((?:[^()']|'[^']*'|\([^()]*\))*?,\s*(?:is_local\s*(?:=>|:=)\s*)?true\s*\)/gi;

/**
 * By its words, a statement that leaves something in its session, for whoever comes next, of which its command tag says
 * nothing: a lock that nobody would ever release, a temporary table, a setting. What a function does inside, nobody sees.
 */
export function leavesBehind(text: string): boolean {
  if (LOCKS.test(text) || HOLDING.test(text)) return true;
  if (TEMPORARY.test(text) && !/\bon\s+commit\s+drop\b/i.test(text)) return true;
  return INTO_TEMPORARY.test(text) || (SETS.test(text) && SETS.test(text.replace(SETS_LOCALLY, "")));
}
