/**
 * What PostgreSQL, postgres.js and the network say -> what it means to the guard. Read from the top. The codes of the
 * driver were observed on Node, Deno and workerd.
 */
import { classified, type ErrorRow, type Phase } from "../error-table.ts";
import type { DatabaseError } from "../port.ts";
import { SERVER_ERRORS } from "../wire/errors.ts";

export const POSTGRES_ERRORS: readonly ErrorRow[] = [
  // PgBouncer has one code for all that it says itself, and Supavisor another; the words are those of PgBouncer's client.c
  // and janitor.c, of Supavisor's pooler, and of the server where it hands on why it let nobody in.
  {
    what: "the pooler has no connection free",
    code: /^(08P01|XX000)$/,
    message:
      /query_wait_timeout|no more connections allowed|client connections exceeded|too many (clients|connections)|max client(s| connections) reached|unable to check ?out \w+ from the pool/i,
    fault: "exhausted",
  },
  {
    what: "the pooler takes no settings of a session",
    code: /^08P01$/,
    message: /unsupported startup parameter/,
    fault: "connection",
    remedy: "a pooler stands in between: set DB_POOLER=transaction",
  },
  {
    what: "the pooler takes no transactions",
    code: /^08P01$/,
    message: /transaction blocks not allowed/,
    fault: "connection",
    remedy: "the pooler needs pool_mode = transaction",
  },
  // Hyperdrive borrows this code for an empty pool; anywhere else it is an error of the operating system.
  {
    what: "Hyperdrive's pool is empty",
    code: /^58000$/,
    message: /acquire a connection from the pool/i,
    fault: "exhausted",
  },
  // Of five letters like a SQLSTATE, some of these; no SQLSTATE begins with E.
  { what: "file descriptors of this machine used up", code: /^(EMFILE|ENFILE)$/, fault: "exhausted" },
  { what: "name does not resolve", code: /^(ENOTFOUND|EAI_[A-Z]+)$/, fault: "connection" },
  { what: "refused", code: /^ECONNREFUSED$/, fault: "connection" },
  {
    what: "certificate or TLS",
    code: /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO$)/,
    fault: "connection",
  },
  { what: "socket already ended", code: /^ERR_(SOCKET|STREAM)_/, fault: "connection" },
  { what: "reset, or another error of the network", code: /^E(?!RR_)[A-Z0-9_]+$/, fault: "connection" },
  { what: "no answer within the connect timeout", code: /^CONNECT_TIMEOUT$/, fault: "connection" },
  { what: "closed in mid-query", code: /^CONNECTION_/, fault: "connection" },
  { what: "the server could not prove itself", code: /^SASL_/, fault: "connection" },
  {
    what: "refused by the driver",
    code: /^(UNDEFINED_VALUE|MAX_PARAMETERS_EXCEEDED|MESSAGE_NOT_SUPPORTED)$/,
    fault: "statement",
  },
  // workerd gives no code at all.
  {
    what: "refused on Workers",
    code: /^$/,
    message: /proxy request failed|cannot connect|network connection lost|internal error; reference = /i,
    fault: "connection",
  },
  ...SERVER_ERRORS,
];

/**
 * @example
 * ```ts
 * toPostgresError({ code: "53300", message: "sorry, too many clients already" }).fault; // "exhausted"
 * ```
 */
export function toPostgresError(error: unknown, phase: Phase = "running"): DatabaseError {
  return classified(POSTGRES_ERRORS, error, phase);
}
