/** What needs no server: the URL, and the table from a vendor's error to a fault. */
import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { parsePostgresUrl } from "../../lib/database/postgres/address.ts";
import { toPostgresError } from "../../lib/database/postgres/errors.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { parseArray } from "../../lib/database/wire/values.ts";

describe("the URL", () => {
  test.each([
    ["postgres://u:p@h:5432/db", "postgres://h:5432/db"],
    ["postgresql://h/db?sslmode=require&password=secret", "postgres://h/db"],
    ["postgres://u:p%40ss@a:1,b:2/db", "postgres://a:1,b:2/db"],
    ["postgres://u:p@ss@h/db", "postgres://h/db"],
    ["postgres://h", "postgres://h"],
  ])("%s is shown as %s", (url, address) => {
    expect(postgres(url).address).toBe(address);
  });

  test("its password is a secret, as written and decoded, wherever it stands", () => {
    expect(postgres("postgres://u:p%40ss@h/db").secrets).toEqual(["p%40ss", "p@ss"]);
    expect(postgres("postgres://h/db?password=100%25").secrets).toEqual(["100%25", "100%"]);
    expect(postgres("postgres://u@h/db").secrets).toEqual([]);
  });

  test("what a server can be told is kept, and a timeout that is the permit's to decide is not", () => {
    const { settings } = parsePostgresUrl(
      "postgres://h/db?sslmode=require&statement_timeout=0&options=x&lock_timeout=1s",
    );
    expect(settings).toEqual({ options: "x", lock_timeout: "1s" });
  });

  test.each([
    [undefined, "it was nothing"],
    ["  ", "it was nothing"],
    ["mysql://root:hunter2@h/db", "it was mysql://***"],
    ["hunter2", "it was *** (without a scheme)"],
    ["postgres://u:hunter2%zz@h/db", "percent code"],
    ["postgres://", "it was postgres://***"],
  ])("%s is refused with what is needed and what it was, without its secrets", (url, found) => {
    const refusal = (() => {
      try {
        return String(postgres(url));
      } catch (error) {
        return error instanceof TypeError ? error.message : "not a TypeError";
      }
    })();
    expect(refusal).toContain("postgres: a URL like postgres://user:password@host:5432/database is needed");
    expect(refusal).toContain(found);
    expect(refusal).toContain("set DATABASE_URL");
    expect(refusal).not.toContain("hunter2");
  });
});

describe("what a vendor's error means", () => {
  test.each([
    ["57014", "canceling statement due to statement timeout", "timeout"],
    ["57014", "canceling statement due to user request", "cancelled"],
    ["53300", "sorry, too many clients already", "exhausted"],
    ["53400", "temporary file size exceeds temp_file_limit", "statement"],
    ["53100", "could not extend file: No space left on device", "connection"],
    ["58000", "Failed to acquire a connection from the pool.", "exhausted"],
    ["58000", "something of the operating system", "connection"],
    ["57P01", "terminating connection due to administrator command", "connection"],
    ["57P03", "the database system is starting up", "connection"],
    ["08006", "", "connection"],
    ["28P01", "password authentication failed for user", "connection"],
    ["3D000", "", "connection"],
    ["40001", "", "statement"],
    ["40P01", "deadlock detected", "statement"],
    ["23505", "duplicate key value violates unique constraint", "statement"],
    ["42P01", "", "statement"],
    ["55P03", "canceling statement due to lock timeout", "statement"],
    ["ECONNREFUSED", "connect ECONNREFUSED", "connection"],
    ["ECONNRESET", "read ECONNRESET", "connection"],
    ["ENOTFOUND", "getaddrinfo ENOTFOUND", "connection"],
    ["EPIPE", "write EPIPE", "connection"],
    ["EMFILE", "", "exhausted"],
    ["ERR_INVALID_ARG_TYPE", "of this machine's own", "statement"],
    ["ERR_SOCKET_CLOSED", "Socket is closed", "connection"],
    ["CONNECT_TIMEOUT", "write CONNECT_TIMEOUT h:1", "connection"],
    ["CONNECTION_CLOSED", "write CONNECTION_CLOSED h:1", "connection"],
    ["CONNECTION_DESTROYED", "", "connection"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "", "connection"],
    ["", "proxy request failed, cannot connect to the specified address", "connection"],
    ["", "something nobody has seen", "statement"],
  ] as const)("%s %s: %s", (code, message, fault) => {
    const error = toPostgresError(Object.assign(new Error(message), code === "" ? {} : { code }));
    expect(error).toMatchObject({ fault, vendorCode: code === "" ? undefined : code });
  });

  test("what nobody knows is a connection error while connecting", () => {
    expect(toPostgresError(new Error("?"), "connecting").fault).toBe("connection");
    expect(toPostgresError("a string").fault).toBe("statement");
    expect(toPostgresError(undefined).fault).toBe("statement");
  });

  test("an error of ours stays as it is", () => {
    const error = new DatabaseError("exhausted", "x");
    expect(toPostgresError(error)).toBe(error);
  });

  test("neither message nor the vendor's error kept for the log carries SQL or values", () => {
    const vendor = Object.assign(new Error("duplicate key"), {
      code: "23505",
      query: "insert …",
      parameters: ["secret"],
      detail: "Key (email)=(a@b)",
    });
    const error = toPostgresError(vendor);
    expect(error.message).toBe("The database rejected the statement.");
    expect(error.vendorError()).toMatchObject({ message: "duplicate key", code: "23505" });
    expect(Object.getOwnPropertyNames(error.vendorError())).not.toEqual(expect.arrayContaining(["query"]));
    expect(JSON.stringify(error.vendorError())).not.toMatch(/secret|a@b/);
  });
});

test("array literals with bounds, nesting, quotes and nulls", () => {
  expect(parseArray("[0:1]={a,b}", String)).toEqual(["a", "b"]);
  expect(parseArray("{}", String)).toEqual([]);
  expect(parseArray('{{1,NULL},{"NULL","a,\\"\\\\"}}', String)).toEqual([
    ["1", null],
    ["NULL", 'a,"\\'],
  ]);
});
