/**
 * The traps of node-oracledb: each is first walked into by the driver as it comes, so that it is known to be there, and
 * then by way of ours. The third needs a session, which no listener of the tests can give: there the driver is a script,
 * and that a break is waited for without an end is in its source (`_processMessage` of `thin/protocol/protocol.js`).
 */
import oracledb from "oracledb";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { oracle } from "../../lib/database/oracle/oracle.ts";
import type { Database, DatabaseSettings } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { GRACE_MS, oracleScene } from "../support/oracle-scene.ts";
import { eventually } from "../support/processes.ts";
import { silentServer, type TcpServer } from "../support/tcp.ts";
import { accepting, refusing, tnsListener } from "../support/tns-listener.ts";

const LOGIN = { user: "app", password: "tide-secret" };
const runtime = systemRuntime();
const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const pause = (ms: number) => new Promise<"pending">((resolve) => setTimeout(resolve, ms, "pending"));

const servers: TcpServer[] = [];
const open: Database[] = [];
const pools: oracledb.Pool[] = [];

async function at(server: Promise<TcpServer>, settings: Partial<DatabaseSettings> = {}) {
  const tcp = await server;
  servers.push(tcp);
  const host = `127.0.0.1:${tcp.port}`;
  const db = oracle(`oracle://app:tide-secret@${host}/fab`).open({ ...SETTINGS, ...settings }, runtime);
  open.push(db);
  const pool = async (attributes: oracledb.PoolAttributes) => {
    const created = await oracledb.createPool({ ...LOGIN, connectString: `${host}/fab`, ...attributes });
    pools.push(created);
    return created;
  };
  return { tcp, db, pool, connectString: `${host}/fab` };
}

beforeAll(async () => {
  // Loads the driver.
  await at(tnsListener(refusing(12516))).then(({ db }) => db.query(sql`select 1 from dual`, run()).catch(() => {}));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await Promise.all(servers.splice(0).map((each) => each.close()));
  await Promise.all(pools.splice(0).map((each) => each.close(0).catch(() => {})));
});

describe("1: a pool with a minimum storms a listener that refuses", () => {
  test("naive", async () => {
    const { tcp, pool } = await at(tnsListener(refusing(12516)));
    await pool({ poolMin: 1 });
    await eventually("it is dialled twenty times, for nobody", () => tcp.accepted() > 20);
  });

  test("ours", async () => {
    const { tcp, db } = await at(tnsListener(refusing(12516)));
    await expect(db.query(sql`select 1 from dual`, run())).rejects.toMatchObject({ fault: "exhausted" });
    await pause(500);
    expect(tcp.accepted()).toBeLessThanOrEqual(2);
  });
});

describe("2: a log-on that is not answered has no end", () => {
  test("naive", async () => {
    const { tcp, connectString } = await at(tnsListener(accepting()));
    const opening = oracledb.getConnection({ ...LOGIN, connectString, transportConnectTimeout: 1 } as object);
    opening.catch(() => {});
    expect(await Promise.race([opening, pause(1_500)])).toBe("pending");
    await tcp.close();
    await opening.catch(() => {});
  });

  test("ours", async () => {
    const { db, tcp } = await at(tnsListener(accepting()), { connectTimeoutMs: 300 });
    await expect(db.query(sql`select 1 from dual`, run())).rejects.toMatchObject({ fault: "connection" });
    await eventually("its socket is closed", () => tcp.connected() === 0, 2_000);
  });
});

test("3: a call timeout at a server that does not answer its break: deadline and grace hold all the same", async () => {
  const { database, connections, deafen } = oracleScene();
  deafen();
  const startedAt = runtime.monotonicMs();
  await expect(database.query(sql`select 1 from dual`, run({ deadlineMs: 200 }))).rejects.toMatchObject({
    fault: "timeout",
  });
  expect(runtime.monotonicMs() - startedAt).toBeLessThan(200 + GRACE_MS + 1_000);
  expect(connections[0]?.ended).toBe("cut");
});

describe("4: what is being opened is not counted", () => {
  test("naive", async () => {
    const { tcp, pool } = await at(silentServer());
    const naive = await pool({ poolMin: 0, poolMax: 1 });
    const opening = naive.getConnection();
    opening.catch(() => {});
    await eventually("it connects", () => tcp.connected() === 1);
    expect([naive.connectionsInUse, naive.getStatistics()]).toEqual([0, null]);
    await tcp.close();
    await opening.catch(() => {});
  });

  test("ours", async () => {
    const { tcp, db } = await at(silentServer(), { connectTimeoutMs: 500 });
    const opening = db.query(sql`select 1 from dual`, run());
    opening.catch(() => {});
    await eventually("it connects", () => tcp.connected() === 1);
    expect(db.pool()).toMatchObject({ checkedOut: 1, checkedIn: 0 });
    await opening.catch(() => {});
  });
});
