/**
 * What PostgreSQL, its drivers and the network say -> what it means to the guard. One table, read from the top; the
 * codes of postgres.js were observed on Node, Deno and workerd.
 */
import { codeOf, databaseError, messageOf } from "../failure.ts";
import { DatabaseError, type Fault } from "../port.ts";

interface Rule {
  /** A whole code, or the class of a SQLSTATE (its first characters). */
  readonly code: RegExp;
  readonly message?: RegExp;
  readonly fault: Fault;
}

const RULES: readonly Rule[] = [
  // Only the message tells the server's own timeout from a cancel request.
  { code: /^57014$/, message: /statement timeout/, fault: "timeout" },
  { code: /^57014$/, fault: "cancelled" },
  // Hyperdrive borrows this code for an empty pool; anywhere else it is an error of the operating system.
  { code: /^58000$/, message: /acquire a connection from the pool/i, fault: "exhausted" },
  // too_many_connections, configuration_limit_exceeded: a limit on numbers, over when others have finished.
  { code: /^(53300|53400)$/, fault: "exhausted" },
  // Disk or memory of the server is full: no caller can wait that out in a line, so it counts as a failing server.
  { code: /^53/, fault: "connection" },
  // Connection exceptions, authentication, no such database, shutdown and start-up, I/O, a broken configuration file.
  { code: /^(08|28|3D000|57P|58|F0)/, fault: "connection" },
  // An idle transaction was ended, and its connection with it.
  { code: /^25P0[34]$/, fault: "connection" },
  // Everything else that a server says about a statement: syntax, constraints, privileges, deadlocks, serialization.
  { code: /^[0-9A-Z]{5}$/, message: /^(?!write )/, fault: "statement" },
  // This machine's own file descriptors are used up.
  { code: /^(EMFILE|ENFILE)$/, fault: "exhausted" },
  { code: /^(CONNECTION_|CONNECT_TIMEOUT|SASL_)/, fault: "connection" },
  { code: /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/, fault: "connection" },
  { code: /^E[A-Z_]+$/, fault: "connection" },
  { code: /^(UNDEFINED_VALUE|MAX_PARAMETERS_EXCEEDED|MESSAGE_NOT_SUPPORTED)$/, fault: "statement" },
  // workerd gives no code at all.
  { code: /^$/, message: /proxy request failed|cannot connect|network connection lost/i, fault: "connection" },
];

/**
 * @param unknownIs what an error means that no rule knows: `connection` while connecting, `statement` afterwards.
 * @example
 * ```ts
 * toDatabaseError({ code: "53300", message: "sorry, too many clients already" }).fault; // "exhausted"
 * ```
 */
export function toDatabaseError(error: unknown, unknownIs: Fault = "statement"): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const code = codeOf(error);
  const message = messageOf(error);
  const rule = RULES.find((each) => each.code.test(code) && (each.message?.test(message) ?? true));
  return databaseError(rule?.fault ?? unknownIs, error);
}
