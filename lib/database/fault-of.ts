/**
 * Which fault an error of somebody else's driver is: an ORM's, `pg`'s, another PostgreSQL library's, or another vendor's.
 * By the same tables as our own drivers', so that a duplicate key counts alike whoever has sent the statement.
 */
import { chainOf, fieldOf } from "../errors.ts";
import { type ErrorRow, rowOf } from "./error-table.ts";
import { oracleRowOf } from "./oracle/errors.ts";
import { DatabaseError, type Fault } from "./port.ts";
import { POSTGRES_ERRORS } from "./postgres/errors.ts";

/** Prisma's own, of its client (P1, P2) and of Accelerate (P5, P6); those of its migrations are no statement's. */
const PRISMA_ERRORS: readonly ErrorRow[] = [
  { what: "the database has timed out", code: /^P1008$/, fault: "timeout" },
  {
    what: "the engine was not reached, or not let in",
    code: /^(P1\d{3}|P5000|P5006|P6001|P6002|P6008)$/,
    fault: "connection",
  },
  { what: "no connection of the pool within its wait", code: /^(P2024|P2037|P5011|P6003)$/, fault: "exhausted" },
  { what: "the query took too long", code: /^P6004$/, fault: "timeout" },
  { what: "anything else said of a query", code: /^P[26]\d{3}$/, fault: "statement" },
];

/** The classes that PostgreSQL and the standard have: five letters alone are the name of many a thing. */
const SQLSTATE = /^(?:[0-6]\d|72|F0|H[VYZ]|P0|S\d|XX)[0-9A-Z]{3}$/;
/** What networks say, Node's sockets and certificates, and postgres.js. */
const OF_THE_WAY =
  /^(?:E[A-Z][A-Z0-9_]+|CONNECT\w+|CERT_\w+|DEPTH_ZERO\w+|SELF_SIGNED\w+|UNABLE_TO_\w+|SASL_\w+|UNDEFINED_VALUE|MAX_PARAMETERS_EXCEEDED)$/;
/** `pg` has no code for these: its pool is full, it has waited long enough, the connection is lost. */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [/^timeout exceeded when trying to connect$/, "exhausted"],
  [/^Query read timeout$/, "timeout"],
  [/^(?:Connection terminated|Client has encountered a connection error)/, "connection"],
];

/** Where libraries have a code: the adapters of Prisma keep the server's beside their own word, MySQL's beside its number. */
const CODES = ["originalCode", "sqlState", "code"] as const;

/** What is known of errors beyond what they say themselves. */
const KNOWN = new WeakMap<object, Fault>();

/** For who knows what an error is, whatever it says: a server's words are in its own language. */
export function noteFault(error: unknown, fault: Fault): void {
  if (typeof error === "object" && error !== null) KNOWN.set(error, fault);
}

/**
 * What went wrong, in the guard's terms, in an error that a driver or an ORM has thrown, wherever in its `cause` chain the
 * server's code stands: SQLSTATEs, Prisma's codes, Oracle's, and those of the network.
 *
 * @returns undefined for what is no database's error, as far as can be seen. Never throws.
 * @example
 * ```ts
 * try {
 *   await tide.db.query`insert into orders (id) values (${id})`;
 * } catch (error) {
 *   if (faultOf(error) === "statement") throw new ProblemError("CONFLICT", "There is such an order already.");
 *   throw error;
 * }
 * ```
 */
export function faultOf(error: unknown): Fault | undefined {
  // The innermost says most: what wraps it has a word for all of them.
  for (const one of chainOf(error).toReversed()) {
    const fault = one instanceof DatabaseError ? one.fault : faultOfOne(one);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfOne(error: unknown): Fault | undefined {
  const known = KNOWN.get(error as object);
  if (known !== undefined) return known;
  for (const place of CODES) {
    const code = fieldOf(error, place);
    const fault = typeof code === "string" ? faultOfCode(error, code) : undefined;
    if (fault !== undefined) return fault;
  }
  const message = String(fieldOf(error, "message"));
  return WORDS.find(([words]) => words.test(message))?.[1];
}

function faultOfCode(error: unknown, code: string): Fault | undefined {
  if (/^P\d{4}$/.test(code) && !SQLSTATE.test(code)) return rowOf(PRISMA_ERRORS, error, code)?.fault;
  if (/^(?:ORA|NJS)-\d/.test(code)) return oracleRowOf(error)?.fault;
  return SQLSTATE.test(code) || OF_THE_WAY.test(code) ? rowOf(POSTGRES_ERRORS, error, code)?.fault : undefined;
}
