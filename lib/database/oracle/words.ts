/** Oracle's words around statements: what begins a transaction, what would end one, what changes the session. */
import { DatabaseError, type TransactionMode } from "../port.ts";

/** The cheapest round trip. */
export const PING = "select 1 from dual";

const COMMENTS = /^(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/;
/** These change the session for whoever comes next, so the connection is not used again. */
const SESSION_COMMAND = /^(?:alter\s+session|set\s+(?:role|transaction|constraints?))\b/i;
/** Words of transactions, and definitions, around which Oracle commits without being asked. */
const ENDS_TRANSACTION = new RegExp(
  "^(?:commit|rollback(?!\\s+(?:work\\s+)?to\\b)|set\\s+transaction|alter(?!\\s+session\\b)|create|drop|truncate|" +
    "rename|grant|revoke|comment|analyze|audit|noaudit|flashback|purge)\\b",
  "i",
);

export function changesSession(text: string): boolean {
  return SESSION_COMMAND.test(text.replace(COMMENTS, ""));
}

/** What a block of PL/SQL does inside is not seen. */
export function endsTransaction(text: string): boolean {
  return ENDS_TRANSACTION.test(text.replace(COMMENTS, ""));
}

/**
 * Undefined where the database's own defaults are wanted: the first statement then begins the transaction. One that only
 * reads sees the state of one moment, which is all that either level asks for, and Oracle takes no level beside it.
 *
 * @throws DatabaseError `statement` for `repeatable read`, which Oracle does not have.
 */
export function beginText({ isolation, readOnly }: TransactionMode): string | undefined {
  if (isolation === "repeatable read") {
    throw new DatabaseError(
      "statement",
      'transaction: isolation "read committed" or "serializable" is needed, it was "repeatable read", which Oracle does ' +
        'not have; use "serializable"',
    );
  }
  if (readOnly === true) return "set transaction read only";
  return isolation === undefined ? undefined : `set transaction isolation level ${isolation}`;
}
