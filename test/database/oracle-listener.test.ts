/** The real driver at a listener of the tests' own: every way not to get a connection, in time and as what it is. */
import { inspect } from "node:util";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { oracle } from "../../lib/database/oracle/oracle.ts";
import type { Database, DatabaseError, DatabaseSettings } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { eventually } from "../support/processes.ts";
import { standStill } from "../support/standing-still.ts";
import { silentServer, slammingServer, type TcpServer } from "../support/tcp.ts";
import { accepting, refusing, tnsListener } from "../support/tns-listener.ts";

const PASSWORD = "tide-secret";
const runtime = systemRuntime();
const run = (conditions: Conditions = {}) => execution(runtime, conditions);

const open: Database[] = [];
const servers: TcpServer[] = [];
/** What would keep this process alive: the runner's own timers aside, nothing may. */
const held = (what: "TCPSocketWrap" | "Timeout"): number =>
  process.getActiveResourcesInfo().filter((name) => name === what).length;

async function at(server: Promise<TcpServer>, settings: Partial<DatabaseSettings> = {}) {
  const tcp = await server;
  servers.push(tcp);
  const db = databaseAt(`127.0.0.1:${tcp.port}`, settings);
  return { db, tcp, ask: (conditions: Conditions = {}) => failure(db, conditions) };
}

function databaseAt(host: string, settings: Partial<DatabaseSettings> = {}): Database {
  const db = oracle(`oracle://app:${PASSWORD}@${host}/fab`).open({ ...SETTINGS, ...settings }, runtime);
  open.push(db);
  return db;
}

async function failure(db: Database, conditions: Conditions): Promise<{ error: DatabaseError; ms: number }> {
  const startedAt = runtime.monotonicMs();
  const error = await db.query(sql`select 1 from dual`, run(conditions)).then(
    () => Promise.reject(new Error("it succeeded")),
    (caught: DatabaseError) => caught,
  );
  return { error, ms: runtime.monotonicMs() - startedAt };
}

beforeAll(async () => {
  // Loads the driver, which takes longer than some tests measure.
  await failure(databaseAt("127.0.0.1:1"), {});
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await Promise.all(servers.splice(0).map((each) => each.close()));
});

describe("a listener that says no", () => {
  test.each([
    [12516, "exhausted", "ORA-12516"],
    [12519, "exhausted", "ORA-12519"],
    [12520, "exhausted", "ORA-12520"],
    [12528, "connection", "ORA-12528"],
    [12541, "connection", "ORA-12541"],
    [12514, "connection", "NJS-518"],
    [12505, "connection", "NJS-519"],
    [undefined, "connection", "NJS-511"],
  ] as const)("with %s: %s", async (code, fault, vendorCode) => {
    const { ask, db } = await at(tnsListener(refusing(code)));
    expect((await ask()).error).toMatchObject({ name: "DatabaseError", fault, vendorCode });
    expect(db.pool()).toMatchObject({ checkedOut: 0, checkedIn: 0, waiting: 0 });
  });

  test("is asked once for each caller, and left alone afterwards", async () => {
    const { ask, tcp } = await at(tnsListener(refusing(12516)));
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(tcp.accepted()).toBe(1);
  });

  test("hears the application's name, and no password", async () => {
    let heard = "";
    const { ask } = await at(
      tnsListener((socket, connectData) => {
        heard = connectData;
        refusing(12514)(socket, connectData);
      }),
      { applicationName: "fab-reports" },
    );
    await ask();
    expect(heard).toContain("(SERVICE_NAME=fab)");
    expect(heard).toContain("PROGRAM=fab-reports");
    expect(heard).not.toContain(PASSWORD);
  });
});

describe("nobody there", () => {
  test("a port that is closed", async () => {
    const { error } = await failure(databaseAt("127.0.0.1:1"), {});
    expect(error).toMatchObject({ fault: "connection", vendorCode: "NJS-503", code: "DB_CONNECTION_FAILED" });
  });

  test("a listener whose word came while the process stood still beyond every timeout", async () => {
    const { ask } = await at(tnsListener(refusing(12516)), { connectTimeoutMs: 300 });
    const asked = ask();
    await standStill(2_300);
    expect((await asked).error).toMatchObject({ fault: "exhausted" });
  });

  test("a name that does not resolve", async () => {
    const { error } = await failure(databaseAt("nowhere.invalid:1521"), {});
    expect(error).toMatchObject({ fault: "connection", vendorCode: "NJS-530" });
  });

  test("a server that hangs up at once, or resets when asked", async () => {
    const hangsUp = await at(slammingServer());
    expect((await hangsUp.ask()).error).toMatchObject({ fault: "connection", vendorCode: "NJS-500" });
    const resets = await at(tnsListener((socket) => void socket.resetAndDestroy()));
    expect((await resets.ask()).error).toMatchObject({ fault: "connection", vendorCode: "NJS-500" });
  });

  test("a server that accepts and hangs up, or resets, while logging on", async () => {
    const hangsUp = await at(tnsListener(accepting((socket) => void socket.end())));
    expect((await hangsUp.ask()).error).toMatchObject({ fault: "connection", vendorCode: "NJS-500" });
    const resets = await at(tnsListener(accepting((socket) => void socket.resetAndDestroy())));
    expect((await resets.ask()).error).toMatchObject({ fault: "connection", vendorCode: "NJS-500" });
  });
});

