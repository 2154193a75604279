/** Statements on connections to an Oracle: how they are sent, stopped and ended, and what becomes of the connection. */
import { describe, expect, test } from "vitest";
import { list, sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "../support/execution.ts";
import { GRACE_MS, type OracleScene, oracleScene, runtime, vendorError } from "../support/oracle-scene.ts";
import { eventually } from "../support/processes.ts";
import { standStill } from "../support/standing-still.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const ONE = { poolSize: 1, maxOverflow: 0 };
const QUESTION = sql`select 1 as v from dual`;

const statement = ({ connections }: OracleScene, index = 0) =>
  eventually("a statement runs", () => connections[index]?.running, 2_000);

/** Answers everything at once, from now on. */
function answering({ connections }: OracleScene): () => void {
  const timer = setInterval(() => {
    for (const each of connections) each.running?.finish([{ v: 1 }]);
  }, 2);
  return () => clearInterval(timer);
}

describe("what is sent", () => {
  test("text with numbered places, and values as binds", async () => {
    const scene = oracleScene();
    const asked = scene.database.query(
      sql`select * from lots where id in (${list(["a", "b"])}) and open = ${true}`,
      run(),
    );
    const running = await statement(scene);
    expect(running).toMatchObject({
      text: "select * from lots where id in (:1, :2) and open = :3",
      binds: ["a", "b", 1],
    });
    running.finish([{ id: "a" }]);
    expect(await asked).toEqual([{ id: "a" }]);
  });

  test("a ping is the cheapest question, in its own lane when the pool is full", async () => {
    const scene = oracleScene(ONE);
    const busy = scene.database.query(QUESTION, run());
    const running = await statement(scene);
    const ping = scene.database.ping(run({ lane: "health" }));
    const pinged = await statement(scene, 1);
    expect(pinged.text).toBe("select 1 from dual");
    pinged.finish();
    await ping;
    running.finish();
    await busy;
    expect(scene.connections).toHaveLength(2);
  });

  test("nothing after startBy, nor a value that SQL cannot hold, nor on a connection known to be broken", async () => {
    const scene = oracleScene(ONE);
    await expect(scene.database.query(QUESTION, run({ startWithinMs: 0 }))).rejects.toMatchObject({
      fault: "exhausted",
    });
    await expect(scene.database.query(sql`select ${[1]} from dual`, run())).rejects.toMatchObject({
      fault: "statement",
      message: expect.stringContaining("use list(values)"),
    });
    const [first] = scene.connections;
    if (first !== undefined) first.healthy = false;
    const asked = scene.database.query(QUESTION, run());
    (await statement(scene, 1)).finish();
    await asked;
    expect(scene.connections.map(({ ended }) => ended)).toEqual(["cut", undefined]);
  });

  test("to at most as many connections as the lane has, in the order of arrival", async () => {
    const scene = oracleScene({ poolSize: 2, maxOverflow: 0 });
    const asked = Array.from({ length: 20 }, () => scene.database.query(QUESTION, run()));
    expect(scene.database.pool()).toMatchObject({ checkedOut: 2, waiting: 18 });
    const stop = answering(scene);
    await Promise.all(asked);
    stop();
    expect(scene.connections).toHaveLength(2);
    expect(scene.database.pool()).toMatchObject({ checkedOut: 0, checkedIn: 2, waiting: 0 });
  });
});

describe("a statement that must not go on", () => {
  test("is interrupted at its deadline, and its connection serves the next", async () => {
    const scene = oracleScene(ONE);
    const asked = scene.database.query(QUESTION, run({ deadlineMs: 100 }));
    await expect(asked).rejects.toMatchObject({ fault: "timeout", vendorCode: "ORA-01013" });
    expect(scene.connections).toMatchObject([{ interrupts: 1, ended: undefined }]);
    const next = scene.database.query(QUESTION, run());
    (await statement(scene)).finish();
    await next;
    expect(scene.connections).toHaveLength(1);
  });

  test("is interrupted when its caller gives up", async () => {
    const scene = oracleScene(ONE);
    const controller = new AbortController();
    const asked = scene.database.query(QUESTION, run({ signal: controller.signal }));
    await statement(scene);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ fault: "cancelled", vendorCode: "ORA-01013" });
    expect(scene.connections).toMatchObject([{ interrupts: 1, ended: undefined }]);
  });

  test("holds its place until its connection is cut, grace after the deadline, when nobody answers", async () => {
    const scene = oracleScene(ONE);
    scene.deafen();
    const startedAt = runtime.monotonicMs();
    const asked = scene.database.query(QUESTION, run({ deadlineMs: 100 }));
    asked.catch(() => {});
    await eventually("it was interrupted", () => scene.connections[0]?.interrupts === 1);
    expect(scene.database.pool().checkedOut).toBe(1);
    await expect(asked).rejects.toMatchObject({ fault: "timeout" });
    const ms = runtime.monotonicMs() - startedAt;
    expect(ms).toBeGreaterThanOrEqual(100 + GRACE_MS - 5);
    expect(ms).toBeLessThan(100 + GRACE_MS + 500);
    expect(scene.connections).toMatchObject([{ ended: "cut" }]);
    expect(scene.database.pool()).toMatchObject({ checkedOut: 0, checkedIn: 0 });
  });

  test("whose answer has come while the process stood still beyond its deadline is answered, and not interrupted", async () => {
    const scene = oracleScene(ONE);
    const asked = scene.database.query(QUESTION, run({ deadlineMs: 100 }));
    const running = await statement(scene);
    // As by a socket, which is read when the timers have had their turn.
    setTimeout(() => setImmediate(() => running.finish([{ v: 1 }])), 50);
    await standStill(300);
    expect(await asked).toEqual([{ v: 1 }]);
    expect(scene.connections).toMatchObject([{ interrupts: 0, ended: undefined }]);
  });

  test("that ends by itself while it is interrupted keeps its rows, and its connection is not used again", async () => {
    const scene = oracleScene(ONE);
    scene.deafen();
    const controller = new AbortController();
    const asked = scene.database.query(QUESTION, run({ signal: controller.signal }));
    const running = await statement(scene);
    controller.abort();
    await eventually("it was interrupted", () => scene.connections[0]?.interrupts === 1);
    running.finish([{ v: 1 }]);
    expect(await asked).toEqual([{ v: 1 }]);
    expect(scene.connections).toMatchObject([{ ended: "cut" }]);
  });

  test("and has ended already is not interrupted: that would hit the next", async () => {
    const scene = oracleScene(ONE);
    const controller = new AbortController();
    const asked = scene.database.query(QUESTION, run({ signal: controller.signal }));
    const running = await statement(scene);
    running.finish();
    controller.abort();
    await asked;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(scene.connections).toMatchObject([{ interrupts: 0, ended: undefined }]);
  });

  test("is ended as cancelled when the database is closed and the grace of that is over", async () => {
    const scene = oracleScene();
    scene.deafen();
    const asked = scene.database.query(QUESTION, run());
    asked.catch(() => {});
    await statement(scene);
    await scene.database.close(50);
    await expect(asked).rejects.toMatchObject({ fault: "cancelled" });
    expect(scene.connections).toMatchObject([{ ended: "cut" }]);
    await expect(scene.database.query(QUESTION, run())).rejects.toMatchObject({ fault: "cancelled" });
  });
});

