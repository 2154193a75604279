/** What health asks of a guarded pool, and what becomes of connections that are lost. */
import { once } from "node:events";
import { Hono } from "hono";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addressOf } from "../../../lib/facades/pg/health.ts";
import { guardPool } from "../../../lib/facades/pg/pg.ts";
import { Refused, type TidegateEnv } from "../../../lib/tidegate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { figuresOf } from "../../support/scrape.ts";
import { errorOf, type Guarded, type PgScene, pgScene, SLEEPING } from "./scene.ts";

test("the address for people has no credentials", () => {
  expect(addressOf({ connectionString: "postgres://app:secret@db.example:6000/orders?sslmode=require" })).toBe(
    "postgres://db.example:6000/orders",
  );
  expect(addressOf({ host: "db.example", database: "orders" })).toBe("postgres://db.example/orders");
  expect(addressOf({ host: "/var/run/postgresql", port: 5433, database: "orders" })).toBe(
    "postgres://%2Fvar%2Frun%2Fpostgresql%3A5433/orders",
  );
});

describe.skipIf(postgresUnavailable() !== undefined)(
  `a guarded pool and its health: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: PgScene;
    beforeAll(async () => {
      scene = await pgScene();
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());

    const appOf = ({ tide, pool }: Guarded) =>
      new Hono<TidegateEnv>()
        .use(tide.middleware())
        .get("/sleep", async (c) => c.json((await pool.query("select pg_sleep(20)")).rows))
        .route("/", tide.routes());
    const healthOf = async (guarded: Guarded) => {
      const answer = await appOf(guarded).request("/health");
      return { http: answer.status, ...((await answer.json()) as { status: string }) };
    };

    test("is healthy by a free connection of its own, and by another where all are taken", async () => {
      const idle = scene.guarded();
      await idle.pool.query("select 1");
      expect(await healthOf(idle)).toMatchObject({ http: 200, status: "healthy" });
      const busy = scene.guarded({ pool: { max: 1 } });
      const client = await busy.pool.connect();
      expect(await healthOf(busy)).toMatchObject({ http: 200, status: "healthy" });
      client.release();
    });

    test("its statements are timed, by lane and by how they ended", async () => {
      const guarded = scene.guarded({ env: { METRICS_PUBLIC: "true" } });
      await guarded.pool.query("select 1");
      await guarded.tide.with({ lane: "slow" }, () => guarded.pool.query("select 1"));
      await errorOf(guarded.pool.query("select nothing"));
      const figures = figuresOf(await (await guarded.tide.routes().request("/metrics")).text());
      const counted = (labels: string) => figures[`tidegate_statement_duration_seconds_count{${labels}}`];
      expect(counted('lane="request",outcome="success"')).toBe(1);
      expect(counted('lane="slow",outcome="success"')).toBe(1);
      expect(counted('lane="request",outcome="failure"')).toBe(1);
    });

    test("is unhealthy while the server stands still or is gone", async () => {
      const guarded = scene.guarded();
      await guarded.pool.query("select 1");
      scene.server.pause();
      expect(await healthOf(guarded)).toMatchObject({ http: 503, status: "unhealthy" });
      scene.server.resume();
      await scene.server.stop();
      const another = scene.guarded();
      expect(await healthOf(another)).toMatchObject({ http: 503, status: "unhealthy" });
      await scene.server.start();
    });

    test("a lost connection ends no process, is told in the log, and the next call has another", async () => {
      const { pool, lines } = scene.guarded();
      const client = await pool.connect();
      await pool.query("select 1");
      const removed = once(pool, "error");
      await scene.server.query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()");
      await removed;
      expect(lines.map(({ event }) => event)).toContain("pool.connection_lost");
      expect(await errorOf(client.query("select 1"))).toMatchObject({ fault: "connection" });
      client.release();
      expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    });

    test("a server that is away is a failure and opens the breaker", async () => {
      const nobody = scene.guarded({ pool: { connectionString: "postgres://nobody@127.0.0.1:1/none" } });
      for (let nth = 0; nth < 12; nth++) {
        const error = await errorOf(nobody.pool.query("select 1"));
        if (error instanceof Refused) break;
        expect(error).toMatchObject({ fault: "connection" });
      }
      expect((await nobody.tide.view()).breaker.state).toBe("open");
    });

    test("a request whose caller leaves ends its statement, without a word in the handler", async () => {
      const guarded = scene.guarded();
      const caller = new AbortController();
      const answer = Promise.resolve(appOf(guarded).request("/sleep", { signal: caller.signal }));
      await eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);
      caller.abort();
      await answer.catch(() => {});
      await eventually("it is gone", async () => (await scene.seen(SLEEPING)) === 0);
      await eventually("its permit is back", async () => (await guarded.held()).permits === 0);
    });

    test("a pool for each request is made by a function, and health makes one of its own", async () => {
      const { tide, held } = scene.guarded();
      const poolOf = guardPool(tide, () => new Pool({ connectionString: scene.server.url, max: 2 }));
      const app = new Hono<TidegateEnv>()
        .use(tide.middleware())
        .get("/", async (c) => {
          const pool = poolOf();
          try {
            return c.json((await pool.query("select 1 as n")).rows);
          } finally {
            await pool.end();
          }
        })
        .route("/", tide.routes());
      expect(await (await app.request("/")).json()).toEqual([{ n: 1 }]);
      expect(await (await app.request("/")).json()).toEqual([{ n: 1 }]);
      expect((await app.request("/health")).status).toBe(200);
      await eventually("nobody is connected", async () => (await scene.seen("true")) === 0);
      expect(await held()).toMatchObject({ permits: 0 });
    });
  },
);
