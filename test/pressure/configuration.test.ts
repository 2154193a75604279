/** The settings of the environment by what they do, seen from the server or the socket: none is taken at its word. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { silentServer } from "../support/tcp.ts";
import { atOnce, type Instance, type InstanceOptions, pressureScene, RUNNING, type Scene } from "./scene.ts";

/** What a busy machine may add. */
const SLACK_MS = 2_000;
const OVERFLOW_IDLE_MS = 300;

interface Watched {
  readonly scene: Scene;
  /** With a role of its own, so that its connections can be told from others'. */
  readonly instance: (env: Readonly<Record<string, string>>, options?: InstanceOptions) => Promise<Instance>;
  /** Its connections. */
  readonly connections: (where?: string) => Promise<number>;
}

interface Row {
  readonly what: string;
  readonly env: Readonly<Record<string, string>>;
  /** The part of `database_pool.runtime` that says so. */
  readonly says: Readonly<Record<string, number>>;
  /** Returns the instance that was watched. */
  readonly observe: (watched: Watched, env: Row["env"]) => Promise<Instance>;
}

/** Its answer, and that it came within `[ms, ms + slack)`. */
async function answeredAfter(ms: number, asked: ReturnType<Instance["get"]>) {
  const answer = await asked;
  // A timer may be a moment early by the clock that measures.
  expect(answer.tookMs).toBeGreaterThanOrEqual(ms - 5);
  expect(answer.tookMs).toBeLessThan(ms + SLACK_MS);
  return answer;
}

/** The session has the timeout, and a statement that is longer ends by it. */
async function timesOut(lane: "request" | "slow", ms: number, { scene, instance }: Watched, env: Row["env"]) {
  const watched = await instance(env);
  const { body } = await watched.get(`/session?lane=${lane}`);
  expect(body.timeout).toBe(`${ms}ms`);
  const late = await answeredAfter(ms, watched.get(`/sleep?ms=60000&lane=${lane}`));
  expect(late).toMatchObject({ status: 504, code: "DB_QUERY_TIMEOUT" });
  await eventually("the server has stopped it", async () => (await scene.seen(RUNNING)) === 0);
  return watched;
}

const slowCapacity = (environment: string, capacity: number): Row => ({
  what: `slow statements at once, ${environment}`,
  env: { APP_ENV: environment },
  says: { slow_max_concurrent: capacity },
  observe: async ({ scene, instance }, env) => {
    const watched = await instance(env);
    expect(await atOnce(scene, watched, capacity + 2, "slow")).toBe(capacity);
    return watched;
  },
});

const ROWS: readonly Row[] = [
  {
    what: "pool size and overflow",
    env: { DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "3" },
    says: { pool_size: 2, max_overflow: 3 },
    observe: async ({ scene, instance, connections }, env) => {
      const watched = await instance(env, { driver: { overflowIdleMs: OVERFLOW_IDLE_MS } });
      expect(await atOnce(scene, watched, 9)).toBe(5);
      await eventually("overflow is closed", async () => (await connections()) <= 2);
      // The steady ones stay, and are used again.
      expect(await connections("state = 'idle'")).toBe(2);
      expect(await atOnce(scene, watched, 2)).toBe(2);
      expect(await connections()).toBe(2);
      return watched;
    },
  },
  {
    what: "the wait for a connection",
    env: { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "1", DB_POOL_EXHAUSTED_RETRY_AFTER_SECONDS: "7" },
    says: { pool_timeout: 1, pool_exhausted_retry_after_seconds: 7 },
    observe: async ({ scene, instance }, env) => {
      const watched = await instance(env);
      const leaving = new AbortController();
      const holder = watched.get("/sleep?ms=60000", leaving.signal);
      await eventually("the pool is taken", async () => (await scene.seen(RUNNING)) === 1);
      const refused = await answeredAfter(1_000, watched.get("/session"));
      expect(refused).toMatchObject({ status: 503, code: "DB_POOL_EXHAUSTED" });
      leaving.abort();
      await holder;
      return watched;
    },
  },
  {
    what: "the age of a connection",
    env: { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_RECYCLE: "1" },
    says: { pool_recycle: 1 },
    observe: async ({ instance, connections }, env) => {
      const watched = await instance(env);
      const { body: first } = await watched.get("/session");
      const next = await eventually("another one", async () => {
        const { body } = await watched.get("/session");
        return body.pid !== first.pid && body;
      });
      // Each goes up to a tenth earlier, so that not all go together.
      expect(next.started - first.started).toBeGreaterThanOrEqual(900);
      expect(await connections(`pid = ${first.pid}`)).toBe(0);
      return watched;
    },
  },
  {
    what: "the time to connect",
    env: { DB_TCP_CONNECT_TIMEOUT: "1" },
    says: { tcp_connect_timeout: 1 },
    observe: async ({ instance }, env) => {
      const silent = await silentServer();
      try {
        const watched = await instance(env, { url: `postgres://tidegate@127.0.0.1:${silent.port}/postgres` });
        const given = await answeredAfter(1_000, watched.get("/session"));
        expect(given).toMatchObject({ status: 503, code: "DB_CONNECTION_FAILED" });
        expect(silent.accepted()).toBe(1);
        await eventually("the socket is closed", () => silent.connected() === 0);
        return watched;
      } finally {
        await silent.close();
      }
    },
  },
  {
    what: "the time of a statement",
    env: { DB_CALL_TIMEOUT_MS: "1234" },
    says: { call_timeout_ms: 1_234 },
    observe: (...how) => timesOut("request", 1_234, ...how),
  },
  {
    what: "the time of a slow statement",
    env: { DB_CALL_TIMEOUT_MS: "1000", DB_SLOW_CALL_TIMEOUT_MS: "2345" },
    says: { call_timeout_ms: 1_000, slow_call_timeout_ms: 2_345 },
    observe: (...how) => timesOut("slow", 2_345, ...how),
  },
  {
    what: "health's own connections",
    env: { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_HEALTH_POOL_SIZE: "1", HEALTH_MEMO_TTL_SECONDS: "0" },
    says: { health_pool_size: 1 },
    observe: async ({ scene, instance, connections }, env) => {
      const watched = await instance(env);
      const leaving = new AbortController();
      const holder = watched.get("/sleep?ms=60000", leaving.signal);
      await eventually("the pool is taken", async () => (await scene.seen(RUNNING)) === 1);
      const answers = await Promise.all(Array.from({ length: 5 }, () => watched.get("/health")));
      expect(answers.every(({ body }) => body.services.database === "ok")).toBe(true);
      expect(await connections()).toBe(2);
      leaving.abort();
      await holder;
      return watched;
    },
  },
  slowCapacity("production", 5),
  slowCapacity("staging", 5),
  slowCapacity("development", 3),
  slowCapacity("testing", 1),
];

describe.skipIf(postgresUnavailable() !== undefined)(
  `the runtime configuration is enforced: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await pressureScene();
    });
    afterAll(() => scene?.dispose());

    test.each(ROWS.map((row, index) => ({ ...row, role: `row_${index}` })))(
      "$what",
      async ({ env, says, observe, role }) => {
        await scene.server.query(`create role ${role} login`);
        const url = scene.server.url.replace("tidegate:", `${role}:`);
        const watched: Watched = {
          scene,
          instance: (ofIt, options) => scene.instance(ofIt, { url, ...options }),
          connections: (where = "true") => scene.seen(`usename = '${role}' and ${where}`),
        };
        const instance = await observe(watched, env);
        const { body } = await instance.get("/health");
        expect(body.database_pool.runtime).toMatchObject(says);
        await instance.stop();
      },
    );
  },
);
