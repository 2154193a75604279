/** A PgBouncer that is full, gone, frozen, or without its server: everything ends, in time and as what it is. */
import { describe, expect, test } from "vitest";
import { type Statement, sql } from "../../lib/database/sql.ts";
import { poolerScene, poolerUnavailable } from "../support/pooler-scene.ts";
import { GRACE_MS, tookMs } from "../support/postgres-scene.ts";
import { eventually } from "../support/processes.ts";

const exhausted = { fault: "exhausted", code: "DB_POOL_EXHAUSTED" };
const unavailable = poolerUnavailable();

describe.skipIf(unavailable !== undefined)(`a full pooler: ${unavailable ?? "PgBouncer found"}`, () => {
  const { server, run, pooled, occupied, waiting } = poolerScene({ default_pool_size: "1" });

  test("the wait in its line is a wait for a connection, on old connections and new ones", async () => {
    const [old, fresh] = [pooled("old"), pooled("fresh")];
    await old.query(sql`select 1`, run());
    const end = await occupied(pooled("holder"));
    for (const db of [old, fresh]) {
      const asked = db.query(sql`select 1`, run({ connectWithinMs: 600 }));
      const ms = await tookMs(asked);
      await expect(asked).rejects.toMatchObject(exhausted);
      expect(ms).toBeGreaterThanOrEqual(550);
      expect(ms).toBeLessThan(600 + 1_000);
      expect(db.pool().checkedOut).toBe(0);
    }
    await end();
    for (const db of [old, fresh]) expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
  });

  test("what waited in vain is not done later", async () => {
    await server().query("drop table if exists notes; create table notes (n int)");
    const db = pooled("vain");
    await db.query(sql`select 1`, run());
    const end = await occupied(pooled("holder"));
    await expect(db.query(sql`insert into notes values (1)`, run({ startWithinMs: 100 }))).rejects.toMatchObject(
      exhausted,
    );
    const writing = db.transaction(run({ connectWithinMs: 600 }), {}, (tx) =>
      tx.query(sql`insert into notes values (2)`),
    );
    await expect(writing).rejects.toMatchObject(exhausted);
    await end();
    await pooled("after").query(sql`insert into notes values (3)`, run());
    expect(await server().query("select n from notes")).toEqual([{ n: 3 }]);
  });

  test("who gives up in its line, or has no time left, is told so at once", async () => {
    const db = pooled("leaving");
    await db.query(sql`select 1`, run());
    const end = await occupied(pooled("holder"));
    const controller = new AbortController();
    const left = db.query(sql`select 1`, run({ signal: controller.signal }));
    left.catch(() => {});
    await waiting(1);
    controller.abort();
    expect(await tookMs(left)).toBeLessThan(GRACE_MS);
    await expect(left).rejects.toMatchObject({ fault: "cancelled" });
    const late = pooled("late");
    await expect(late.query(sql`select 1`, run({ signal: AbortSignal.timeout(200) }))).rejects.toMatchObject({
      fault: "timeout",
    });
    await end();
    expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
  });

  test("twenty clients share its one session, in turn", async () => {
    const db = pooled("many", { poolSize: 20 });
    const all = Array.from({ length: 200 }, (_, n) => db.query(sql`select ${n}::int as n`, run()));
    expect((await Promise.all(all)).flat()).toEqual(Array.from({ length: 200 }, (_, n) => ({ n })));
  });
});

describe.skipIf(unavailable !== undefined)(`an impatient pooler: ${unavailable ?? "PgBouncer found"}`, () => {
  const { bouncer, run, pooled, occupied } = poolerScene({
    default_pool_size: "1",
    query_wait_timeout: "1",
    max_client_conn: "4",
  });

  test("its query_wait_timeout is exhaustion, on old connections and new ones", async () => {
    const [old, fresh] = [pooled("old"), pooled("fresh")];
    await old.query(sql`select 1`, run());
    const end = await occupied(pooled("holder"));
    for (const db of [old, fresh]) {
      await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({ ...exhausted, vendorCode: "08P01" });
    }
    await end();
    for (const db of [old, fresh]) expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
  });

  test("its max_client_conn is exhaustion, and passes", async () => {
    const crowd = pooled("crowd", { poolSize: 4 });
    const end = await Promise.all(Array.from({ length: 1 }, () => occupied(crowd)));
    const others = Array.from({ length: 3 }, () => crowd.query(sql`select 1`, run()).catch(() => {}));
    await eventually("the crowd is in", async () => crowd.pool().checkedOut === 4);
    const extra = pooled("extra");
    await eventually("there is no room", async () => {
      const error = await extra.query(sql`select 1`, run({ connectWithinMs: 100 })).catch((caught: unknown) => caught);
      expect(error).toMatchObject(exhausted);
      return String((error as { vendorError(): unknown }).vendorError()).includes("no more connections allowed");
    });
    for (const each of end) await each();
    await Promise.all(others);
    await crowd.close();
    await eventually("there is room again", () =>
      extra.query(sql`select 1`, run()).then(
        () => true,
        () => false,
      ),
    );
    expect(await bouncer().query("select 1 as v")).toEqual([{ v: 1 }]);
  });
});

