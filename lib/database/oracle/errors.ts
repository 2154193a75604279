/**
 * What Oracle, its listener and node-oracledb say -> what it means to the guard. One table, read from the top.
 *
 * The driver keeps the server's code (`ORA-…`) for a statement and says `NJS-…` of its own accord; of the codes with
 * which a server ends a session it makes NJS-500. A refusal of the listener comes as NJS-511 with the `ORA-…` in its
 * text, which is then the code that counts.
 */
import { classified, type ErrorRow, type Phase, rowOf } from "../error-table.ts";
import { codeOf, messageOf } from "../failure.ts";
import { DatabaseError } from "../port.ts";

export const ORACLE_ERRORS: readonly ErrorRow[] = [
  { what: "call timeout of the driver", code: /^NJS-123$/, fault: "timeout" },
  // CANCEL_SQL: the fence that the map of this folder speaks of.
  { what: "ended by Resource Manager", code: /^ORA-00040$/, fault: "timeout" },
  { what: "cancelled on request", code: /^ORA-01013$/, fault: "cancelled" },
  // Limits on numbers, over when others have finished.
  { what: "too many sessions or processes", code: /^ORA-(00018|00020|02391)$/, fault: "exhausted" },
  { what: "listener found no free handler", code: /^ORA-(12516|12519|12520)$/, fault: "exhausted" },
  // Its wait was over, its line full, it is being changed.
  { what: "a pool of the driver is exhausted", code: /^NJS-(040|076|082)$/, fault: "exhausted" },
  {
    what: "file descriptors of this machine used up",
    code: /^NJS-503$/,
    message: /EMFILE|ENFILE/,
    fault: "exhausted",
  },
  // The database is not to blame for it.
  { what: "a pool of the driver is closed", code: /^NJS-06[45]$/, fault: "cancelled" },
  { what: "nobody listens", code: /^NJS-503$/, fault: "connection" },
  { what: "name does not resolve", code: /^NJS-530$/, fault: "connection" },
  { what: "no answer within the connect timeout", code: /^NJS-510$/, fault: "connection" },
  { what: "certificate or TLS", code: /^(NJS-506|ORA-28759)$/, fault: "connection" },
  { what: "unknown service or SID", code: /^NJS-51[89]$/, fault: "connection" },
  {
    what: "refused by the listener, or the net services failed",
    code: /^(NJS-511|ORA-12[1256]\d\d)$/,
    fault: "connection",
  },
  { what: "closed or broken connection", code: /^NJS-(003|5\d\d)$/, fault: "connection" },
  // Most of these the driver turns into NJS-500.
  {
    what: "session ended",
    code: /^ORA-(00028|00041|00600|00603|01012|01041|0239[24679]|03113|03114|03135|25408|28511)$/,
    fault: "connection",
  },
  {
    what: "name, password or account refused",
    code: /^ORA-(01005|01017|01045|28000|28001|28002|28003|28009|28040)$/,
    fault: "connection",
  },
  {
    what: "starting up, shutting down or not open",
    code: /^ORA-(01033|01034|01035|01089|01090|01092|01109|27101)$/,
    fault: "connection",
  },
  // No caller can wait that out in a line, so it counts as a failing server.
  {
    what: "disk or memory of the server used up",
    code: /^ORA-(00257|0165[2-489]|0168[38]|0169[1-3]|04030|04031|19809|30036)$/,
    fault: "connection",
  },
  { what: "deadlock", code: /^ORA-00060$/, fault: "statement" },
  { what: "serialization failure", code: /^ORA-08177$/, fault: "statement" },
  { what: "constraint", code: /^ORA-(00001|01400|02290|02291|02292)$/, fault: "statement" },
  // A standby, say. It still reads: a breaker that opened would take that away as well.
  { what: "read-only", code: /^ORA-(01456|16000)$/, fault: "statement" },
  { what: "refused by the driver", code: /^NJS-/, fault: "statement" },
  { what: "anything else said of a statement", code: /^ORA-/, fault: "statement" },
];

/**
 * @example
 * ```ts
 * toOracleError({ code: "NJS-511", message: "NJS-511: … was refused.\nCause: ORA-12516" }).fault; // "exhausted"
 * ```
 */
export function toOracleError(error: unknown, phase: Phase = "running"): DatabaseError {
  return classified(ORACLE_ERRORS, withoutRows(error), phase, tellingCode(error));
}

/** The row of an error of the driver's, or of the one that is kept for the log. */
export function oracleRowOf(error: unknown): ErrorRow | undefined {
  return rowOf(ORACLE_ERRORS, error, tellingCode(error));
}

function tellingCode(error: unknown): string {
  const code = codeOf(error);
  return code === "NJS-511" ? (/\bORA-\d{5}\b/.exec(messageOf(error))?.[0] ?? code) : code;
}

/** Since 23ai, ORA-03301 spells out the row that violated a constraint; and a link to the manual helps no log. */
const NOT_FOR_LOGS = /\n(?:ORA-03301|Help:)[^\n]*/g;

function withoutRows(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError) return error;
  const copy = Object.assign(new Error(error.message.replace(NOT_FOR_LOGS, "")), error);
  copy.stack = error.stack?.replace(NOT_FOR_LOGS, "") ?? "";
  return copy;
}
