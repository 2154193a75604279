/**
 * A case of every row of the table of Oracle's errors. Without an Oracle to be had, the real driver meets listeners of the
 * tests' own: one that refuses, and one that lets it log on as far as an error of the server, which the driver reads in
 * the same place as the errors of statements. What is said of a statement is therefore the driver's error, off the wire,
 * but not out of a session; `oracle.test.ts` has those, where `ORACLE_TEST_URL` is set.
 */
import oracledb from "oracledb";
import { afterEach, beforeAll, describe } from "vitest";
import type { Phase } from "../../lib/database/error-table.ts";
import { ORACLE_ERRORS, oracleRowOf, toOracleError } from "../../lib/database/oracle/errors.ts";
import { oracle } from "../../lib/database/oracle/oracle.ts";
import type { Database, DatabaseError } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { execution, SETTINGS } from "../support/execution.ts";
import { silentServer, slammingServer, type TcpServer } from "../support/tcp.ts";
import { type Answer, accepting, failing, refusing, tnsListener } from "../support/tns-listener.ts";
import { row, testRows, thrown } from "./errors/case.ts";
import { withoutDescriptors } from "./errors/descriptors.ts";

const runtime = systemRuntime();
const LOGIN = { user: "app", password: "tide-secret" };
const open: Database[] = [];
const servers: TcpServer[] = [];

async function listening(server: Promise<TcpServer>): Promise<string> {
  const tcp = await server;
  servers.push(tcp);
  return `127.0.0.1:${tcp.port}`;
}

/** By our own driver. */
async function at(host: string, parameters = ""): Promise<DatabaseError> {
  const db = oracle(`oracle://app:tide-secret@${host}/fab${parameters}`).open(SETTINGS, runtime);
  open.push(db);
  return thrown(db.query(sql`select 1 from dual`, execution(runtime)));
}
const connecting = async (answer: Answer) => at(await listening(tnsListener(answer)));
const logon = (code: number, words: string) => connecting(failing(code, words));

/** By the naive driver, judged as what happens to a statement unless `phase` says otherwise. */
async function driver(task: Promise<unknown>, phase: Phase = "running"): Promise<DatabaseError> {
  return toOracleError(
    await task.then(
      () => new Error("it succeeded"),
      (error: unknown) => error,
    ),
    phase,
  );
}
async function statement(code: number, words: string): Promise<DatabaseError> {
  const host = await listening(tnsListener(failing(code, words)));
  return driver(oracledb.getConnection({ ...LOGIN, connectString: `${host}/fab` }));
}
const shape = (code: string, words: string) => async () =>
  toOracleError(Object.assign(new Error(`${code}: ${words}`), { code }));

/** A pool of the driver, whose one connection is being opened for ever. */
async function pooled(
  use: (pool: oracledb.Pool) => Promise<unknown>,
  attributes: oracledb.PoolAttributes = {},
): Promise<DatabaseError> {
  const host = await listening(silentServer());
  const pool = await oracledb.createPool({
    ...{ ...LOGIN, connectString: `${host}/fab`, poolMin: 0, poolMax: 1, queueTimeout: 50 },
    ...attributes,
  });
  const first = pool.getConnection().catch(() => {});
  const found = await driver(use(pool));
  for (const server of servers.splice(0)) await server.close();
  await pool.close(0).catch(() => {});
  await first;
  return found;
}

beforeAll(async () => {
  // Loads the driver.
  await at("127.0.0.1:1");
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await Promise.all(servers.splice(0).map((each) => each.close()));
});