describe.each([
  ["a server that takes the connection and says nothing", silentServer],
  ["a listener that accepts, before a server that says nothing", () => tnsListener(accepting())],
])("%s", (_name, server) => {
  test("is given up at the connect timeout, with its socket", async () => {
    const { ask, db, tcp } = await at(server(), { connectTimeoutMs: 300 });
    const { error, ms } = await ask();
    expect(error).toMatchObject({ fault: "connection" });
    expect(ms).toBeGreaterThanOrEqual(290);
    expect(ms).toBeLessThan(300 + 500);
    expect(db.pool()).toMatchObject({ checkedOut: 0 });
    await eventually("the socket is closed", () => tcp.connected() === 0, 1_000);
  });

  test("is given up when the caller's wait is over, after half a second at the least", async () => {
    const { ask } = await at(server());
    const { error, ms } = await ask({ connectWithinMs: 50 });
    expect(error).toMatchObject({ fault: "connection" });
    expect(ms).toBeGreaterThanOrEqual(490);
    expect(ms).toBeLessThan(1_000);
  });

  test("keeps nobody who gives up, and is given up itself at the connect timeout", async () => {
    const { db, tcp } = await at(server(), { connectTimeoutMs: 600 });
    const controller = new AbortController();
    const asked = failure(db, { signal: controller.signal });
    await eventually("it connects", () => tcp.connected() === 1);
    controller.abort();
    const abortedAt = runtime.monotonicMs();
    expect((await asked).error).toMatchObject({ fault: "cancelled" });
    expect(runtime.monotonicMs() - abortedAt).toBeLessThan(200);
    const late = await failure(db, { signal: AbortSignal.timeout(50) });
    expect(late.error).toMatchObject({ fault: "timeout" });
    await eventually("the socket is closed", () => tcp.connected() === 0, 2_000);
    expect(tcp.accepted()).toBe(1);
  });

  test("is let go when the database is closed", async () => {
    const { db, tcp } = await at(server());
    const asked = failure(db, {});
    await eventually("it connects", () => tcp.connected() === 1);
    await db.close(50);
    expect((await asked).error).toMatchObject({ fault: "cancelled" });
    await eventually("the socket is closed", () => tcp.connected() === 0, 1_000);
  });

  test("meets twenty callers two at a time, and leaves nothing behind", async () => {
    await eventually("no socket is left of what ran before", () => held("TCPSocketWrap") === 0, 2_000);
    const timers = held("Timeout");
    const { db, tcp } = await at(server(), { poolSize: 2, maxOverflow: 0, connectTimeoutMs: 250 });
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, tcp.connected());
    }, 5);
    const asked = Array.from({ length: 20 }, () => failure(db, { connectWithinMs: 600 }));
    expect(db.pool()).toMatchObject({ checkedOut: 2, waiting: 18 });
    const faults = (await Promise.all(asked)).map(({ error }) => error.fault);
    clearInterval(watch);
    expect(most).toBe(2);
    expect(faults.filter((fault) => fault === "exhausted").length).toBeGreaterThanOrEqual(12);
    expect(new Set(faults)).toEqual(new Set(["connection", "exhausted"]));
    expect(db.pool()).toMatchObject({ checkedOut: 0, waiting: 0 });
    await eventually("the server sees nobody", () => tcp.connected() === 0, 1_000);
    await tcp.close();
    await eventually("no socket is left", () => held("TCPSocketWrap") === 0, 1_000);
    await eventually("no timer is left", () => held("Timeout") <= timers, 1_000);
  });
});

test("the next address of a list has no chance after the connection was given up", async () => {
  const [first, second] = await Promise.all([silentServer(), silentServer()]);
  servers.push(first, second);
  const db = databaseAt(`127.0.0.1:${first.port},127.0.0.1:${second.port}`, { connectTimeoutMs: 100 });
  const { error } = await failure(db, {});
  expect(error).toMatchObject({ fault: "connection" });
  await eventually("all sockets are closed", () => first.connected() + second.connected() === 0, 1_000);
});

test("lanes do not wait for each other", async () => {
  const { db, tcp } = await at(tnsListener(accepting()), { poolSize: 1, maxOverflow: 0, connectTimeoutMs: 400 });
  const lanes = (["request", "slow", "health"] as const).map((lane) => failure(db, { lane }));
  await eventually("all three connect at once", () => tcp.connected() === 3, 350);
  await Promise.all(lanes);
});

test("no error carries the password, whatever is asked to print it", async () => {
  for (const server of [tnsListener(refusing(12516)), tnsListener(accepting((socket) => void socket.end()))]) {
    const { ask } = await at(server);
    const { error } = await ask();
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/tide-secret|127\.0\.0\.1/);
    expect(inspect(error.vendorError(), { showHidden: true, depth: 9 })).not.toContain(PASSWORD);
  }
});
