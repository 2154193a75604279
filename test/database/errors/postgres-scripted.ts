/**
 * What no server of the tests' own can be brought to say: by a script that keeps to the letter of the wire protocol, or,
 * where it does not come over a wire, by an error of that shape.
 */
import { Socket } from "node:net";
import type { DatabaseError } from "../../../lib/database/port.ts";
import { toPostgresError } from "../../../lib/database/postgres/errors.ts";
import { sql } from "../../../lib/database/sql.ts";
import { execution } from "../../support/execution.ts";
import { type PostgresScene, runtime } from "../../support/postgres-scene.ts";
import { type WireError, type WireScript, wireServer } from "../../support/postgres-wire.ts";
import { type RowCases, row, thrown } from "./case.ts";
import { withoutDescriptors } from "./descriptors.ts";

const EMPTY_POOL = "Failed to acquire a connection from the pool.";

export function scriptedRows({ database, behind }: PostgresScene): RowCases[] {
  const by = async (script: WireScript): Promise<DatabaseError> => {
    const { url } = await behind(wireServer(script));
    const db = database({ poolSize: 1, maxOverflow: 0 }, {}, url);
    return thrown(db.query(sql`select 1 as asked`, execution(runtime)));
  };
  const onLogin = (code: string, message: string) => by({ login: { severity: "FATAL", code, message } });
  const onStatement = (error: WireError | "garbled") =>
    by({ statement: (text) => (text.includes("asked") ? error : undefined) });

  return [
    // A real PgBouncer says them in `pooler-trouble.test.ts`.
    row("the pooler has no connection free", "DB_POOL_EXHAUSTED", "ignored", {
      "script, its wait was over": () => onLogin("08P01", "query_wait_timeout"),
      "script, its clients are too many": () => onLogin("08P01", "no more connections allowed (max_client_conn)"),
      "script, the server's are": () => onLogin("08P01", 'too many connections for role "app"'),
      "script, Supavisor's clients are too many": () => onLogin("XX000", "Max client connections reached"),
      "script, in its session mode": () =>
        onLogin(
          "XX000",
          "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
        ),
      "script, nothing of its pool became free": () =>
        onLogin("XX000", "unable to check out connection from the pool after 60000ms"),
    }),
    row("the pooler takes no settings of a session", "DB_CONNECTION_FAILED", "failure", {
      "script, while logging on": () => onLogin("08P01", "unsupported startup parameter: statement_timeout"),
    }),
    row("the pooler takes no transactions", "DB_CONNECTION_FAILED", "failure", {
      "script, of begin": () => onLogin("08P01", "transaction blocks not allowed in statement pooling mode"),
    }),
    row("Hyperdrive's pool is empty", "DB_POOL_EXHAUSTED", "ignored", {
      "script, while logging on": () => onLogin("58000", EMPTY_POOL),
      "script, of a statement": () => onStatement({ severity: "ERROR", code: "58000", message: EMPTY_POOL }),
    }),
    row("input, output or operating system failed", "DB_CONNECTION_FAILED", "failure", {
      "script, the code that Hyperdrive borrows": () =>
        onStatement({ severity: "ERROR", code: "58000", message: "could not fsync file" }),
    }),
    row("connection exception", "DB_CONNECTION_FAILED", "failure", {
      "script, while logging on": () => onLogin("08006", "server closed the connection unexpectedly"),
      "script, of a statement": () =>
        onStatement({ severity: "ERROR", code: "08001", message: "could not connect to server of a foreign table" }),
    }),
    row("session ended by an administrator or a crash", "DB_CONNECTION_FAILED", "failure", {
      "script, by an administrator while logging on": () =>
        onLogin("57P01", "terminating connection due to administrator command"),
      "script, by a crash while logging on": () =>
        onLogin("57P02", "terminating connection because of crash of another server process"),
    }),
    row("closed in mid-query", "DB_CONNECTION_FAILED", "failure", {
      // The driver keeps the word of a server that hangs up after it to itself.
      "script, with a last word": () =>
        onStatement({
          severity: "FATAL",
          code: "57P01",
          message: "terminating connection due to administrator command",
        }),
    }),
    row("the server could not prove itself", "DB_CONNECTION_FAILED", "failure", {
      "script, one that does not know the password": () => by({ login: "forged" }),
    }),
    // More binds than the wire has room for are refused before the driver sees them (`contract.test.ts`).
    row("refused by the driver", "DB_QUERY_ERROR", "ignored", {
      "script, a message that it does not know": () => onStatement("garbled"),
    }),
    row("refused on Workers", "DB_CONNECTION_FAILED", "failure", {
      "shape of the error": async () =>
        toPostgresError(new Error("proxy request failed, cannot connect to the specified address")),
      "shape of the error, of the platform itself": async () =>
        toPostgresError(new Error("internal error; reference = 0123456789abcdefghijklmn")),
    }),
    row("socket already ended", "DB_CONNECTION_FAILED", "failure", {
      "shape of the error, as Node has it": async () => {
        const socket = new Socket().destroy();
        const error = await new Promise((resolve) => socket.write("too late", resolve));
        return toPostgresError(error);
      },
    }),
    row("file descriptors of this machine used up", "DB_POOL_EXHAUSTED", "ignored", {
      "a process that may have few": () =>
        withoutDescriptors("postgres/postgres.ts", "postgres", "postgres://nobody@127.0.0.1:1/none"),
    }),
  ];
}