describe("errors of Oracle", () => {
  testRows(ORACLE_ERRORS, oracleRowOf, [
    row("call timeout of the driver", "DB_QUERY_TIMEOUT", "failure", {
      "shape of the error": shape("NJS-123", "call timeout of 1000 ms exceeded"),
    }),
    row("ended by Resource Manager", "DB_QUERY_TIMEOUT", "failure", {
      "off the wire": () => statement(40, "active time limit exceeded - call aborted"),
    }),
    row("cancelled on request", "DB_QUERY_TIMEOUT", "ignored", {
      "off the wire": () => statement(1013, "user requested cancel of current operation"),
    }),
    row("too many sessions or processes", "DB_POOL_EXHAUSTED", "ignored", {
      "sessions, while logging on": () => logon(18, "maximum number of sessions exceeded"),
      "processes, while logging on": () => logon(20, "maximum number of processes (300) exceeded"),
      "sessions of one user, while logging on": () => logon(2391, "exceeded simultaneous SESSIONS_PER_USER limit"),
    }),
    row("listener found no free handler", "DB_POOL_EXHAUSTED", "ignored", {
      "REFUSE 12516": () => connecting(refusing(12516)),
      "REFUSE 12519": () => connecting(refusing(12519)),
      "REFUSE 12520": () => connecting(refusing(12520)),
    }),
    row("a pool of the driver is exhausted", "DB_POOL_EXHAUSTED", "ignored", {
      "its wait was over": () => pooled((pool) => pool.getConnection()),
      "its line is full": () => pooled((pool) => pool.getConnection(), { queueMax: 0 }),
      "it is being changed, shape of the error": shape("NJS-082", "connection request rejected"),
    }),
    row("a pool of the driver is closed", "DB_QUERY_TIMEOUT", "ignored", {
      "it was closed": async () => {
        const pool = await oracledb.createPool({ ...LOGIN, connectString: "127.0.0.1:1/fab", poolMin: 0 });
        await pool.close(0);
        return driver(pool.getConnection());
      },
    }),
    row("file descriptors of this machine used up", "DB_POOL_EXHAUSTED", "ignored", {
      "a process that may have few": () =>
        withoutDescriptors("oracle/oracle.ts", "oracle", "oracle://app:tide-secret@127.0.0.1:1/fab"),
    }),
    row("nobody listens", "DB_CONNECTION_FAILED", "failure", { "a closed port": () => at("127.0.0.1:1") }),
    row("name does not resolve", "DB_CONNECTION_FAILED", "failure", {
      "a host of nobody": () => at("nowhere.invalid:1521"),
    }),
    row("no answer within the connect timeout", "DB_CONNECTION_FAILED", "failure", {
      "the driver's own": async () => {
        const connectString = `${await listening(silentServer())}/fab`;
        const attributes = { ...LOGIN, connectString, connectTimeout: 1 } as oracledb.ConnectionAttributes;
        return driver(oracledb.getConnection(attributes), "connecting");
      },
    }),
    row("certificate or TLS", "DB_CONNECTION_FAILED", "failure", {
      "a listener without it": async () => at(await listening(slammingServer()), "?protocol=tcps"),
    }),
    row("unknown service or SID", "DB_CONNECTION_FAILED", "failure", {
      "REFUSE 12514": () => connecting(refusing(12514)),
      "REFUSE 12505": () => connecting(refusing(12505)),
    }),
    row("refused by the listener, or the net services failed", "DB_CONNECTION_FAILED", "failure", {
      "REFUSE 12528": () => connecting(refusing(12528)),
      "REFUSE 12541": () => connecting(refusing(12541)),
      "REFUSE without a reason": () => connecting(refusing()),
      "in the midst of a statement, off the wire": () => statement(12571, "TNS:packet writer failure"),
    }),
    row("closed or broken connection", "DB_CONNECTION_FAILED", "failure", {
      "a listener that hangs up": async () => at(await listening(slammingServer())),
      "a listener that resets": () => connecting((socket) => void socket.resetAndDestroy()),
      "a server that hangs up while logging on": () => connecting(accepting((socket) => void socket.end())),
      "killed, off the wire": () => statement(28, "your session has been killed"),
      "end of file, off the wire": () => statement(3113, "end-of-file on communication channel"),
      "idle for too long, off the wire": () => statement(2396, "exceeded maximum idle time, please connect again"),
      "immediate shutdown, off the wire": () => statement(1089, "immediate shutdown or close in progress"),
      "internal error, off the wire": () => statement(600, "internal error code, arguments: [x]"),
    }),
    row("session ended", "DB_CONNECTION_FAILED", "failure", {
      "connected for too long, off the wire": () => statement(2399, "exceeded maximum connect time"),
      "processor used up, off the wire": () => statement(2392, "exceeded session limit on CPU usage"),
      "active for too long, off the wire": () => statement(41, "active time limit exceeded - session terminated"),
    }),
    row("name, password or account refused", "DB_CONNECTION_FAILED", "failure", {
      "a wrong password, while logging on": () => logon(1017, "invalid credential or not authorized; logon denied"),
      "a locked account, while logging on": () => logon(28000, "The account is locked."),
      "an expired password, while logging on": () => logon(28001, "The password has expired."),
      "no right to log on, while logging on": () => logon(1045, "user APP lacks CREATE SESSION privilege"),
    }),
    row("starting up, shutting down or not open", "DB_CONNECTION_FAILED", "failure", {
      "starting, while logging on": () => logon(1033, "ORACLE initialization or shutdown in progress"),
      "not there, while logging on": () => logon(1034, "The Oracle instance is not available for use."),
      "not open, off the wire": () => statement(1109, "database not open"),
    }),
    row("disk or memory of the server used up", "DB_CONNECTION_FAILED", "failure", {
      "archiver stuck, while logging on": () => logon(257, "Archiver error. Connect AS SYSDBA only"),
      "shared memory, off the wire": () => statement(4031, "unable to allocate 32 bytes of shared memory"),
      "a tablespace, off the wire": () => statement(1653, "unable to extend table APP.LOTS by 128"),
      "a tablespace of large objects, off the wire": () => statement(1691, "unable to extend lob segment APP.L by 128"),
    }),
    row("deadlock", "DB_QUERY_ERROR", "ignored", {
      "off the wire": () => statement(60, "deadlock detected while waiting for resource"),
    }),
    row("serialization failure", "DB_QUERY_ERROR", "ignored", {
      "off the wire": () => statement(8177, "can't serialize access for this transaction"),
    }),
    row("constraint", "DB_QUERY_ERROR", "ignored", {
      "unique, off the wire": () => statement(1, "unique constraint (APP.PK) violated"),
      "foreign key, off the wire": () => statement(2291, "integrity constraint (APP.FK) violated"),
    }),
    row("read-only", "DB_QUERY_ERROR", "ignored", {
      "a transaction that only reads, off the wire": () => statement(1456, "may not perform insert in a READ ONLY"),
      "a standby, off the wire": () => statement(16000, "database or pluggable database open for read-only access"),
    }),
    row("refused by the driver", "DB_QUERY_ERROR", "ignored", {
      "shape of the error": shape("NJS-011", "encountered bind value and type mismatch"),
    }),
    row("anything else said of a statement", "DB_QUERY_ERROR", "ignored", {
      "syntax, off the wire": () => statement(900, "invalid SQL statement"),
      "no such table, off the wire": () => statement(942, "table or view does not exist"),
      "one of the application's own, off the wire": () => statement(20_001, "no"),
    }),
  ]);
});
