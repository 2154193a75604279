/** What needs no server: the URL, values both ways, and the table from a vendor's error to a fault. */
import { describe, expect, test, vi } from "vitest";
import { parseOracleUrl } from "../../lib/database/oracle/address.ts";
import { toBinds } from "../../lib/database/oracle/binds.ts";
import { toOracleError } from "../../lib/database/oracle/errors.ts";
import { oracle } from "../../lib/database/oracle/oracle.ts";
import { asUtc, toNumber, toRows } from "../../lib/database/oracle/values.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { SETTINGS } from "../support/execution.ts";

describe("the URL", () => {
  test.each([
    ["oracle://u:p@h:1521/svc", "oracle://h:1521/svc", "h:1521/svc"],
    ["oracle://u:p@h/svc", "oracle://h/svc", "h/svc"],
    ["oracle://u:p%40ss@a:1,b:2/svc", "oracle://a:1,b:2/svc", "a:1,b:2/svc"],
    ["oracle://u:p@ss@h/svc:pooled", "oracle://h/svc:pooled", "h/svc:pooled"],
    ["oracle://u:p@[::1]:1522/my%5Fsvc%24", "oracle://[::1]:1522/my%5Fsvc%24", "[::1]:1522/my_svc$"],
    ["oracle://u:p@h/svc?protocol=tcps&wallet_location=/w", "oracle://h/svc", "tcps://h/svc?wallet_location=/w"],
    ["oracle://u:p@h/svc?connect_timeout=0&RETRY_COUNT=9&expire_time=1", "oracle://h/svc", "h/svc?expire_time=1"],
  ])("%s is shown as %s and dialled as %s", (url, address, connectString) => {
    expect(oracle(url).address).toBe(address);
    expect(parseOracleUrl(url).connectString).toBe(connectString);
  });

  test("its passwords are secrets, as written and decoded", () => {
    expect(oracle("oracle://u:p%40ss@h/svc?wallet_password=w").secrets).toEqual(["p%40ss", "p@ss", "w"]);
    expect(parseOracleUrl("oracle://fab%24:p%40ss@h/svc")).toMatchObject({ user: "fab$", password: "p@ss" });
  });

  test.each([
    [undefined, "it was nothing"],
    ["oracle://u:p@h/s%zz", 'with a "%" in the service'],
    ["  ", "it was nothing"],
    ["postgres://root:hunter2@h/db", "it was postgres://***"],
    ["hunter2", "it was *** (without a scheme)"],
    ["oracle://u:hunter2@h", "it was oracle://***"],
    ["oracle://hunter2@h/svc", "it was oracle://***"],
    ["oracle://u:hunter2%zz@h/svc", "percent code"],
    ["oracle://u:a@hunter2/b@h/svc", "it was oracle://***"],
    ["oracle://u:1521?hunter2@h/svc", "it was oracle://***"],
    ["oracle://u:hunter2#b@h/svc", "it was oracle://***"],
  ])("%s is refused with what is needed and what it was, without its secrets", (url, found) => {
    const refusal = (() => {
      try {
        return String(oracle(url));
      } catch (error) {
        return error instanceof TypeError ? error.message : "not a TypeError";
      }
    })();
    expect(refusal).toContain("oracle: a URL like oracle://user:password@host:1521/service is needed");
    expect(refusal).toContain(found);
    expect(refusal).toContain("set DATABASE_URL");
    expect(refusal).not.toContain("hunter2");
  });

  test("on Workers it is refused at the start, with what to do", () => {
    const adapter = oracle("oracle://u:p@h/svc");
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    try {
      const opening = () => adapter.open(SETTINGS, systemRuntime());
      expect(opening).toThrow(/Cloudflare Workers.*run this instance on Node.*postgres:\/\//);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(adapter.open(SETTINGS, systemRuntime()).kind).toBe("oracle");
  });
});

const refused = (cause: string) => `NJS-511: connection to listener at host h port 1 was refused.\nCause: ${cause}`;

describe("what a vendor's error means", () => {
  test.each([
    ["NJS-040", 'connection request timeout. Request exceeded "queueTimeout" of 60000', "exhausted"],
    ["NJS-076", "connection request rejected. Pool queue length queueMax 500 reached", "exhausted"],
    ["NJS-082", "connection request rejected. Pool is being reconfigured", "exhausted"],
    ["NJS-064", "connection pool is closing", "cancelled"],
    ["NJS-065", "connection pool was closed", "cancelled"],
    ["NJS-003", "invalid or closed connection", "connection"],
    ["NJS-123", "call timeout of 1000 ms exceeded", "timeout"],
    ["NJS-500", "connection to Oracle Database was closed or broken", "connection"],
    ["NJS-501", "connection to host h port 1 terminated unexpectedly", "connection"],
    ["NJS-503", "connection to host h port 1 could not be established.\nconnect ECONNREFUSED", "connection"],
    ["NJS-503", "connection to host h port 1 could not be established.\nconnect EMFILE", "exhausted"],
    ["NJS-506", "TLS handshake failure", "connection"],
    ["NJS-510", 'timed out. Request exceeded "connectTimeout" of 10 seconds', "connection"],
    ["NJS-518", 'Service "x" is not registered with the listener', "connection"],
    ["NJS-519", 'SID "x" is not registered with the listener', "connection"],
    ["NJS-530", "The host addresses or URLs provided are incorrect", "connection"],
    ["NJS-533", "Advanced Networking Option service negotiation failed", "connection"],
    ["NJS-011", "encountered bind value and type mismatch", "statement"],
    ["NJS-098", "2 positional bind values are required but 1 were provided", "statement"],
    ["ORA-01013", "user requested cancel of current operation", "cancelled"],
    ["ORA-00018", "maximum number of sessions exceeded", "exhausted"],
    ["ORA-00020", "maximum number of processes exceeded", "exhausted"],
    ["ORA-02391", "exceeded simultaneous SESSIONS_PER_USER limit", "exhausted"],
    ["ORA-12170", "TNS:Connect timeout occurred", "connection"],
    ["ORA-12516", "TNS:listener could not find available handler", "exhausted"],
    ["ORA-12541", "TNS:no listener", "connection"],
    ["ORA-12537", "TNS:connection closed", "connection"],
    ["ORA-00028", "your session has been killed", "connection"],
    ["ORA-00600", "internal error code", "connection"],
    ["ORA-16000", "database or pluggable database open for read-only access", "statement"],
    ["ORA-01012", "not logged on", "connection"],
    ["ORA-02396", "exceeded maximum idle time", "connection"],
    ["ORA-03113", "end-of-file on communication channel", "connection"],
    ["ORA-03135", "connection lost contact", "connection"],
    ["ORA-01017", "invalid credential or not authorized; logon denied", "connection"],
    ["ORA-01045", "user APP lacks CREATE SESSION privilege; logon denied", "connection"],
    ["ORA-28000", "the account is locked", "connection"],
    ["ORA-28001", "the password has expired", "connection"],
    ["ORA-01033", "ORACLE initialization or shutdown in progress", "connection"],
    ["ORA-01034", "ORACLE not available", "connection"],
    ["ORA-01089", "immediate shutdown or close in progress", "connection"],
    ["ORA-01109", "database not open", "connection"],
    ["ORA-00257", "archiver error", "connection"],
    ["ORA-01653", "unable to extend table", "connection"],
    ["ORA-04031", "unable to allocate bytes of shared memory", "connection"],
    ["ORA-00001", "unique constraint (APP.PK) violated", "statement"],
    ["ORA-02291", "integrity constraint violated - parent key not found", "statement"],
    ["ORA-00060", "deadlock detected while waiting for resource", "statement"],
    ["ORA-08177", "can't serialize access for this transaction", "statement"],
    ["ORA-00942", "table or view does not exist", "statement"],
    ["ORA-00054", "resource busy and acquire with NOWAIT specified", "statement"],
    ["ORA-01476", "divisor is equal to zero", "statement"],
    ["ORA-12899", "value too large for column", "statement"],
    ["ORA-20001", "of the application's own", "statement"],
    ["", "something nobody has seen", "statement"],
  ] as const)("%s %s: %s", (code, message, fault) => {
    const error = toOracleError(Object.assign(new Error(message), code === "" ? {} : { code }));
    expect(error).toMatchObject({ fault, vendorCode: code === "" ? undefined : code });
  });

  test.each([
    ["ORA-12516", "exhausted"],
    ["ORA-12519", "exhausted"],
    ["ORA-12520", "exhausted"],
    ["ORA-12528", "connection"],
    ["ORA-12541", "connection"],
  ] as const)("a refusal is what its cause is: %s, %s", (cause, fault) => {
    const error = toOracleError(Object.assign(new Error(refused(cause)), { code: "NJS-511" }));
    expect(error).toMatchObject({ fault, vendorCode: cause });
  });

  test("a refusal that names no cause is a connection error", () => {
    const error = toOracleError(Object.assign(new Error(refused("refused")), { code: "NJS-511" }));
    expect(error).toMatchObject({ fault: "connection", vendorCode: "NJS-511" });
  });

  test("what nobody knows is a connection error while connecting; an error of ours stays as it is", () => {
    expect(toOracleError(new Error("?"), "connecting").fault).toBe("connection");
    expect(toOracleError("a string").fault).toBe("statement");
    const ours = new DatabaseError("exhausted", "x");
    expect(toOracleError(ours)).toBe(ours);
  });

  test("neither message nor the vendor's error kept for the log carries rows, SQL or values", () => {
    const vendor = Object.assign(
      new Error(
        "ORA-00001: unique constraint (APP.PK) violated\nORA-03301: (ORA-00001 details) row with column values " +
          "(EMAIL:'a@b') already exists\nHelp: https://docs.oracle.com/error-help/db/ora-00001/",
      ),
      { code: "ORA-00001", errorNum: 1, offset: 7, sql: "insert …", binds: ["hunter2"] },
    );
    const error = toOracleError(vendor);
    expect(error.message).toBe("The database rejected the statement.");
    const kept = error.vendorError() as Error;
    expect(kept).toMatchObject({ message: "ORA-00001: unique constraint (APP.PK) violated", errorNum: 1 });
    expect(`${kept.message}${kept.stack}${JSON.stringify(kept)}`).not.toMatch(/a@b|hunter2|insert|Help/);
  });
});

describe("values", () => {
  test.each([
    ["7", {}, 7],
    ["9007199254740991", {}, 9007199254740991],
    ["9007199254740993", {}, "9007199254740993"],
    ["1.25", { precision: 10, scale: 2 }, "1.25"],
    [".5", {}, "0.5"],
    ["-.5", {}, "-0.5"],
    [".5", { precision: 126, scale: -127 }, 0.5],
    ["3", { precision: 0, scale: -127 }, 3],
    [null, {}, null],
  ])("NUMBER %s of %j is %j", (text, type, expected) => {
    expect(toNumber(text, type)).toBe(expected);
  });

  test("times without a zone are read as UTC, whatever the zone of this process", () => {
    expect(asUtc(new Date(2024, 1, 29, 12, 34, 56, 789))).toEqual(new Date("2024-02-29T12:34:56.789Z"));
    expect(asUtc(new Date(new Date(0).setFullYear(1, 0, 1)))?.toISOString()).toMatch(/^0001-01-01T/);
    expect(asUtc(null)).toBe(null);
  });

  test("rows are objects with lower-case names, unless a name was quoted in mixed case", () => {
    expect(toRows(["LOT_ID", "share", "MixedCase"], [["L1", 0.5, null]])).toEqual([
      { lot_id: "L1", share: 0.5, MixedCase: null },
    ]);
  });

  test("binds are what the driver takes", () => {
    const date = new Date(0);
    const bytes = new Uint8Array([1]);
    expect(toBinds(["a", "", 1.5, 2n ** 60n, true, false, null, date, bytes, { a: 1 }])).toEqual([
      ...["a", "", 1.5, "1152921504606846976", 1, 0, null, date, bytes, '{"a":1}'],
    ]);
  });

  test.each([
    ["undefined", undefined, 'use null for "no value"'],
    ["an array", [1, 2], "use list(values)"],
    ["a function", () => 1, "it was a function"],
    ["an invalid date", new Date(Number.NaN), "it was an invalid date"],
    ["an object with no JSON form", { big: 1n }, "it was an object without a JSON form"],
  ])("refuses to bind %s, saying which value it was and what to do", (_name, value, sentence) => {
    expect(() => toBinds([1, value])).toThrow(/bind value 2/);
    expect(() => toBinds([1, value])).toThrow(sentence);
  });
});
