import { describe, expect, test, vi } from "vitest";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { postgresScene, runtime, tookMs } from "../support/postgres-scene.ts";
import { eventually } from "../support/processes.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);

describe.skipIf(postgresUnavailable() !== undefined)(
  `a server in order: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, seen } = postgresScene({});

    test("opening connects to nothing, closing leaves nothing behind", async () => {
      const db = database({ applicationName: "lazy" });
      expect(await seen("lazy")).toBe(0);
      await db.query(sql`select 1`, run());
      expect(await seen("lazy")).toBe(1);
      await db.close();
      await eventually("no connection is left", async () => (await seen("lazy")) === 0);
      await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({ fault: "cancelled" });
    });

    test("a caller who does not wait gets a connection opened, and none that another holds", async () => {
      const db = database({ applicationName: "impatient", poolSize: 1, maxOverflow: 0 });
      const held = db.query(sql`select pg_sleep(0.3)`, run({ connectWithinMs: 0 }));
      await expect(db.query(sql`select 1`, run({ connectWithinMs: 0 }))).rejects.toMatchObject({ fault: "exhausted" });
      await held;
    });

    test("each lane has connections of its own, at most as many as it may have", async () => {
      const db = database({
        applicationName: "lanes",
        poolSize: 2,
        maxOverflow: 1,
        slowMaxConcurrent: 1,
        healthPoolSize: 1,
      });
      const sleeps = [..."rrrrr"].map(() => db.query(sql`select pg_sleep(0.3)`, run()));
      const slow = [..."ss"].map(() => db.query(sql`select pg_sleep(0.3)`, run({ lane: "slow" })));
      expect(db.pool()).toEqual({ size: 2, checkedOut: 3, checkedIn: 0, overflow: 0, maxCapacity: 3, waiting: 2 });
      let most = 0;
      await eventually("all lanes are full", async () => {
        most = Math.max(most, await seen("lanes", "state = 'active'"));
        return most >= 4;
      });
      // The pool being full does not keep a ping out.
      await db.ping(run({ lane: "health", connectWithinMs: 2_000 }));
      expect(db.pool()).toMatchObject({ overflow: 1 });
      await Promise.all([...sleeps, ...slow]);
      expect(await seen("lanes")).toBeLessThanOrEqual(5);
      expect(most).toBe(4);
    });

    test("the server's own timeout is always the deadline of the statement at hand", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      const shown = async (deadlineMs: number) => (await db.query(sql`show statement_timeout`, run({ deadlineMs })))[0];
      expect(await shown(9_999)).toEqual({ statement_timeout: "9999ms" });
      expect(await shown(1_234)).toEqual({ statement_timeout: "1234ms" });
      expect(await shown(8_765.4)).toEqual({ statement_timeout: "8766ms" });
      expect(await shown(8_765.4)).toEqual({ statement_timeout: "8766ms" });
    });

    test("a URL cannot loosen the server's timeout", async () => {
      const db = database({}, {}, `${server().url}?statement_timeout=0`);
      const rows = await db.query(sql`show statement_timeout`, run({ deadlineMs: 4_321 }));
      expect(rows).toEqual([{ statement_timeout: "4321ms" }]);
    });

    test("behind a transaction pooler every statement is a transaction with its own timeout and no named plan", async () => {
      const db = database({ pooler: "transaction", poolSize: 1, maxOverflow: 0 });
      await db.query(sql`create table if not exists pooled (id int)`, run());
      await db.query(sql`insert into pooled values (${1})`, run());
      await expect(db.query(sql`select 1/0`, run())).rejects.toMatchObject({ fault: "statement" });
      const rows = await db.query(
        sql`select current_setting('statement_timeout') as timeout,
                 (select count(*) from pg_prepared_statements) as plans,
                 (select count(*) from pooled) as rows`,
        run({ deadlineMs: 2_345 }),
      );
      expect(rows).toEqual([{ timeout: "2345ms", plans: 0, rows: 1 }]);
      expect(await seen(SETTINGS.applicationName, "state like 'idle in transaction%'")).toBe(0);
      await expect(db.query(sql`select pg_sleep(9)`, run({ deadlineMs: 100 }))).rejects.toMatchObject({
        fault: "timeout",
      });
    });

    test("the driver keeps nothing of a statement that failed", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      // Its map of statement texts -> where they came from is never emptied; all its keys are arrays.
      const kept = vi.spyOn(Map.prototype, "set");
      await expect(db.query(sql`select 1/0`, run())).rejects.toMatchObject({ vendorCode: "22012" });
      const keys = kept.mock.calls.map(([key]) => key);
      kept.mockRestore();
      expect(keys.filter((key) => Array.isArray(key))).toEqual([]);
    });

    test.each(["from stdin", "to stdout"])(
      "copy %s is refused, and its connection takes nobody with it",
      async (way) => {
        const db = database({ poolSize: 1, maxOverflow: 0 });
        await db.query(sql`create table if not exists lots as select id from generate_series(1, 100000) id`, run());
        const text = `copy lots ${way}`;
        const copy = sql(Object.assign([text], { raw: [text] }));
        await expect(db.query(copy, run())).rejects.toMatchObject({ fault: "statement" });
        expect(db.pool()).toMatchObject({ checkedOut: 0, checkedIn: 0 });
        await expect(db.transaction(run(), {}, (held) => held.query(copy))).rejects.toMatchObject({
          fault: "statement",
        });
        expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
      },
    );

    test("closing ends running statements after the grace, as cancelled", async () => {
      const db = database();
      const quick = db.query(sql`select pg_sleep(0.05)`, run());
      const long = db.query(sql`select pg_sleep(9)`, run());
      long.catch(() => {});
      expect(await tookMs(db.close(300))).toBeLessThan(1_500);
      await quick;
      await expect(long).rejects.toMatchObject({ fault: "cancelled" });
    });

    test.each([0, 100])("closing with %i ms of grace resolves when everybody has heard", async (graceMs) => {
      const db = database();
      let heard = 0;
      const begun = Promise.withResolvers<void>();
      const calls = [
        db.query(sql`select pg_sleep(0.05)`, run()),
        db.query(sql`select pg_sleep(9)`, run()),
        db.transaction(run(), {}, () => {
          begun.resolve();
          return new Promise(() => {});
        }),
      ];
      for (const call of calls) {
        // As far away as the guard is.
        const relayed = (async () => await (async () => await call)())();
        relayed
          .catch(() => {})
          .finally(() => {
            heard += 1;
          });
      }
      await begun.promise;
      await db.close(graceMs);
      expect(heard).toBe(3);
    });

    test("plans are kept by name for so many texts and no more", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      for (let index = 0; index < 300; index += 1) {
        const text = Object.assign([`select 1 as v${index}`], { raw: [] });
        await db.query(sql(text as unknown as TemplateStringsArray), run());
      }
      const rows = await db.query<{ n: number }>(sql`select count(*) as n from pg_prepared_statements`, run());
      expect(rows[0]?.n).toBe(256);
    });
  },
);
