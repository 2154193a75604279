/**
 * What Oracle, its listener and node-oracledb say -> what it means to the guard. One table, read from the top.
 *
 * The driver keeps the server's code (`ORA-…`) for a statement and says `NJS-…` of its own accord; a refusal of the
 * listener comes as NJS-511 with the `ORA-…` in its text, which is then the code that counts. DPI codes are the thick
 * mode's, kept for errors that a user's own calls bring to `tide.run`.
 */
import { codeOf, databaseError, messageOf } from "../failure.ts";
import { DatabaseError, type Fault } from "../port.ts";

interface Rule {
  readonly code: RegExp;
  readonly message?: RegExp;
  readonly fault: Fault;
}

const RULES: readonly Rule[] = [
  // The driver's own call timeout.
  { code: /^(NJS-123|DPI-1067)$/, fault: "timeout" },
  { code: /^ORA-01013$/, fault: "cancelled" },
  // Limits on numbers, over when others have finished: sessions, processes, sessions of one user.
  { code: /^ORA-(00018|00020|02391)$/, fault: "exhausted" },
  // The listener found no handler that takes one more.
  { code: /^ORA-(12516|12519|12520)$/, fault: "exhausted" },
  // A pool of the driver: its wait was over, its line full, it is being changed.
  { code: /^NJS-(040|076|082)$/, fault: "exhausted" },
  // This machine's own file descriptors are used up.
  { code: /^NJS-503$/, message: /EMFILE|ENFILE/, fault: "exhausted" },
  // The database is not to blame for a pool that is closed.
  { code: /^NJS-06[45]$/, fault: "cancelled" },
  // Closed or broken, refused, TLS, timed out, unknown service, unresolvable: all that the network layer says.
  { code: /^NJS-(003|5\d\d)$/, fault: "connection" },
  { code: /^DPI-(1010|1080)$/, fault: "connection" },
  // The same from a server or a thick client: net services (TNS), and sessions that were ended.
  { code: /^ORA-12[1-6]\d\d$/, fault: "connection" },
  { code: /^ORA-(00028|00600|00603|01012|01041|02396|03113|03114|03135|25408|28511)$/, fault: "connection" },
  // Name or password, a locked or expired account, no right to log on, protocols that do not match.
  { code: /^ORA-(01005|01017|01045|28000|28001|28002|28003|28009|28040|28759)$/, fault: "connection" },
  // Starting up, shutting down, not open, not there, for administrators only.
  { code: /^ORA-(01033|01034|01035|01089|01090|01092|01109|16000|27101)$/, fault: "connection" },
  // Memory or disk of the server is full: no caller can wait that out in a line, so it counts as a failing server.
  { code: /^ORA-(00257|01652|01653|01654|01688|04030|04031|19809)$/, fault: "connection" },
  // Everything else is said about a statement: syntax, constraints, privileges, deadlock (ORA-00060), serialization
  // (ORA-08177), binds; or, while connecting, about the connection.
];

/**
 * @param unknownIs what an error means that no rule knows: `connection` while connecting, `statement` afterwards.
 * @example
 * ```ts
 * toOracleError({ code: "NJS-511", message: "NJS-511: … was refused.\nCause: ORA-12516" }).fault; // "exhausted"
 * ```
 */
export function toOracleError(error: unknown, unknownIs: Fault = "statement"): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const code = tellingCode(error);
  const message = messageOf(error);
  const rule = RULES.find((each) => each.code.test(code) && (each.message?.test(message) ?? true));
  return databaseError(rule?.fault ?? unknownIs, withoutRows(error), code);
}

function tellingCode(error: unknown): string {
  const code = codeOf(error);
  return code === "NJS-511" ? (/\bORA-\d{5}\b/.exec(messageOf(error))?.[0] ?? code) : code;
}

/** Since 23ai, ORA-03301 spells out the row that violated a constraint; and a link to the manual helps no log. */
const NOT_FOR_LOGS = /\n(?:ORA-03301|Help:)[^\n]*/g;

function withoutRows(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const copy = Object.assign(new Error(error.message.replace(NOT_FOR_LOGS, "")), error);
  copy.stack = error.stack?.replace(NOT_FOR_LOGS, "") ?? "";
  return copy;
}
