/**
 * The shipped rules and the dashboard in a real Prometheus that scrapes two supervised instances, while their database and
 * their store are stopped and come back.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../infra/tool.ts";
import { because } from "../support/because.ts";
import { type Demo, launchDemo } from "../support/demo.ts";
import { seedServer } from "../support/plant.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually, freePort, processTree, signalTo } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { type Callers, crowd, startCallers } from "./callers.ts";
import { dashboardQueries, recordedNames } from "./queries.ts";
import { hastened, type Prometheus, startPrometheus } from "./server.ts";

const TOKEN = "monitor-token-that-is-long-enough-7Hq2";
const ADMIN = "admin-token-that-is-long-enough-9Kd4wz";
const WORKERS = 2;
const PER_SECOND = 20;
/** Tells of the machine on which the tests run. */
const OF_THE_MACHINE = ["TidegateEventLoopLate", "TidegateStatementsSlow"];

const obstacle = missing("prometheus") ?? postgresUnavailable() ?? redisUnavailable();

test("rules are hastened by their durations alone", () => {
  const rules = "        expr: rate(x[5m]) * 3600 > 10 and y[30m:1m]\n        for: 2m\n";
  expect(hastened(rules)).toBe("        expr: rate(x[5s]) * 3600 > 10 and y[30m:1m]\n        for: 2s\n");
});

