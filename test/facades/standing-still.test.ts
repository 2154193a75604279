/**
 * Guarded drivers of an application's in a process that stood still: what arrived in its sockets meanwhile is read before
 * anything is judged, or sent on them.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Tidegate } from "../../lib/tidegate.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { endUnseen, standStill } from "../support/standing-still.ts";
import { type PgScene, pgScene } from "./pg/scene.ts";
import { type SqlScene, sqlScene } from "./postgres-js/scene.ts";

type Rows = readonly unknown[];

/** One of the two, in as many words as these tests have. */
interface Driver {
  readonly tide: Tidegate;
  query(text: string): Promise<Rows>;
  /** In a transaction, or on a connection that is held. */
  held(text: string): Promise<Rows>;
}

interface Scene {
  readonly url: string;
  driver(options?: { readonly env?: Record<string, string>; readonly connectSeconds?: number }): Driver;
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

const NAME = "at-rest";

async function pgDrivers(): Promise<Scene> {
  const scene: PgScene = await pgScene();
  return {
    ...scene,
    url: scene.server.url,
    driver: ({ env = {}, connectSeconds = 30 } = {}) => {
      const config = { max: 10, application_name: NAME, connectionTimeoutMillis: connectSeconds * 1_000 };
      const { pool, tide } = scene.guarded({ env, pool: config });
      return {
        tide,
        query: async (text) => (await pool.query(text)).rows,
        held: async (text) => {
          const client = await pool.connect();
          try {
            return (await client.query(text)).rows;
          } finally {
            client.release();
          }
        },
      };
    },
  };
}

async function sqlDrivers(): Promise<Scene> {
  const scene: SqlScene = await sqlScene();
  return {
    ...scene,
    url: scene.server.url,
    driver: ({ env = {}, connectSeconds = 30 } = {}) => {
      const config = { max: 10, connection: { application_name: NAME }, connect_timeout: connectSeconds };
      const { sql, tide } = scene.guarded({ env, sql: config });
      return {
        tide,
        query: async (text) => [...(await sql.unsafe(text))],
        held: (text) => sql.begin(async (tx) => [...(await tx.unsafe(text))]),
      };
    },
  };
}

const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ONE = [{ one: 1 }];

describe.skipIf(postgresUnavailable() !== undefined).each([
  ["a guarded pool of pg", pgDrivers],
  ["a guarded sql of postgres.js", sqlDrivers],
])(`%s: ${postgresUnavailable() ?? "PostgreSQL found"}`, (_name, drivers) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await drivers();
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.dispose());

  /** With connections at rest, as health has seen them too. */
  async function rested(): Promise<Driver> {
    const driver = scene.driver();
    await Promise.all([1, 2, 3].map(() => driver.query("select pg_sleep(0.05)")));
    return driver;
  }
  const failures = async ({ tide }: Driver) => (await tide.view()).window.failures;

  test.each([
    ["in a timer", () => turn(5)],
    ["while sockets are being read", ({ query }: Driver) => query("select 1")],
    ["at the end of a turn", () => new Promise((resolve) => setImmediate(resolve))],
  ])("the first statements after a freeze have fresh connections, frozen %s", async (_when, begin) => {
    const driver = await rested();
    await begin(driver);
    endUnseen(scene.url, NAME);
    const answers = [1, 2, 3, 4].map(() => driver.query("select 1 as one"));
    expect(await Promise.all(answers)).toEqual([ONE, ONE, ONE, ONE]);
    expect(await failures(driver)).toBe(0);
  });

  test("so has a connection that is held, and the ping of health", async () => {
    const driver = await rested();
    endUnseen(scene.url, NAME);
    expect(await driver.held("select 1 as one")).toEqual(ONE);
    await Promise.all([1, 2].map(() => driver.query("select pg_sleep(0.05)")));
    endUnseen(scene.url, NAME);
    const answer = await driver.tide.routes().request("/health");
    expect((await answer.json()).services.database).toBe("ok");
    expect(await failures(driver)).toBe(0);
  });

  test("who leaves while its connection is listened to takes none, and no place is lost", async () => {
    const driver = scene.driver({ env: { DB_POOL_SIZE: "30", DB_MAX_OVERFLOW: "0" } });
    const busy = () => Promise.all(Array.from({ length: 10 }, () => driver.query("select pg_sleep(0.05)")));
    await busy();
    for (const end of [() => turn(150), () => endUnseen(scene.url, NAME)]) {
      await end();
      const left = Array.from({ length: 10 }, () => {
        const tab = new AbortController();
        const asked = driver.tide.with({ signal: tab.signal }, () => driver.query("select 1"));
        tab.abort();
        return asked;
      });
      expect((await Promise.allSettled(left)).map(({ status }) => status)).toEqual(Array(10).fill("rejected"));
      await busy();
    }
    await eventually("every permit is back", async () => (await driver.tide.view()).lanes.request.running === 0);
  });

  test("statements whose answers came beyond their deadline are answered", async () => {
    const driver = scene.driver({ env: { DB_CALL_TIMEOUT_MS: "1000" } });
    await Promise.all([1, 2, 3].map(() => driver.query("select pg_sleep(0.05)")));
    const asked = Promise.all([1, 2, 3].map(() => driver.query("select 1 as one from pg_sleep(0.2)")));
    await turn(50);
    await standStill(1_400);
    expect(await asked).toEqual([ONE, ONE, ONE]);
    expect(await failures(driver)).toBe(0);
  });

  test.each([0, 3, 6])(
    "connections that were being opened for %i ms beyond the driver's timeout are opened",
    async (ms) => {
      const driver = scene.driver({ env: { DB_TCP_CONNECT_TIMEOUT: "1" }, connectSeconds: 1 });
      const asked = Promise.all([1, 2, 3].map(() => driver.query("select 1 as one")));
      await turn(ms);
      await standStill(1_500);
      expect(await asked).toEqual([ONE, ONE, ONE]);
      expect(await failures(driver)).toBe(0);
    },
  );

  test.each([0, 3])(
    "an instance that stood still %i ms after the connecting of its ping calls nobody unhealthy",
    async (ms) => {
      const { tide } = scene.driver({ env: { HEALTH_PROBE_TIMEOUT_MS: "500" }, connectSeconds: 1 });
      const asked = tide.routes().request("/health");
      await turn(ms);
      await standStill(1_500);
      const answer = await asked;
      expect([answer.status, (await answer.json()).services.database]).toEqual([200, "ok"]);
    },
  );
});
