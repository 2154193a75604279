/** What health asks of a guarded `sql`, on which connections it runs, and what becomes of a request whose caller leaves. */
import { Hono } from "hono";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addressOf } from "../../../lib/facades/postgres-js/health.ts";
import { guardSql } from "../../../lib/facades/postgres-js/postgres-js.ts";
import type { TidegateEnv } from "../../../lib/tidegate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { atRest, errorOf, type Guarded, SLEEPING, type SqlScene, sqlScene } from "./scene.ts";

test("the address for people has no credentials", () => {
  const address = (url: string) => addressOf(postgres(url).options as never);
  expect(address("postgres://app:secret@db.example:6000/orders?sslmode=require")).toBe(
    "postgres://db.example:6000/orders",
  );
  expect(address("postgres://app:secret@db.example/orders")).toBe("postgres://db.example/orders");
});

describe.skipIf(postgresUnavailable() !== undefined)(
  `a guarded sql and its health: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: SqlScene;
    beforeAll(async () => {
      scene = await sqlScene();
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());

    const appOf = ({ tide, sql }: Guarded) =>
      new Hono<TidegateEnv>()
        .use(tide.middleware())
        .get("/sleep", async (c) => c.json(await sql`select pg_sleep(20)`))
        .route("/", tide.routes());
    const healthOf = async (guarded: Guarded) => {
      const answer = await appOf(guarded).request("/health");
      return { http: answer.status, ...((await answer.json()) as { status: string }) };
    };

    test("is healthy by a connection of its own, where all others are taken too", async () => {
      const guarded = scene.guarded({ sql: { max: 1 } });
      const reserved = await guarded.sql.reserve();
      expect(await healthOf(guarded)).toMatchObject({ http: 200, status: "healthy" });
      reserved.release();
    });

    test("is unhealthy while the server stands still", async () => {
      const guarded = scene.guarded();
      scene.server.pause();
      // The first look may end before its ping does, and then knows nothing yet.
      const seen = await eventually("it is known", async () => {
        const health = await healthOf(guarded);
        return health.http === 503 && health;
      });
      expect(seen).toMatchObject({ status: "unhealthy" });
    });

    test("a client who leaves ends his statement at the server", async () => {
      const guarded = scene.guarded();
      const client = new AbortController();
      const asked = appOf(guarded).request(new Request("http://app/sleep", { signal: client.signal }));
      await eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);
      client.abort();
      await asked;
      await atRest(scene, guarded);
    });

    test("what makes one for each request is asked for one by health", async () => {
      const guarded = scene.guarded();
      const sqlOf = guardSql(guarded.tide, () => postgres(scene.server.url, { max: 2, fetch_types: false }));
      const sql = sqlOf();
      expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
      expect(await healthOf(guarded)).toMatchObject({ http: 200, status: "healthy" });
      await sql.end();
      await atRest(scene, guarded);
    });

    test("a sql that is ended lets what runs on it end", async () => {
      const { sql } = scene.guarded();
      const asked = sql`select pg_sleep(0.3)`.execute();
      await eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);
      const ended = sql.end();
      expect(await errorOf(asked)).toBeUndefined();
      await ended;
    });
  },
);