describe.skipIf(unavailable !== undefined)(`a pooler in trouble: ${unavailable ?? "PgBouncer found"}`, () => {
  const { server, bouncer, run, pooled, seen } = poolerScene();
  const lost = { fault: "connection", code: "DB_CONNECTION_FAILED" };
  const answers = (db: ReturnType<typeof pooled>) =>
    eventually("it answers again", () =>
      db.query(sql`select 1 as v`, run()).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject(lost);
          return false;
        },
      ),
    );

  test("killed, gone and back: connection errors, then rows, with no restart of ours", async () => {
    const db = pooled("killed");
    const running = db.query(sql`select pg_sleep(9)`, run());
    running.catch(() => {});
    await eventually("it runs", async () => (await seen("killed", "query like '%pg_sleep%'")) > 0);
    await bouncer().kill();
    await expect(running).rejects.toMatchObject(lost);
    await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({ ...lost, vendorCode: "ECONNREFUSED" });
    await bouncer().start();
    expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
  });

  test("a backend that is terminated fails its own statement only", async () => {
    const db = pooled("victim");
    const running = db.query(sql`select pg_sleep(9)`, run());
    running.catch(() => {});
    await eventually("it runs", async () => (await seen("victim", "query like '%pg_sleep%'")) > 0);
    await server().query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'");
    await expect(running).rejects.toMatchObject(lost);
    expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
  });

  test("a server that is gone behind it is no exhaustion, and comes back", async () => {
    const db = pooled("orphan");
    await db.query(sql`select 1`, run());
    await server().stop();
    // The first is what it notices by; from then on it says so.
    await db.query(sql`select 1`, run({ connectWithinMs: 500 })).catch(() => {});
    await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({ ...lost, vendorCode: "08P01" });
    await server().start();
    await answers(db);
  });

  test("frozen, it holds a statement no longer than deadline and grace", async () => {
    const db = pooled("frozen");
    await db.query(sql`select 1`, run());
    bouncer().pause();
    const old = db.query(sql`select 1`, run({ deadlineMs: 200 }));
    expect(await tookMs(old)).toBeLessThan(200 + GRACE_MS + 1_000);
    await expect(old).rejects.toMatchObject({ fault: "timeout" });
    const fresh = db.query(sql`select 1`, run({ connectWithinMs: 300 }));
    expect(await tookMs(fresh)).toBeLessThan(500 + 1_000);
    await expect(fresh).rejects.toMatchObject(lost);
    bouncer().resume();
    expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
  });

  test("a server that is frozen behind it holds nobody beyond deadline and grace, and serves all when it is back", async () => {
    const db = pooled("thaw", { poolSize: 10 });
    const all = (text: Statement, conditions: Parameters<typeof run>[0] = {}) =>
      Promise.allSettled(Array.from({ length: 10 }, () => db.query(text, run(conditions))));
    // Long enough for each to need a connection of its own, so that all of them are there.
    await all(sql`select pg_sleep(0.3)`);
    const running = all(sql`select pg_sleep(9)`, { deadlineMs: 3_000 });
    await eventually("they run", async () => (await seen("thaw", "query like '%pg_sleep%'")) === 10);
    server().pause();
    expect(await tookMs(running)).toBeLessThan(3_000 + GRACE_MS + 1_000);
    expect((await running).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => "rejected"));
    expect(await tookMs(all(sql`select 1`, { connectWithinMs: 500 }))).toBeLessThan(500 + 1_000);
    server().resume();
    const resumedAt = performance.now();
    await eventually("all are served", async () => {
      const outcomes = await all(sql`select 1`, { connectWithinMs: 1_000 });
      return outcomes.every(({ status }) => status === "fulfilled");
    });
    expect(performance.now() - resumedAt).toBeLessThan(5_000);
  });

  test("fifty who leave at once, running or in line, leave nothing running, and a pooler that works", async () => {
    const db = pooled("leavers", { poolSize: 50 });
    const leaving = new AbortController();
    const all = Array.from({ length: 50 }, () => db.query(sql`select pg_sleep(9)`, run({ signal: leaving.signal })));
    const settled = Promise.allSettled(all);
    await eventually("as many run as can", async () => (await seen("leavers", "query like '%pg_sleep%'")) === 20);
    leaving.abort();
    expect(await tookMs(settled)).toBeLessThan(3_000);
    await eventually("none runs", async () => (await seen("leavers", "state <> 'idle'")) === 0, 3_000);
    expect(db.pool()).toMatchObject({ checkedOut: 0, waiting: 0 });
    const after = Array.from({ length: 50 }, (_, n) => db.query(sql`select ${n}::int as n`, run()));
    expect((await Promise.all(after)).flat()).toHaveLength(50);
  });

  test("a role's connection limit behind it is exhaustion", async () => {
    await server().query("create role guest login connection limit 0");
    const guest = pooled("guest", {}, bouncer().url.replace("tidegate:", "guest:"));
    await expect(guest.query(sql`select 1`, run())).rejects.toMatchObject({ ...exhausted, vendorCode: "08P01" });
  });
});
