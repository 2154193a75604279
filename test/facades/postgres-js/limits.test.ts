/** Deadlines, callers who leave, and full pools, as the server itself sees what a guarded `sql` does. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CommitUnknown, DatabaseError, Refused } from "../../../lib/tidegate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { atRest, errorOf, SLEEPING, type SqlScene, sqlScene } from "./scene.ts";

/** Of calls that are to reach it: longer than what a busy machine takes for a connection and a statement. */
const DEADLINE_MS = 1_000;
const none = async (seen: Promise<number>) => (await seen) === 0;

describe.skipIf(postgresUnavailable() !== undefined)(
  `a guarded sql within its limits: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: SqlScene;
    beforeAll(async () => {
      scene = await sqlScene();
      await scene.server.query("create table lots (id int primary key)");
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());
    const lots = async (id: number) => (await scene.server.query(`select 1 from lots where id = ${id}`)).length;

    test("a statement is gone at the server at its deadline, and its connection serves the next", async () => {
      const guarded = scene.guarded({ sql: { max: 1 }, options: { deadlineMs: DEADLINE_MS } });
      const { sql } = guarded;
      const [before] = await sql`select pg_backend_pid() as pid`;
      const startedAt = performance.now();
      const error = await errorOf(sql`select pg_sleep(20)`);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(error).toMatchObject({ fault: "timeout", gate: "main" });
      expect(error).toBeInstanceOf(DatabaseError);
      await atRest(scene, guarded);
      expect(await sql`select pg_backend_pid() as pid`).toEqual([before]);
    });

    test("a transaction is rolled back at its deadline, whatever its callback does afterwards", async () => {
      const guarded = scene.guarded({ options: { deadlineMs: DEADLINE_MS } });
      const late = Promise.withResolvers<readonly unknown[]>();
      const begun = guarded.sql.begin(async (tx) => {
        await tx`insert into lots values (1)`;
        const errors = [await errorOf(tx`select pg_sleep(20)`)];
        errors.push(await errorOf(tx`insert into lots values (2)`));
        errors.push(await errorOf(tx.savepoint((inner) => inner`insert into lots values (3)`)));
        late.resolve(errors);
      });
      expect(await errorOf(begun)).toMatchObject({ fault: "timeout" });
      for (const error of await late.promise) expect(error).toMatchObject({ fault: "timeout" });
      await atRest(scene, guarded);
      expect(await lots(1)).toBe(0);
    });

    test("a transaction whose callback never ends is rolled back, and its permit is back", async () => {
      const guarded = scene.guarded({ options: { deadlineMs: DEADLINE_MS } });
      const begun = guarded.sql.begin(async (tx) => {
        await tx`insert into lots values (4)`;
        await new Promise(() => {});
      });
      expect(await errorOf(begun)).toMatchObject({ fault: "timeout" });
      await atRest(scene, guarded);
      expect(await lots(4)).toBe(0);
      expect((await guarded.held()).breaker).toBe("closed");
    });

    test("a reservation that nobody releases is ended, and the log names where it was made", async () => {
      const guarded = scene.guarded({ env: { APP_ENV: "development" }, options: { deadlineMs: DEADLINE_MS } });
      async function forgetful() {
        const reserved = await guarded.sql.reserve();
        await reserved`begin`;
        await reserved`insert into lots values (5)`;
        return reserved;
      }
      const reserved = await forgetful();
      await eventually("it is told", () => guarded.lines.some(({ event }) => event === "permit.abandoned"));
      const told = guarded.lines.find(({ event }) => event === "permit.abandoned");
      expect((told?.fields.place as Error | undefined)?.stack).toContain("forgetful");
      expect(await errorOf(reserved`commit`)).toMatchObject({ fault: "timeout" });
      reserved.release();
      await atRest(scene, guarded);
      expect(await lots(5)).toBe(0);
    });

    test("a commit that is under way at the deadline is not cancelled, and told as unknown", async () => {
      await scene.server.query(`
        create table slow (id int);
        create function sleeps() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
        create constraint trigger late after insert on slow deferrable initially deferred for each row execute function sleeps();`);
      const { sql } = scene.guarded({ options: { deadlineMs: 400 } });
      expect(await errorOf(sql.begin((tx) => tx`insert into slow values (1)`))).toBeInstanceOf(CommitUnknown);
      await eventually("it has ended", () => none(scene.seen("state = 'active'")));
      expect(await scene.server.query("select * from slow")).toHaveLength(1);
    });

    test("a caller who leaves ends statement and transaction", async () => {
      const guarded = scene.guarded();
      const { sql, tide } = guarded;
      const caller = new AbortController();
      const left = new Error("the tab was closed");
      const asked = tide.with({ signal: caller.signal }, () => errorOf(sql`select pg_sleep(20)`));
      const begun = tide.with({ signal: caller.signal }, () =>
        errorOf(
          sql.begin(async (tx) => {
            await tx`insert into lots values (6)`;
            await tx`select 'in a transaction', pg_sleep(20)`;
          }),
        ),
      );
      await eventually("both run", async () => (await scene.seen(SLEEPING)) === 2);
      caller.abort(left);
      expect(await asked).toBe(left);
      expect(await begun).toBe(left);
      await atRest(scene, guarded);
      expect(await lots(6)).toBe(0);
      expect(await errorOf(tide.with({ signal: caller.signal }, () => sql`select 1`))).toBe(left);
    });

    test("limits of tide.with hold: a shorter deadline, another lane", async () => {
      const { sql, tide } = scene.guarded();
      const late = tide.with({ deadlineMs: 150 }, () => sql`select pg_sleep(20)`);
      // Asked for here, but written within.
      expect(await errorOf(late)).toMatchObject({ fault: "timeout" });
      const slow = tide.with({ lane: "slow" }, () => sql`select pg_sleep(0.3)`).execute();
      await eventually("it has a permit of slow", async () => (await tide.view()).lanes.slow.running === 1);
      await slow;
    });

    test("cursors and forEach end at the deadline, and no reader takes that for the end of the rows", async () => {
      const guarded = scene.guarded({ options: { deadlineMs: DEADLINE_MS } });
      const { sql } = guarded;
      let rows = 0;
      const count = () => {
        rows += 1;
      };
      const each = sql`select pg_sleep(0.02) from generate_series(1, 10000)`.forEach(count);
      expect(await errorOf(each)).toMatchObject({ fault: "timeout" });
      const seen = rows;
      const read = async () => {
        for await (const _ of sql`select n from generate_series(1, 10000) n`.cursor(2)) {
          await eventually("it is over", async () => (await guarded.held()).permits === 0);
        }
      };
      expect(await errorOf(read())).toMatchObject({ fault: "timeout" });
      const called = sql`select n from generate_series(1, 10000) n`.cursor(2, () => new Promise(() => {}));
      expect(await errorOf(called)).toMatchObject({ fault: "timeout" });
      await atRest(scene, guarded);
      expect(rows).toBe(seen);
    });

    test("a copy that nobody feeds is ended at the deadline", async () => {
      const guarded = scene.guarded({ options: { deadlineMs: DEADLINE_MS } });
      const into = await guarded.sql`copy lots from stdin`.writable();
      into.on("error", () => {});
      into.write("7\n");
      await eventually("it is over", async () => (await guarded.held()).permits === 0);
      await atRest(scene, guarded);
      expect(await lots(7)).toBe(0);
    });

    test("a pool without a free connection is exhausted within the wait, and no failure", async () => {
      const guarded = scene.guarded({ sql: { max: 2 }, options: { waitMs: 200 } });
      const { sql } = guarded;
      const reserved = [await sql.reserve(), await sql.reserve()];
      for (let nth = 0; nth < 12; nth++) {
        const startedAt = performance.now();
        expect(await errorOf(sql`select 1`)).toMatchObject({ fault: "exhausted", code: "DB_POOL_EXHAUSTED" });
        expect(performance.now() - startedAt).toBeLessThan(1_500);
      }
      const waits = sql`select 1 as n`.execute();
      reserved[0]?.release();
      expect(await waits).toEqual([{ n: 1 }]);
      reserved[1]?.release();
      await atRest(scene, guarded);
      expect((await guarded.held()).breaker).toBe("closed");
    });

    test("statement_timeout of the driver's own counts as a failure in whatever language the server tells of it", async () => {
      const { sql, tide } = scene.guarded({ sql: { connection: { statement_timeout: 200 } } });
      const told = (after: number) =>
        `do $$ begin perform pg_sleep(${after}); raise 'storniere Anfrage' using errcode = '57014'; exception when
         query_canceled then raise exception 'storniere Anfrage wegen Zeitüberschreitung' using errcode = '57014'; end $$`;
      for (const after of [0, 20]) expect(await errorOf(sql.unsafe(told(after)))).toMatchObject({ code: "57014" });
      expect((await tide.view()).window.failures).toBe(1);
    });

    test("a lane without a permit refuses, and an open breaker does", async () => {
      const env = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" };
      const { sql, tide } = scene.guarded({ env, options: { waitMs: 100 } });
      const reserved = await sql.reserve();
      const refused = await errorOf(sql`select 1`);
      expect(refused).toBeInstanceOf(Refused);
      expect(refused).toMatchObject({ refusal: { code: "DB_POOL_EXHAUSTED" } });
      reserved.release();
      await tide.override({ mode: "force_open", ttlMs: 60_000, actor: "test", reason: "test" });
      for (const call of [() => sql`select 1`, () => sql.begin((tx) => tx`select 1`), () => sql.reserve()]) {
        expect(await errorOf(call())).toMatchObject({ refusal: { code: "CIRCUIT_BREAKER_OPEN" } });
      }
    });

    test("one after another, calls of a lane of one never wait", async () => {
      const env = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" };
      const { sql } = scene.guarded({ env, sql: { max: 1 }, options: { waitMs: 0 } });
      for (let nth = 0; nth < 20; nth++) expect(await sql`select ${nth}::int as n`).toEqual([{ n: nth }]);
      for (let nth = 0; nth < 5; nth++) await sql.begin((tx) => tx`select 1`);
      for (let nth = 0; nth < 5; nth++) (await sql.reserve()).release();
    });
  },
);