describe.skipIf(obstacle)(`a Prometheus${because(obstacle)}`, () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let demos: readonly Demo[] = [];
  /** Looks every second, by the rules. */
  let prometheus: Prometheus;
  /** Looks every minute, and has none. */
  let slow: Prometheus;
  let callers: Callers;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis({ appendonly: true })]);
    await seedServer(postgres.url, 60);
    demos = await Promise.all([startInstance(), startInstance()]);
    const targets = demos.map(({ url }) => new URL(url).host);
    [prometheus, slow] = await Promise.all([
      startPrometheus({ targets, token: TOKEN, intervalSeconds: 1, withRules: true }),
      startPrometheus({ targets, token: TOKEN, intervalSeconds: 60, withRules: false }),
    ]);
    callers = startCallers({ urls: demos.map(({ url }) => url), perSecond: PER_SECOND, keptEvery: 10 });
  }, 120_000);
  afterAll(async () => {
    await callers?.stop();
    await Promise.all([prometheus?.stop(), slow?.stop()]);
    await Promise.all(demos.map((demo) => demo.stop()));
    await Promise.all([postgres?.dispose(), redis?.dispose()]);
  }, 60_000);

  async function startInstance(): Promise<Demo> {
    const env = {
      APP_ENV: "testing",
      LOG_FORMAT: "json",
      DATABASE_URL: postgres.url,
      STATE_URL: redis.url,
      STATE_NAMESPACE: "observed",
      WEB_CONCURRENCY: String(WORKERS),
      EXPECTED_INSTANCES: String(2 * WORKERS),
      DB_MAX_CONCURRENT: "4",
      RATE_LIMIT_PER_MINUTE: "0",
      // Connections on which nothing is asked keep no worker that is to be replaced.
      HTTP_KEEP_ALIVE_SECONDS: "5",
      CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "2",
      MONITOR_TOKENS: `prometheus:${TOKEN}`,
      ADMIN_TOKENS: `ada:${ADMIN}`,
      SESSION_SECRET: randomBytes(32).toString("base64"),
    };
    const demo = launchDemo(env, await freePort());
    const isReady = async () => {
      if (demo.process.exitCode !== null) throw new Error("it has ended");
      return demo.get("/health/ready").then(
        ({ status }) => status === 200,
        () => false,
      );
    };
    await eventually("an instance is ready", isReady, 60_000).catch((error) => {
      throw new Error(`${error.message}\n${demo.output()}`);
    });
    return demo;
  }

  /** What fires, but for what the machine causes. */
  const firing = async () =>
    [...new Set(await prometheus.firing())].filter((name) => !OF_THE_MACHINE.includes(name)).sort();

  /** Until all of them fire at one moment; whatever else has fired meanwhile is told. */
  async function firesWithin(withinMs: number, names: readonly string[]): Promise<ReadonlySet<string>> {
    const seen = new Set<string>();
    await eventually(
      `these fire: ${names}`,
      async () => {
        const now = await firing();
        for (const name of now) seen.add(name);
        return names.every((name) => now.includes(name));
      },
      withinMs,
      500,
    ).catch(async (error) => {
      throw new Error(`${error.message}; there fire: ${await firing()}`);
    });
    return seen;
  }
  const isSilent = (withinMs: number) =>
    eventually("nothing fires any more", async () => (await firing()).length === 0, withinMs, 500).catch(
      async (error) => {
        throw new Error(`${error.message}; there fire: ${await firing()}`);
      },
    );

  /** Of these queries those that have no number now. */
  async function silent(queries: readonly string[]): Promise<readonly string[]> {
    const answers = await Promise.all(queries.map(async (expr) => [expr, await prometheus.query(expr)] as const));
    return answers.filter(([, points]) => !points.some(({ value }) => Number.isFinite(value))).map(([expr]) => expr);
  }
  /** Until each has had a number: nobody calls behind an open breaker, so that not all have one at each moment. */
  async function speaks(withinMs: number): Promise<void> {
    let left: readonly string[] = [...dashboardQueries(), ...recordedNames()];
    const allHave = async () => {
      left = await silent(left);
      return left.length === 0;
    };
    await eventually("every query has a number", allHave, withinMs, 1_000).catch(() => expect(left).toEqual([]));
  }

  /** How many refusals the fleet has counted, by the scrapes of each minute, as each instance tells it. */
  async function countedRefusals(selector: string): Promise<readonly number[]> {
    return Promise.all(
      demos.map(async ({ url }) => {
        const series = `tidegate_refusals_total{instance="${new URL(url).host}", ${selector}}`;
        const [last] = await slow.query(`max(timestamp(${series}))`);
        const [grown] = await slow.query(`sum(increase(${series.replace("}", "}[5m]")}))`, last?.value);
        return grown?.value ?? Number.NaN;
      }),
    );
  }
  /** The minute's scrape of each instance that began after now. */
  async function nextMinute(): Promise<void> {
    const from = Date.now() / 1_000;
    const scraped = async () => {
      const points = await slow.query("timestamp(tidegate_build_info) or timestamp(up)");
      return demos.every(({ url }) => {
        const { host } = new URL(url);
        return points.some(({ labels, value }) => labels.instance === host && value > from);
      });
    };
    await eventually("the minute's scrapes are over", scraped, 90_000, 1_000);
  }

  test("has nothing to say of a healthy fleet, and a number for every query", async () => {
    await nextMinute();
    await crowd(
      demos.map(({ url }) => url),
      60,
    );
    await speaks(20_000);
    expect(await firing()).toEqual([]);
  }, 180_000);

  test("alerts while PostgreSQL is stopped, through a reload and a worker that is killed, and no longer", async () => {
    await postgres.stop();
    const began = speaks(40_000);
    const must = [
      ...["TidegateBreakerOpen", "TidegateDatabaseUnreachable", "TidegateOldAnswers", "TidegateRefusalsBurnFast"],
    ];
    const seen = new Set(await firesWithin(60_000, must));
    const answer = await demos[0]?.get("/admin/api/worker/restart", {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
      body: JSON.stringify({ reason: "the counters have to outlive it" }),
    });
    expect(answer?.status).toBe(202);
    const [, worker = 0] = processTree(demos[1]?.process.pid ?? 0);
    signalTo(worker, "SIGKILL");
    await Promise.all([
      began,
      ...(["reload.done", "worker.fell"] as const).map((event) =>
        eventually(event, () => demos.some((demo) => demo.output().includes(`"${event}"`)), 60_000),
      ),
    ]).finally(() => postgres.start());
    for (const name of await firing()) seen.add(name);
    await isSilent(120_000);
    // What follows from the same, and depends on how many calls were let in as probes.
    const may = [...must, "TidegateRefusalsBurnSlow", "TidegateFailuresBurnFast", "TidegateFailuresBurnSlow"];
    expect([...seen].filter((name) => !may.includes(name))).toEqual([]);
  }, 300_000);

  test("has counted as many refusals as the callers have, by a scrape a minute", async () => {
    await callers.stop();
    await nextMinute();
    const heard = callers.count("CIRCUIT_BREAKER_OPEN");
    expect(heard).toBeGreaterThan(300);
    for (const counted of await countedRefusals('lane="request", reason=~"open|probing"')) {
      expect(counted).toBeGreaterThan(heard * 0.99);
      expect(counted).toBeLessThan(heard * 1.01);
    }
    callers = startCallers({ urls: demos.map(({ url }) => url), perSecond: PER_SECOND, keptEvery: 10 });
  }, 180_000);

  test("alerts while Redis is stopped, and no longer", async () => {
    await isSilent(60_000);
    await redis.stop();
    const must = ["TidegateStateStoreAway", "TidegateDegradedTooLong"];
    const seen = await firesWithin(60_000, must);
    await redis.start();
    await isSilent(120_000);
    expect([...seen].filter((name) => !must.includes(name))).toEqual([]);
  }, 240_000);
});
