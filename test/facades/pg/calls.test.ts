/** A guarded pool called as `pg` is called, against a real PostgreSQL. */
import { once } from "node:events";
import { promisify } from "node:util";
import { Client, Pool, Query } from "pg";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { DatabaseError } from "../../../lib/tidegate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { errorOf, type PgScene, pgScene } from "./scene.ts";

describe.skipIf(postgresUnavailable() !== undefined)(
  `a guarded pool: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: PgScene;
    beforeAll(async () => {
      scene = await pgScene();
      await scene.server.query("create table lots (id int primary key, name text)");
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());

    test("what the server says against a statement is the contract's DB_QUERY_ERROR, where nobody has caught it", async () => {
      const { tide, pool } = scene.guarded();
      const error = await errorOf(pool.query("insert into lots values (1), (1)"));
      expect(error).toMatchObject({ code: "23505" });
      const wrapped = new Error("Failed query", { cause: error });
      for (const thrown of [error, wrapped, new Error("not of a statement")]) {
        const answer = await tide.respond(thrown, new Request("http://localhost/lots", { method: "POST" }));
        const { code } = (await answer.json()).error;
        expect([answer.status, code]).toEqual([
          500,
          thrown === error || thrown === wrapped ? "DB_QUERY_ERROR" : "INTERNAL_ERROR",
        ]);
      }
    });

    test("is a pg.Pool to whoever asks, with the figures and events of its own", async () => {
      const { pool, bare } = scene.guarded();
      expect(pool).toBeInstanceOf(Pool);
      const acquired = once(pool, "acquire");
      await pool.query("select 1");
      await acquired;
      expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0]);
      expect(pool.options).toBe(bare.options);
      expect(bare.options.connectionTimeoutMillis).toBeGreaterThan(0);
    });

    test("query answers a promise, a callback, a config object and values as pg does", async () => {
      const { pool } = scene.guarded();
      expect((await pool.query("select $1::int as n", [1])).rows).toEqual([{ n: 1 }]);
      const config = { text: "select $1::int as n, 2 as m", values: [3], rowMode: "array" as const };
      expect((await pool.query(config)).rows).toEqual([[3, 2]]);
      const called = await new Promise((resolve, reject) =>
        pool.query("select $1::int as n", [4], (error, result) => (error ? reject(error) : resolve(result.rows))),
      );
      expect(called).toEqual([{ n: 4 }]);
      const failed = await new Promise((resolve) => pool.query("select nothing", (error) => resolve(error)));
      expect(failed).toMatchObject({ code: "42703" });
      expect(
        await new Promise(
          (resolve) =>
            void pool.query({ ...config, callback: (_error: unknown, result: unknown) => resolve(result) } as never),
        ),
      ).toMatchObject({ rowCount: 1 });
      expect(await errorOf(pool.query(null as never))).toBeInstanceOf(TypeError);
    });

    test("takes one permit a statement, and one from connect to release", async () => {
      const { pool, held } = scene.guarded();
      const client = await pool.connect();
      await client.query("select 1");
      expect(await held()).toMatchObject({ permits: 1 });
      const sleeping = pool.query("select pg_sleep(0.2)");
      await eventually("both are held", async () => (await held()).permits === 2);
      client.release();
      await sleeping;
      await eventually("none is held", async () => (await held()).permits === 0);
    });

    test("connect gives its client and a release to a callback, and refusals too", async () => {
      const { pool, held } = scene.guarded();
      const rows = await new Promise((resolve, reject) =>
        pool.connect((error, client, release) => {
          if (error || !client) return reject(error);
          client.query("select 7 as n", (failed, result) => {
            release();
            if (failed) reject(failed);
            else resolve(result.rows);
          });
        }),
      );
      expect(rows).toEqual([{ n: 7 }]);
      await eventually("none is held", async () => (await held()).permits === 0);
    });

    test("a cursor and a query stream read from a client, and a stream and a query object from the pool", async () => {
      const { pool, held } = scene.guarded();
      const client = await pool.connect();
      const cursor = client.query(new Cursor("select * from generate_series(1, 5) n"));
      expect(await cursor.read(2)).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await cursor.read(10)).toHaveLength(3);
      await cursor.close();
      const seen: unknown[] = [];
      for await (const row of client.query(new QueryStream("select * from generate_series(1, 3) n"))) seen.push(row);
      expect(seen).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      client.release();
      const stream = new QueryStream("select * from generate_series(1, 300) n");
      const ended = pool.query(stream as never);
      let rows = 0;
      for await (const _row of stream) rows += 1;
      expect(rows).toBe(300);
      await ended;
      const query = new Query("select 5 as n");
      pool.query(query as never);
      expect(await once(query, "end")).toMatchObject([{ rows: [{ n: 5 }] }]);
      await eventually("none is held", async () => (await held()).permits === 0);
    });

    test("a stream that is left early gives its permit back", async () => {
      const { pool, held } = scene.guarded();
      const stream = new QueryStream("select * from generate_series(1, 100000) n");
      pool.query(stream as never);
      for await (const _row of stream) break;
      await eventually("none is held", async () => (await held()).permits === 0);
      expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    });

    test("statements of one client run one after another, however they are asked for", async () => {
      const { pool } = scene.guarded();
      const client = await pool.connect();
      const answers = await Promise.all([
        client.query("select pg_sleep(0.05), 1 as n"),
        client.query("select 2 as n"),
        client.query("select 3 as n"),
      ]);
      expect(answers.map(({ rows }) => rows[0].n)).toEqual([1, 2, 3]);
      client.release();
    });

    test("an error of SQL is pg's own, with the place that has asked, and costs no connection", async () => {
      const { pool, tide } = scene.guarded();
      let closed = 0;
      pool.on("remove", () => {
        closed += 1;
      });
      await pool.query("insert into lots values (1, 'a') on conflict do nothing");
      async function bookTwice() {
        await pool.query("insert into lots values (1, 'b')");
      }
      for (let nth = 0; nth < 12; nth++) {
        const error = await errorOf(bookTwice());
        expect(error).toMatchObject({ code: "23505", constraint: "lots_pkey" });
        expect(error).not.toBeInstanceOf(DatabaseError);
        expect((error as Error).stack).toContain("bookTwice");
      }
      expect((await tide.view()).breaker.state).toBe("closed");
      expect(closed).toBe(0);
    });

    test("a client whose connection is lost holds neither permit nor place, though nobody releases it", async () => {
      const { pool, held } = scene.guarded({ pool: { max: 1 } });
      const client = await pool.connect();
      const ended = errorOf(client.query("select pg_terminate_backend(pg_backend_pid())"));
      expect(await ended).toMatchObject({ code: "DB_CONNECTION_FAILED" });
      expect(await errorOf(client.query("rollback"))).toBeInstanceOf(Error);
      expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
      expect(await held()).toMatchObject({ permits: 0 });
      client.release();
    });

    test("a connection whose prepared statements a migration has outdated serves nobody any more", async () => {
      const { pool } = scene.guarded({ pool: { max: 1 } });
      await scene.server.query("create table migrated (id int)");
      const asked = (name: string) => pool.query({ name, text: `select * from migrated -- ${name}` });
      for (const name of ["one", "other"]) await asked(name);
      await scene.server.query("alter table migrated add column name text");
      expect(await errorOf(asked("one"))).toMatchObject({ code: "0A000" });
      for (const name of ["one", "other"]) expect((await asked(name)).fields).toHaveLength(2);
    });

    test("a mistake of the application's that never leaves the driver opens no breaker", async () => {
      const { pool, tide } = scene.guarded();
      const circle: { self?: unknown } = {};
      circle.self = circle;
      for (let nth = 0; nth < 12; nth++) {
        expect(await errorOf(pool.query("select $1::json", [circle]))).toBeInstanceOf(TypeError);
      }
      expect((await tide.view()).breaker.state).toBe("closed");
    });

    test("a client that was given back takes no statement, and is given back once", async () => {
      const { pool } = scene.guarded();
      const client = await pool.connect();
      client.release();
      expect(() => client.release()).toThrow("already been released");
      await expect(client.query("select 1")).rejects.toThrow("released to the pool");
      const cursor = client.query(new Cursor("select 1"));
      await expect(cursor.read(1)).rejects.toThrow("released to the pool");
    });

    test("a client is the same one each time, as Kysely and Knex note things at theirs", async () => {
      const { pool } = scene.guarded({ pool: { max: 1 } });
      const first = await pool.connect();
      first.release();
      const second = await pool.connect();
      expect(second).toBe(first);
      expect(second).toBeInstanceOf(Client);
      second.release();
    });

    test("a connection that is given back within a transaction is closed, and what was done in it rolled back", async () => {
      const { pool } = scene.guarded();
      const client = await pool.connect();
      await client.query("begin");
      await client.query("insert into lots values (50, 'x')");
      client.release();
      expect((await pool.query("select count(*)::int as n from lots where id = 50")).rows).toEqual([{ n: 0 }]);
    });

    test("after end it says what pg says, and so does its connect", async () => {
      const { pool } = scene.guarded();
      await pool.query("select 1");
      await pool.end();
      await expect(pool.query("select 1")).rejects.toThrow("Cannot use a pool after calling end on the pool");
      await expect(pool.connect()).rejects.toThrow("Cannot use a pool after calling end on the pool");
      await expect(pool.end()).rejects.toThrow("Called end on pool more than once");
      const connect = promisify(pool.connect.bind(pool) as (callback: (error: unknown) => void) => void);
      await expect(connect()).rejects.toThrow("Cannot use a pool");
    });
  },
);
