/** Deadlines, callers who leave, full pools and servers in trouble, as the server itself sees what a guarded pool does. */
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CommitUnknown, DatabaseError, Refused } from "../../../lib/tidegate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { errorOf, type PgScene, pgScene, SLEEPING } from "./scene.ts";

/** Of calls that are to reach it: longer than what a busy machine takes for a connection and a statement. */
const DEADLINE_MS = 1_000;
const none = async (seen: Promise<number>) => (await seen) === 0;

describe.skipIf(postgresUnavailable() !== undefined)(
  `a guarded pool within its limits: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: PgScene;
    beforeAll(async () => {
      scene = await pgScene();
      await scene.server.query("create table lots (id int primary key)");
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());
    const lots = async (id: number) => (await scene.server.query(`select 1 from lots where id = ${id}`)).length;

    test("a statement is gone at the server at its deadline, and its connection serves the next", async () => {
      const { pool, held } = scene.guarded({ options: { deadlineMs: DEADLINE_MS } });
      const startedAt = performance.now();
      const error = await errorOf(pool.query("select pg_sleep(20)"));
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(error).toMatchObject({ fault: "timeout", gate: "main" });
      expect(error).toBeInstanceOf(DatabaseError);
      await eventually("it is gone", () => none(scene.seen(SLEEPING)));
      await eventually("its permit is back", async () => (await held()).permits === 0);
      expect(pool.totalCount).toBe(1);
      expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    });

    test("a transaction is rolled back at its deadline, whatever its holder does afterwards", async () => {
      const { pool, held } = scene.guarded({ options: { deadlineMs: DEADLINE_MS } });
      const client = await pool.connect();
      await client.query("begin");
      await client.query("insert into lots values (1)");
      const running = client.query("select pg_sleep(20)");
      const behind = client.query("commit");
      expect(await errorOf(running)).toMatchObject({ fault: "timeout" });
      expect(await errorOf(behind)).toMatchObject({ fault: "timeout" });
      for (const text of ["commit", "rollback", "insert into lots values (2)"]) {
        expect(await errorOf(client.query(text))).toMatchObject({ fault: "timeout" });
      }
      await eventually("nobody is connected", () => none(scene.seen("true")));
      client.release();
      expect(() => client.release()).toThrow("already been released");
      expect(await lots(1)).toBe(0);
      await eventually("its permit is back", async () => (await held()).permits === 0);
    });

    test("one after another, calls and connections of a lane of one never wait", async () => {
      const env = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" };
      const { pool } = scene.guarded({ env, pool: { max: 1 }, options: { waitMs: 0 } });
      for (let nth = 0; nth < 5; nth++) expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
      for (let nth = 0; nth < 5; nth++) {
        const client = await pool.connect();
        await client.query("select 1");
        client.release();
      }
    });

    test("a transaction that nobody ends is ended, counts for nothing, and the log names where it began", async () => {
      const { pool, tide, lines } = scene.guarded({ env: { APP_ENV: "development" }, options: { deadlineMs: 500 } });
      async function forgetful(id: number) {
        const client = await pool.connect();
        await client.query("begin");
        await client.query("insert into lots values ($1)", [id]);
      }
      for (let nth = 0; nth < 6; nth++) await forgetful(100 + nth);
      await eventually("nobody is connected", () => none(scene.seen("true")));
      await eventually("it is told", () => lines.some(({ event }) => event === "permit.abandoned"));
      const told = lines.find(({ event }) => event === "permit.abandoned");
      expect(told?.fields).toMatchObject({ gate: "main", lane: "request" });
      expect((told?.fields.place as Error | undefined)?.stack).toContain("forgetful");
      expect(await lots(100)).toBe(0);
      expect((await tide.view()).breaker.state).toBe("closed");
    });

    test("a commit that is under way at the deadline is not cancelled, and told as unknown", async () => {
      await scene.server.query(`
        create table slow (id int);
        create function sleeps() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
        create constraint trigger late after insert on slow deferrable initially deferred for each row execute function sleeps();`);
      const { pool } = scene.guarded({ options: { deadlineMs: 400 } });
      const client = await pool.connect();
      await client.query("begin");
      await client.query("insert into slow values (1)");
      const error = await errorOf(client.query("commit"));
      expect(error).toBeInstanceOf(CommitUnknown);
      client.release();
      await eventually("nobody is connected", () => none(scene.seen("true")));
      expect(await scene.server.query("select * from slow")).toHaveLength(1);
    });

    test("a caller who leaves ends statement and transaction, by tide.with and by the pool's own signal", async () => {
      const { pool, tide, held } = scene.guarded();
      const caller = new AbortController();
      const left = new Error("the tab was closed");
      const asked = tide.with({ signal: caller.signal }, () => pool.query("select pg_sleep(20)"));
      const taken = await tide.with({ signal: caller.signal }, () => pool.connect());
      await taken.query("begin");
      await taken.query("insert into lots values (4)");
      await eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);
      caller.abort(left);
      expect(await errorOf(asked)).toBe(left);
      expect(await errorOf(taken.query("commit"))).toBe(left);
      taken.release();
      await eventually("it is gone", () => none(scene.seen(`${SLEEPING} or state like 'idle in%'`)));
      await eventually("permits are back", async () => (await held()).permits === 0);
      expect(await lots(4)).toBe(0);
      expect(await errorOf(tide.with({ signal: caller.signal }, () => pool.query("select 1")))).toBe(left);
    });

    test("limits of tide.with hold: a shorter deadline, another lane", async () => {
      const { pool, tide } = scene.guarded();
      const error = await errorOf(tide.with({ deadlineMs: 150 }, () => pool.query("select pg_sleep(20)")));
      expect(error).toMatchObject({ fault: "timeout" });
      const slow = tide.with({ lane: "slow" }, () => pool.query("select pg_sleep(0.3)"));
      await eventually("it has a permit of slow", async () => (await tide.view()).lanes.slow.running === 1);
      await slow;
    });

    test("a stream and a cursor end at the deadline", async () => {
      const { pool, held } = scene.guarded({ options: { deadlineMs: DEADLINE_MS } });
      const stream = new QueryStream("select pg_sleep(0.02) from generate_series(1, 10000)", [], { batchSize: 2 });
      expect(await errorOf(pool.query(stream as never))).toMatchObject({ fault: "timeout" });
      await expect(stream.toArray()).rejects.toMatchObject({ fault: "timeout" });
      const client = await pool.connect();
      const cursor = client.query(new Cursor("select * from generate_series(1, 10000) n"));
      await cursor.read(2);
      await eventually("it is over", async () => (await held()).permits === 0);
      expect(await errorOf(cursor.read(2))).toMatchObject({ fault: "timeout" });
      await cursor.close().catch(() => {});
      client.release();
      await eventually("nothing runs", () => none(scene.seen("state <> 'idle'")));
    });

    test("a pool without a free connection is exhausted within the wait, and no failure", async () => {
      const { pool, tide, held } = scene.guarded({ pool: { max: 2 }, options: { waitMs: 200 } });
      const clients = [await pool.connect(), await pool.connect()];
      for (let nth = 0; nth < 12; nth++) {
        const startedAt = performance.now();
        expect(await errorOf(pool.query("select 1"))).toMatchObject({ fault: "exhausted", code: "DB_POOL_EXHAUSTED" });
        expect(performance.now() - startedAt).toBeLessThan(1_500);
      }
      const waits = pool.query("select 1 as n");
      clients[0]?.release();
      expect((await waits).rows).toEqual([{ n: 1 }]);
      clients[1]?.release();
      expect(pool.waitingCount).toBe(0);
      await eventually("permits are back", async () => (await held()).permits === 0);
      expect((await tide.view()).breaker.state).toBe("closed");
    });

    test("a client that cannot be made now and then costs no place in the pool", async () => {
      const { pool, bare } = scene.guarded({ pool: { max: 1 } });
      const { Client } = bare as unknown as { Client: unknown };
      const broken = function broken() {
        throw Object.assign(new Error("no such file: ca.pem"), { code: "ENOENT" });
      };
      Object.assign(bare, { Client: broken });
      for (let nth = 0; nth < 2; nth++) {
        expect(await errorOf(pool.query("select 1"))).toMatchObject({ code: "DB_CONNECTION_FAILED" });
      }
      Object.assign(bare, { Client });
      expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    });

    test("statement_timeout of the driver's own counts as a failure in whatever language the server tells of it", async () => {
      const { pool, tide } = scene.guarded({ pool: { statement_timeout: 200 } });
      const told = (after: number) =>
        `do $$ begin perform pg_sleep(${after}); raise 'storniere Anfrage' using errcode = '57014'; exception when
         query_canceled then raise exception 'storniere Anfrage wegen Zeitüberschreitung' using errcode = '57014'; end $$`;
      for (const after of [0, 20]) expect(await errorOf(pool.query(told(after)))).toMatchObject({ code: "57014" });
      expect((await tide.view()).window.failures).toBe(1);
    });

    test("a lane without a permit refuses, and an open breaker does", async () => {
      const { pool, tide } = scene.guarded({
        env: { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" },
        options: { waitMs: 0 },
      });
      const client = await pool.connect();
      const full = await errorOf(pool.query("select 1"));
      expect(full).toBeInstanceOf(Refused);
      expect((full as Refused).refusal.code).toBe("DB_POOL_EXHAUSTED");
      const stream = new QueryStream("select 1");
      await expect(pool.query(stream as never)).rejects.toBe(await errorOf(stream.toArray()));
      client.release();
      await tide.override({ mode: "force_open", ttlMs: 60_000, actor: "test", reason: "test" });
      const open = await errorOf(pool.connect());
      expect((open as Refused).refusal.code).toBe("CIRCUIT_BREAKER_OPEN");
    });

    test("query_timeout of pg's own stays, and its statement does not", async () => {
      const { pool } = scene.guarded({ pool: { query_timeout: 200 } });
      await expect(pool.query("select pg_sleep(20)")).rejects.toThrow("Query read timeout");
      await eventually("it is gone", () => none(scene.seen(SLEEPING)));
      expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    });

    test("statement_timeout of pg's own stays, and counts as a failure", async () => {
      const { pool, tide } = scene.guarded({ pool: { statement_timeout: 50 } });
      for (let nth = 0; nth < 12; nth++) {
        const error = await errorOf(pool.query("select pg_sleep(20)"));
        if (error instanceof Refused) break;
        expect(error).toMatchObject({ code: "57014" });
      }
      expect((await tide.view()).breaker.state).toBe("open");
    });
  },
);
