/** Statements that are stopped, and a server in every kind of trouble: everything ends, in time and as what it is. */
import { describe, expect, test } from "vitest";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { sql } from "../../lib/database/sql.ts";
import { because } from "../support/because.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { GRACE_MS, postgresScene, runtime, tookMs } from "../support/postgres-scene.ts";
import { eventually } from "../support/processes.ts";
import { abortAtRandom } from "../support/random-aborts.ts";
import { proxyTo, silentServer, slammingServer } from "../support/tcp.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);

describe.skipIf(postgresUnavailable() !== undefined)(
  `a server in trouble: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, behind, seen } = postgresScene({ max_connections: "12" });

    test("a cancelled statement has ended at the server when it settles, and its connection is used again", async () => {
      const db = database({ applicationName: "cancel", poolSize: 1, maxOverflow: 0 });
      const controller = new AbortController();
      const running = db.query(sql`select pg_sleep(9)`, run({ signal: controller.signal }));
      running.catch(() => {});
      await eventually(
        "it runs",
        async () => (await seen("cancel", "query like '%pg_sleep%' and state = 'active'")) === 1,
      );
      controller.abort();
      expect(await tookMs(running)).toBeLessThan(GRACE_MS);
      await expect(running).rejects.toMatchObject({ fault: "cancelled", vendorCode: "57014" });
      expect(await seen("cancel", "state = 'active'")).toBe(0);
      expect(db.pool().checkedIn).toBe(1);
    });

    test("a hundred cancels at random moments never hit another statement nor strand a connection", async () => {
      const db = database({ poolSize: 2, maxOverflow: 0 });
      await abortAtRandom(db, { sleepMs: 5, withinMs: 23 });
    });

    test("an aborted statement whose server cannot be reached for the cancel ends with its connection", async () => {
      const { url, tcp } = await behind(proxyTo(server().port));
      const db = database({}, {}, url);
      const controller = new AbortController();
      const running = db.query(sql`select pg_sleep(9)`, run({ signal: controller.signal }));
      running.catch(() => {});
      await eventually("it runs", async () => (await seen(SETTINGS.applicationName, "query like '%pg_sleep%'")) > 0);
      tcp.refuse();
      controller.abort();
      const ms = await tookMs(running);
      await expect(running).rejects.toMatchObject({ fault: "cancelled" });
      expect(ms).toBeGreaterThanOrEqual(GRACE_MS - 5);
      expect(ms).toBeLessThan(GRACE_MS + 1_000);
    });

    test("one that fails in the midst of its rows leaves no holes in those of the next", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      const failing = sql`select i, 1 / (4 - i) as boom from generate_series(1, 10) i`;
      const good = sql`select i from generate_series(1, 3) i`;
      const rows = [{ i: 1 }, { i: 2 }, { i: 3 }];
      const fails = () => expect(db.query(failing, run())).rejects.toMatchObject({ vendorCode: "22012" });
      await fails();
      expect(await db.query(good, run())).toEqual(rows);
      const inTransaction = db.transaction(run(), {}, async (tx) => {
        await tx.query(sql`savepoint before`);
        await tx.query(failing).catch(() => {});
        await tx.query(sql`rollback to before`);
        return tx.query(good);
      });
      expect(await inTransaction).toEqual(rows);
      await fails();
      const batches: unknown[] = [];
      await db.stream(good, run(), 2, async (batch) => batches.push(batch) > 0);
      expect(batches).toEqual([rows.slice(0, 2), rows.slice(2)]);
    });

    test("a statement is not sent after startBy even when the way to it was slow", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      await db.query(sql`create table if not exists tardy (id int)`, run());
      server().pause();
      // Another deadline than before: the session's timeout is set first, and that takes until after startBy.
      const late = db.query(sql`insert into tardy values (1)`, run({ deadlineMs: 5_000, startWithinMs: 50 }));
      late.catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      server().resume();
      await expect(late).rejects.toMatchObject({ fault: "exhausted" });
      expect(await db.query(sql`select count(*) as n from tardy`, run())).toEqual([{ n: 0 }]);
    });

    test("a statement is not sent for a caller that left on the way to it", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      await db.query(sql`create table if not exists left_early (id int)`, run());
      const controller = new AbortController();
      // Another deadline than before: a cancel hits the setting of the session's timeout, or nothing.
      const left = db.query(
        sql`insert into left_early values (1)`,
        run({ deadlineMs: 5_000, signal: controller.signal }),
      );
      controller.abort();
      await expect(left).rejects.toMatchObject({ fault: "cancelled" });
      expect(await db.query(sql`select * from left_early`, run())).toEqual([]);
    });

    test("a frozen server holds a statement no longer than deadline and grace, on old and new connections", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      await db.query(sql`select 1`, run());
      server().pause();
      const old = db.query(sql`select 1`, run({ deadlineMs: 200 }));
      expect(await tookMs(old)).toBeLessThan(200 + GRACE_MS + 1_000);
      await expect(old).rejects.toMatchObject({ fault: "timeout" });
      const fresh = db.query(sql`select 1`, run({ connectWithinMs: 300 }));
      expect(await tookMs(fresh)).toBeLessThan(300 + 1_000);
      await expect(fresh).rejects.toMatchObject({ fault: "connection" });
      expect(db.pool()).toMatchObject({ checkedOut: 0 });
      server().resume();
      expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
    });

    test("a server that accepts and hangs up is given up at once, and is left alone afterwards", async () => {
      const { url, tcp } = await behind(slammingServer());
      const db = database({ connectTimeoutMs: 3_000 }, {}, url);
      const asked = db.query(sql`select 1`, run());
      expect(await tookMs(asked)).toBeLessThan(1_000);
      await expect(asked).rejects.toMatchObject({ fault: "connection" });
      await new Promise((resolve) => setTimeout(resolve, 250));
      // The second is how it is noticed that the driver would go on; a third can be under way when it is stopped.
      expect(tcp.accepted()).toBeLessThanOrEqual(3);
    });

    test("a caller that gives up while connecting leaves no connection and no stranded place", async () => {
      const { url } = await behind(silentServer());
      const db = database({ poolSize: 1, maxOverflow: 0 }, {}, url);
      const asked = db.query(sql`select 1`, run({ signal: AbortSignal.timeout(50) }));
      await expect(asked).rejects.toMatchObject({ fault: "timeout" });
      expect(db.pool()).toMatchObject({ checkedOut: 0, waiting: 0 });
    });

    test("too many clients at the server is exhaustion, and passes", async () => {
      const crowd = database({ applicationName: "crowd", poolSize: 9, maxOverflow: 0 });
      const sleeps = Array.from({ length: 9 }, () => crowd.query(sql`select pg_sleep(1)`, run()));
      await eventually("the crowd is in", async () => (await seen("crowd", "state = 'active'")) === 9);
      const extra = database({}, {}, server().url.replace("tidegate:", "guest:"));
      await server()
        .query("create role guest login")
        .catch(() => {});
      await expect(extra.query(sql`select 1`, run())).rejects.toMatchObject({
        fault: "exhausted",
        vendorCode: "53300",
      });
      await Promise.all(sleeps);
      await crowd.close();
      await eventually("there is room again", () =>
        extra.query(sql`select 1`, run()).then(
          () => true,
          () => false,
        ),
      );
    });

    test("a terminated backend fails its own statement only", async () => {
      const db = database({ applicationName: "victim", poolSize: 1, maxOverflow: 0 });
      const running = db.query(sql`select pg_sleep(9)`, run());
      running.catch(() => {});
      await eventually(
        "it runs",
        async () => (await seen("victim", "state = 'active' and query like '%sleep%'")) === 1,
      );
      await server().query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'");
      await expect(running).rejects.toMatchObject({ fault: "connection" });
      expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
    });

    test("a server that stops, is gone and comes back: connection errors, then rows, with no restart of ours", async () => {
      const db = database();
      const running = db.query(sql`select pg_sleep(9)`, run());
      running.catch(() => {});
      await eventually("it runs", async () => (await seen(SETTINGS.applicationName, "query like '%sleep%'")) > 0);
      await server().stop();
      await expect(running).rejects.toMatchObject({ fault: "connection" });
      await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({
        fault: "connection",
        vendorCode: "ECONNREFUSED",
      });
      await server().start();
      expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
      await server().kill();
      await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({ fault: "connection" });
      await server().start();
      expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
    });
  },
);

describe.skipIf(postgresUnavailable() !== undefined)(`authentication${because(postgresUnavailable())}`, () => {
  test("a wrong password is a connection error that names nobody", async () => {
    const server = await startPostgres({ password: true });
    try {
      const db = postgres(server.url.replace("tide-secret", "wrong")).open(SETTINGS, runtime);
      const error = await db.query(sql`select 1`, run()).catch((caught: unknown) => caught as Error);
      expect(error).toMatchObject({
        fault: "connection",
        vendorCode: "28P01",
        message: "The database could not be reached.",
      });
      await db.close();
      const right = postgres(server.url).open(SETTINGS, runtime);
      expect(await right.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
      await right.close();
    } finally {
      await server.dispose();
    }
  });
});
