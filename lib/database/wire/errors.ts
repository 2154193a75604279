/** What a PostgreSQL server says -> what it means to the guard, by SQLSTATE, for any driver that speaks to one. */
import type { ErrorRow } from "../error-table.ts";

export const SERVER_ERRORS: readonly ErrorRow[] = [
  // One code for the server's own timeout and for a cancel, told apart by words alone, in the server's language: a hint
  // for who does not know when the timeout was due. Who does goes by the clock (`postgres/channel`).
  { what: "statement timeout", code: /^57014$/, message: /statement timeout/, fault: "timeout" },
  { what: "cancelled on request", code: /^57014$/, fault: "cancelled" },
  // A limit on numbers, over when others have finished: of the server, a role or a database.
  { what: "too many connections", code: /^53300$/, fault: "exhausted" },
  // `temp_file_limit`: the statement wants more than one may.
  { what: "a configured limit of one statement", code: /^53400$/, fault: "statement" },
  // No caller can wait that out in a line, so it counts as a failing server.
  { what: "disk, memory or files of the server used up", code: /^53/, fault: "connection" },
  // Said by a session that goes on: a `$2` in the text, say, with one value. Poolers that end one say FATAL.
  { what: "message and statement do not fit", code: /^08P01$/, severity: /^ERROR$/, fault: "statement" },
  { what: "connection exception", code: /^08/, fault: "connection" },
  { what: "name or password refused", code: /^28/, fault: "connection" },
  { what: "no such database", code: /^3D000$/, fault: "connection" },
  { what: "starting up or shutting down", code: /^57P03$/, fault: "connection" },
  { what: "session ended by an administrator or a crash", code: /^57P/, fault: "connection" },
  // One file that is not there (58P01), in `copy` for example, is no news of the others.
  { what: "input, output or operating system failed", code: /^580/, fault: "connection" },
  { what: "session ended for another reason", code: /^[0-9A-Z]{5}$/, severity: /^(FATAL|PANIC)$/, fault: "connection" },
  { what: "deadlock", code: /^40P01$/, fault: "statement" },
  { what: "serialization failure", code: /^40/, fault: "statement" },
  { what: "constraint", code: /^23/, fault: "statement" },
  { what: "syntax, names or privileges", code: /^42/, fault: "statement" },
  // A standby, say. It still reads: a breaker that opened would take that away as well.
  { what: "read-only", code: /^25006$/, fault: "statement" },
  // Internal errors (XX) as well: one damaged index must not close the database to everybody.
  { what: "anything else said of a statement", code: /^[0-9A-Z]{5}$/, fault: "statement" },
];
