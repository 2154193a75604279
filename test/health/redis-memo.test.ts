/** Fleets in one process over a real Redis, in real time. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import type { DatabaseAdapter } from "../../lib/database/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { type Ask, mostAtOnce, shortestGapMs } from "../support/counting-proxy.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

const unavailable = redisUnavailable();
const PERIOD_MS = 1_000;
const PATIENCE_MS = 8_000;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Payload {
  readonly status: string;
  readonly degraded_reason: string | null;
  readonly age_ms: number;
  readonly computed_at: string;
  readonly stale?: true;
  readonly memo: { readonly scope: "fleet" | "instance" };
}

/** A database that takes its time for a ping, and has them noted. */
function noted(pings: Ask[], pingMs: number): DatabaseAdapter {
  const fake = fakeDatabase(() => []);
  return {
    ...fake,
    open: (...given) => ({
      ...fake.open(...given),
      ping: async () => {
        const ask: Ask = { from: performance.now(), until: Number.POSITIVE_INFINITY };
        pings.push(ask);
        await wait(pingMs);
        ask.until = performance.now();
      },
    }),
  };
}

describe.skipIf(unavailable)(`a fleet over Redis${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let server: RedisServer;
  let fleets = 0;
  const open: Tidegate[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await Promise.all(open.map((tide) => tide.close()));
    await server?.dispose();
  });

  async function fleet(size: number, pingMs = 0) {
    const pings: Ask[] = [];
    const namespace = `health-${++fleets}`;
    const tides = Array.from({ length: size }, () => {
      const config = readConfig({
        STATE_NAMESPACE: namespace,
        // A busy machine is not to be taken for a store that is away.
        STATE_DEADLINE_MS: "1000",
        HEALTH_PROBE_TIMEOUT_MS: String(PATIENCE_MS),
        HEALTH_MEMO_TTL_SECONDS: String(PERIOD_MS / 1_000),
        EXPECTED_INSTANCES: String(size),
        RATE_LIMIT_PER_MINUTE: "0",
      });
      const store = redis(server.url);
      const tide = tidegate({ database: noted(pings, pingMs), store, config, log: silent });
      open.push(tide);
      return tide;
    });
    await eventually("all of them share the gate", async () =>
      (await Promise.all(tides.map((tide) => tide.view()))).every(({ n }) => n === size),
    );
    const instances = tides.map((tide) => {
      const routes = tide.routes();
      return async () => (await (await routes.request("/health")).json()) as Payload;
    });
    const all = () => Promise.all(instances.map((read) => read()));
    return { pings, instances, all, key: `{tidegate:${namespace}:main}:health` };
  }

  it("pings once, however many ask for the first time at once", async () => {
    const { pings, instances } = await fleet(24, 30);
    const payloads = await Promise.all(instances.flatMap((read) => [read(), read(), read()]));
    expect(pings).toHaveLength(1);
    expect(new Set(payloads.map(({ computed_at }) => computed_at)).size).toBe(1);
    expect(payloads.every(({ memo }) => memo.scope === "fleet")).toBe(true);
  });

  it("pings once per period, never twice at a time, and shows nothing older", async () => {
    const { pings, all } = await fleet(8, 20);
    const ages: number[] = [];
    const until = performance.now() + 4 * PERIOD_MS;
    while (performance.now() < until) {
      for (const { age_ms, stale } of await all()) if (!stale) ages.push(age_ms);
      await wait(1);
    }
    expect(mostAtOnce(pings)).toBe(1);
    expect(shortestGapMs(pings)).toBeGreaterThan(PERIOD_MS - 250);
    expect(pings.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...ages)).toBeLessThan(PERIOD_MS);
  });

  it("writes nothing for those who only look", async () => {
    const { key, instances } = await fleet(6);
    const [first, second, ...others] = instances;
    await first?.();
    // Who has it from the fleet knows that the fleet has it.
    const computed = await second?.();
    const mark = await server.tell("HGET", key, "mark");
    const later = await Promise.all(others.map((read) => read()));
    expect(mark).toMatch(/^\$36/);
    // A busy machine may have let the period pass.
    if (!later.every(({ computed_at }) => computed_at === computed?.computed_at)) return;
    expect(await server.tell("HGET", key, "mark")).toBe(mark);
  });

  it("works alone while Redis stands still, without an error, and together again when it goes on", async () => {
    const { pings, all } = await fleet(3);
    await all();
    const before = pings.length;
    server.pause();
    await wait(PERIOD_MS + 200);
    const startedAt = performance.now();
    const alone = await all();
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    expect(alone.map(({ status, memo }) => [status, memo.scope])).toEqual(Array(3).fill(["degraded", "instance"]));
    expect(alone[0]?.degraded_reason).toBe("redis_unavailable");
    expect(pings.length - before).toBe(3);
    // Now that they know, nobody waits for the store.
    await wait(PERIOD_MS + 200);
    await all();
    expect(pings.length - before).toBe(6);
    server.resume();
    await eventually("the fleet is one again", async () =>
      (await all()).every(({ status, memo }) => status === "healthy" && memo.scope === "fleet"),
    );
  });

  it("begins anew where Redis lost everything", async () => {
    const { pings, all } = await fleet(3);
    await all();
    await server.restartEmpty();
    await eventually("the fleet has computed again", async () => {
      const payloads = await all();
      const times = new Set(payloads.map(({ computed_at }) => computed_at));
      return pings.length > 1 && times.size === 1 && payloads.every(({ memo }) => memo.scope === "fleet");
    });
  });
});
