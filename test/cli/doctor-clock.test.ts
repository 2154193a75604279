/** The doctor on a machine whose clock is right, or wrong, before real servers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Check } from "../../lib/cli/doctor/check.ts";
import { clockCheck } from "../../lib/cli/doctor/clock.ts";
import { checkDatabase } from "../../lib/cli/doctor/database.ts";
import { checkStore } from "../../lib/cli/doctor/store.ts";
import { readConfig } from "../../lib/config.ts";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";
import { because } from "../support/because.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";

const aheadBy = (ms: number): Runtime => ({ ...systemRuntime(), wallMs: () => Date.now() + ms });
const clockOf = (checks: readonly Check[]) => checks.filter(({ about }) => about.endsWith("clock"));

const noPostgres = postgresUnavailable();
describe.skipIf(noPostgres)(`a PostgreSQL's clock${because(noPostgres)}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.dispose());

  test("is as this machine's, or apart from it", async () => {
    const config = readConfig({ DATABASE_URL: server.url });
    expect(clockOf(await checkDatabase(config, aheadBy(0)))).toMatchObject([{ verdict: "ok" }]);
    expect(clockOf(await checkDatabase(config, aheadBy(60_000)))).toMatchObject([
      { about: "database clock", verdict: "warn", found: expect.stringMatching(/^(60000|59\d{3}) ms behind/) },
    ]);
  });
});

const noRedis = redisUnavailable();
describe.skipIf(noRedis)(`a Redis' clock${because(noRedis)}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.dispose());

  test("may be as far apart as STATE_MAX_SKEW_MS says", async () => {
    const apart = async (ms: number, most: string) => {
      const config = readConfig({ STATE_URL: redis.url, STATE_MAX_SKEW_MS: most });
      return clockOf(await checkStore(config, aheadBy(ms)));
    };
    expect(await apart(-60_000, "1000")).toMatchObject([
      { about: "store clock", verdict: "warn", found: expect.stringContaining("ahead of this machine's") },
    ]);
    expect(await apart(-60_000, "90000")).toMatchObject([{ verdict: "ok" }]);
    expect(await apart(0, "1000")).toMatchObject([{ verdict: "ok" }]);
  });

  test("is read behind a REST gateway as well", async () => {
    const gateway = await startUpstashGateway(redis.url);
    const config = readConfig({ STATE_URL: `upstash:${gateway.url}`, STATE_TOKEN: gateway.token });
    expect(clockOf(await checkStore(config, aheadBy(0)))).toMatchObject([{ verdict: "ok" }]);
    expect(clockOf(await checkStore(config, aheadBy(60_000)))).toMatchObject([{ verdict: "warn" }]);
    await gateway.close();
  });
});

describe("a clock that is far away", () => {
  const config = readConfig({ STATE_MAX_SKEW_MS: "100" });

  test("is given the benefit of half the way there and back", () => {
    expect(clockCheck("clock", [{ aheadMs: 150, tookMs: 120 }], config)).toMatchObject({ verdict: "ok" });
    expect(clockCheck("clock", [{ aheadMs: 150, tookMs: 80 }], config)).toMatchObject({ verdict: "warn" });
  });

  test("is judged by the fastest reading", () => {
    const slow = { aheadMs: 500, tookMs: 1_000 };
    expect(clockCheck("clock", [slow, { aheadMs: 5, tookMs: 8 }], config)).toMatchObject({
      found: "within 10 ms of this machine's",
    });
  });
});