describe("a connection", () => {
  test("whose session was changed, or that was left in a transaction, is closed before its place is free", async () => {
    const scene = oracleScene(ONE);
    const altered = scene.database.query(sql` ALTER session set nls_sort = binary`, run());
    (await statement(scene)).finish();
    await altered;
    const locking = scene.database.query(sql`select 1 from lots for update`, run());
    const running = await statement(scene, 1);
    if (scene.connections[1] !== undefined) scene.connections[1].inTransaction = true;
    running.finish();
    await locking;
    expect(scene.connections.map(({ ended }) => ended)).toEqual(["cut", "closed"]);
  });

  test("that broke in mid-statement fails that statement alone", async () => {
    const scene = oracleScene(ONE);
    const asked = scene.database.query(QUESTION, run());
    (await statement(scene)).fail(vendorError("NJS-500", "connection was closed or broken"));
    await expect(asked).rejects.toMatchObject({ fault: "connection", vendorCode: "NJS-500" });
    const next = scene.database.query(QUESTION, run());
    (await statement(scene, 1)).finish();
    await next;
  });

  test("stays in use after a statement's own fault", async () => {
    const scene = oracleScene(ONE);
    const asked = scene.database.query(QUESTION, run());
    (await statement(scene)).fail(vendorError("ORA-00942", "table or view does not exist"));
    await expect(asked).rejects.toMatchObject({ fault: "statement", code: "DB_QUERY_ERROR", vendorCode: "ORA-00942" });
    const next = scene.database.query(QUESTION, run());
    (await statement(scene)).finish();
    await next;
    expect(scene.connections).toHaveLength(1);
  });

  test("beyond the steady ones is closed when idle, each at its age, with a goodbye", async () => {
    const scene = oracleScene({ poolSize: 1, maxOverflow: 1, poolRecycleMs: 300 }, { overflowIdleMs: 50 });
    const both = [1, 2].map(() => scene.database.query(QUESTION, run()));
    await statement(scene, 1);
    expect(scene.database.pool()).toMatchObject({ overflow: 1 });
    for (const each of scene.connections) each.running?.finish();
    await Promise.all(both);
    const closed = () => scene.connections.filter(({ ended }) => ended === "closed").length;
    await eventually("overflow is closed", () => closed() === 1, 250);
    expect(scene.database.pool()).toMatchObject({ checkedIn: 1, overflow: 0 });
    await eventually("the steady one is closed at its age", () => closed() === 2, 1_000);
    expect(scene.database.pool()).toMatchObject({ checkedIn: 0, overflow: 0 });
  });

  test("whose server answers no goodbye is cut after a second", async () => {
    const scene = oracleScene(ONE);
    const asked = scene.database.query(QUESTION, run());
    (await statement(scene)).finish();
    await asked;
    scene.deafen();
    const startedAt = runtime.monotonicMs();
    await scene.database.close();
    expect(runtime.monotonicMs() - startedAt).toBeGreaterThan(900);
    expect(runtime.monotonicMs() - startedAt).toBeLessThan(1_500);
    expect(scene.connections).toMatchObject([{ ended: "cut" }]);
  });
});
