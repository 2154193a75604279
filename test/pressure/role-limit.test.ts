/** Done-when: a role with `CONNECTION LIMIT 5` and a pool of 10. The database is well; there is just no more of it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { keepAsking, pressureScene, RUNNING, type Scene, tally } from "./scene.ts";

const POOL = { DB_POOL_SIZE: "10", DB_MAX_OVERFLOW: "0", DB_CALL_TIMEOUT_MS: "10000" };

describe.skipIf(postgresUnavailable() !== undefined)(
  `a role with five connections and a pool of ten: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: Scene;
    let url: string;
    beforeAll(async () => {
      scene = await pressureScene();
      await scene.server.query("create role limited login connection limit 5");
      url = scene.server.url.replace("tidegate:", "limited:");
    });
    afterAll(() => scene?.dispose());

    test("who can wait gets one of the five, and the breaker sees no failure", async () => {
      const instance = await scene.instance({ ...POOL, DB_POOL_TIMEOUT: "30" }, { url });
      const answers = await keepAsking(20, 200, () => instance.get("/sleep?ms=20"));
      expect(tally(answers)).toEqual({ 200: 200 });
      expect(await scene.seen("usename = 'limited'")).toBe(5);
      expect(await instance.held()).toMatchObject({ breaker: "closed", permits: 0 });

      // Another instance, for which nothing is left at all.
      const other = await scene.instance({ ...POOL, DB_POOL_TIMEOUT: "30" }, { url });
      expect(tally(await keepAsking(5, 20, () => other.get("/sleep")))).toEqual({ DB_POOL_EXHAUSTED: 20 });
      expect(await other.held()).toMatchObject({ breaker: "closed" });
      await scene.server.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'limited'");
    });

    test("who cannot wait is told that the pool is exhausted, and nothing else", async () => {
      const instance = await scene.instance({ ...POOL, DB_POOL_TIMEOUT: "0" }, { url });
      const answers = await keepAsking(30, 300, () => instance.get("/sleep?ms=100"));
      const counts = tally(answers);
      expect(Object.keys(counts).sort()).toEqual(["200", "DB_POOL_EXHAUSTED"]);
      expect(answers.find(({ code }) => code !== undefined)).toMatchObject({ status: 503 });
      expect(await instance.held()).toMatchObject({ breaker: "closed", permits: 0 });
      await instance.stop();
    });

    test("who gets one late, and is cut off for that, is no failure of the database", async () => {
      await scene.server.query("create role lonely login connection limit 1");
      // The second in line ends with 600 ms to spare; all others wait for more than half of their time.
      const env = { ...POOL, DB_POOL_TIMEOUT: "30", DB_CALL_TIMEOUT_MS: "3000" };
      const lonely = scene.server.url.replace("tidegate:", "lonely:");
      const instance = await scene.instance(env, { url: lonely });
      const counts = tally(await keepAsking(10, 20, () => instance.get("/sleep?ms=1200")));
      expect(counts.DB_QUERY_TIMEOUT ?? 0).toBeGreaterThan(0);
      expect(counts[200]).toBeGreaterThan(0);
      const { body } = await instance.get("/health");
      expect(body.circuit_breaker).toMatchObject({ state: "CLOSED", failure_count: 0 });
      await instance.stop();
    });

    test("whose wait is longer than a statement may take is told so before its deadline", async () => {
      const env = { ...POOL, DB_POOL_TIMEOUT: "30", DB_CALL_TIMEOUT_MS: "10000" };
      const instance = await scene.instance(env, { url });
      await eventually("nobody has any", async () => (await scene.seen("usename = 'limited'")) === 0);
      const holders = Array.from({ length: 5 }, () => instance.get("/sleep?ms=60000"));
      await eventually("the five are taken", async () => (await scene.seen(RUNNING)) === 5);
      expect(await instance.get("/session")).toMatchObject({ status: 503, code: "DB_POOL_EXHAUSTED" });
      expect(tally(await Promise.all(holders))).toEqual({ DB_QUERY_TIMEOUT: 5 });
    });
  },
);
