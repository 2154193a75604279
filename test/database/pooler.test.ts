/** Behind a real PgBouncer in transaction mode: the promises of the driver, and nothing left on a shared session. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Statement, sql } from "../../lib/database/sql.ts";
import { poolerScene, poolerUnavailable } from "../support/pooler-scene.ts";
import { GRACE_MS, tookMs } from "../support/postgres-scene.ts";
import { eventually } from "../support/processes.ts";
import { abortAtRandom } from "../support/random-aborts.ts";
import { proxyKeeping } from "../support/tcp.ts";

const TIMEOUT = sql`select setting::int as ms from pg_settings where name = 'statement_timeout'`;
const PID = sql`select pg_backend_pid() as pid`;
const worded = (text: string): Statement => sql(Object.assign([text], { raw: [text] }) as never);

describe.skipIf(poolerUnavailable() !== undefined)(
  `behind a pooler: ${poolerUnavailable() ?? "PgBouncer found"}`,
  () => {
    // One session for all: what one client leaves there the next one finds.
    const { server, bouncer, run, pooled, seen, behind } = poolerScene({ default_pool_size: "1" });
    const notes = async () => (await server().query("select n from notes order by n")).map(({ n }) => n);
    const backend = async () => (await bouncer().query("select pg_backend_pid() as pid"))[0]?.pid;

    beforeEach(async () => {
      await server().query("drop table if exists notes; create table notes (n int primary key)");
    });

    test("a statement has its deadline at the server, whoever comes next has none", async () => {
      const db = pooled("bounded");
      for (const deadlineMs of [4_321, 1_234]) {
        const [told] = await db.query<{ ms: number }>(TIMEOUT, run({ deadlineMs }));
        expect(told?.ms).toBeGreaterThan(deadlineMs - 1_000);
        expect(told?.ms).toBeLessThanOrEqual(deadlineMs);
        expect(await bouncer().query("select current_setting('statement_timeout') as t")).toEqual([{ t: "0" }]);
      }
      expect(await db.query(PID, run())).toEqual([{ pid: await backend() }]);
    });

    test("a statement that is slower ends there at its deadline, and the session goes on", async () => {
      const db = pooled("slower");
      const pid = await backend();
      const slow = db.query(sql`select pg_sleep(9)`, run({ deadlineMs: 200 }));
      expect(await tookMs(slow)).toBeLessThan(200 + GRACE_MS);
      await expect(slow).rejects.toMatchObject({ fault: "timeout" });
      expect(await seen("slower", "state <> 'idle'")).toBe(0);
      expect(await backend()).toBe(pid);
      expect(db.pool().checkedIn).toBe(1);
    });

    test("nothing is prepared, and binds of every kind arrive", async () => {
      const db = pooled("unprepared");
      for (let index = 0; index < 3; index += 1) {
        const asked = db.query(sql`select ${index}::int as n, ${"it's"} || '' as t, ${null}::text as nothing`, run());
        expect(await asked).toEqual([{ n: index, t: "it's", nothing: null }]);
      }
      expect(await bouncer().query("select count(*)::int as n from pg_prepared_statements")).toEqual([{ n: 0 }]);
    });

    test("a startup parameter would not get past it", async () => {
      const db = pooled("direct", { pooler: "none" });
      await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({ fault: "connection", vendorCode: "08P01" });
    });

    test.each(["set work_mem = '99MB'", "prepare stale as select 1", "listen lots", "load 'auto_explain'"])(
      "%s is refused, and nothing of it is left to the next client",
      async (text) => {
        const db = pooled("sessions");
        await expect(db.query(worded(text), run())).rejects.toMatchObject({
          fault: "statement",
          message: /a session that others get/,
        });
        const left = await bouncer().query(
          "select current_setting('work_mem') as mem, (select count(*)::int from pg_prepared_statements) as prepared, " +
            "(select count(*)::int from pg_listening_channels()) as listening",
        );
        expect(left).toEqual([{ mem: "4MB", prepared: 0, listening: 0 }]);
        expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
      },
    );

    test("set local is what a transaction may say", async () => {
      const mem = await pooled("local").transaction(run(), {}, async (tx) => {
        await tx.query(sql`set local work_mem = '77MB'`);
        return tx.query(sql`select current_setting('work_mem') as mem`);
      });
      expect(mem).toEqual([{ mem: "77MB" }]);
      expect(await bouncer().query("select current_setting('work_mem') as mem")).toEqual([{ mem: "4MB" }]);
    });

    test("a transaction is one at the server: kept, rolled back on a throw, and at its deadline", async () => {
      const db = pooled("transactions");
      const insert = (n: number, then: () => Promise<unknown>, deadlineMs?: number) =>
        db.transaction(run(deadlineMs === undefined ? {} : { deadlineMs }), {}, async (tx) => {
          await tx.query(sql`insert into notes values (${n})`);
          await then();
        });
      await insert(1, async () => {});
      await expect(insert(2, () => Promise.reject(new RangeError("no")))).rejects.toThrow("no");
      await expect(insert(3, () => new Promise(() => {}), 200)).rejects.toMatchObject({ fault: "timeout" });
      expect(await notes()).toEqual([1]);
      expect(await seen("transactions", "state like 'idle in transaction%'")).toBe(0);
    });

    test("commit and begin by themselves are refused", async () => {
      const db = pooled("control");
      await expect(db.query(sql`commit`, run())).rejects.toMatchObject({ fault: "statement" });
      await expect(db.query(sql`begin`, run())).rejects.toMatchObject({ fault: "statement" });
      expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
    });

    test("a statement that fails is rolled back as the statement's fault", async () => {
      const db = pooled("failing");
      await db.query(sql`insert into notes values (1)`, run());
      await expect(db.query(sql`insert into notes values (1)`, run())).rejects.toMatchObject({
        fault: "statement",
        vendorCode: "23505",
      });
      expect(await seen("failing", "state like 'idle in transaction%'")).toBe(0);
      expect(db.pool().checkedIn).toBe(1);
    });

    test("a stream reads a batch at a time, and leaves the session when it is left", async () => {
      const db = pooled("streams");
      let rows = 0;
      const asked = sql`select generate_series(1, 10000) as n`;
      await db.stream(asked, run(), 1_000, async (batch) => {
        rows += batch.length;
        return rows < 5_000;
      });
      expect(rows).toBe(5_000);
      expect(await seen("streams", "state like 'idle in transaction%'")).toBe(0);
      expect(db.pool().checkedIn).toBe(1);
    });

    test("an abort cancels at the server, and the session goes on", async () => {
      const db = pooled("aborts");
      const pid = await backend();
      const controller = new AbortController();
      const running = db.query(sql`select pg_sleep(9)`, run({ signal: controller.signal }));
      running.catch(() => {});
      await eventually("it runs", async () => (await seen("aborts", "query like '%pg_sleep%'")) === 1);
      controller.abort();
      expect(await tookMs(running)).toBeLessThan(GRACE_MS);
      await expect(running).rejects.toMatchObject({ fault: "cancelled" });
      expect(await backend()).toBe(pid);
      expect(db.pool().checkedIn).toBe(1);
    });

    test("where a cancel may still be on its way, the session is not handed on", async () => {
      // The first is the connection, the second the cancel request.
      const { tcp, letGo } = await proxyKeeping(2, bouncer().port);
      const { url } = await behind(Promise.resolve(tcp));
      const db = pooled("late", {}, url);
      const pid = await backend();
      const controller = new AbortController();
      const first = db.query(
        sql`with slept as (select pg_sleep(0.2)) insert into notes select 1 from slept`,
        run({ signal: controller.signal }),
      );
      first.catch(() => {});
      await eventually("it runs", async () => (await seen("late", "query like '%pg_sleep%'")) > 0);
      controller.abort();
      await expect(first).rejects.toMatchObject({ fault: "cancelled" });
      const next = bouncer().query("select pg_sleep(0.3), pg_backend_pid() as pid");
      letGo();
      expect((await next)[0]?.pid).not.toBe(pid);
      expect(await notes()).toEqual([]);
    });

    test("a hundred aborts at random moments hit nobody else's statement and strand nothing", async () => {
      const db = pooled("random", { poolSize: 3 });
      await abortAtRandom(db, { sleepMs: 4, withinMs: 31 });
    });
  },
);
