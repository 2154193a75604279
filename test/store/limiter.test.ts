/** Limits counted in a store for the whole fleet, on every store that does. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Limiter, Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { freePort } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway, type UpstashGateway } from "../support/upstash-gateway.ts";

/** So long that no test meets its end. */
const HOUR_MS = 3_600_000;
const DEADLINE_MS = 20_000;
const rule = (count: number, windowMs = HOUR_MS) => ({ name: "requests", count, windowMs });

describe.skipIf(redisUnavailable())(`limits ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let gateway: UpstashGateway;
  const stores: Store[] = [];
  let tests = 0;
  let prefix = "";

  beforeAll(async () => {
    server = await startRedis();
    gateway = await startUpstashGateway(server.url);
  });
  beforeEach(() => {
    prefix = `tidegate:test-${++tests}:limit`;
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await gateway?.close();
    await server?.dispose();
  });

  const homes: readonly (readonly [string, () => Store])[] = [
    ["redis", () => redis(server.url).open(systemRuntime())],
    ["upstash", () => upstash(gateway.url, { token: gateway.token }).open(systemRuntime())],
  ];
  async function limiterOf(open: () => Store, count: number, deadlineMs = DEADLINE_MS): Promise<Limiter> {
    const store = open();
    stores.push(store);
    return (await store.openLimiter?.(prefix, rule(count), deadlineMs)) ?? expect.fail("it counts nothing");
  }

  /** Connecting may take longer than what a test allows. */
  const connected = (limiter: Limiter) =>
    expect.poll(async () => (await limiter.take("first")).allowed !== undefined, { timeout: 20_000 }).toBe(true);

  describe.each(homes)("in %s", (_, open) => {
    test("are one for all instances, and each client's own", async () => {
      const fleet = await Promise.all([1, 2, 3].map(() => limiterOf(open, 20)));
      const takes = Array.from({ length: 60 }, (__, n) => fleet[n % 3]?.take("203.0.113.9"));
      const verdicts = await Promise.all(takes);
      expect(verdicts.filter((verdict) => verdict?.allowed)).toHaveLength(20);
      const left = verdicts.flatMap((verdict) => (verdict?.allowed ? verdict.remaining : []));
      expect(left.sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (__, n) => n));
      expect((await fleet[0]?.take("2001:db8:1:2::/64"))?.allowed).toBe(true);
    });

    test("can be looked at, which takes nothing", async () => {
      const limiter = await limiterOf(open, 2);
      for (let n = 0; n < 3; n++) expect(await limiter.look("a")).toMatchObject({ allowed: true, remaining: 2 });
      await limiter.take("a");
      const { resetMs, ...last } = await limiter.take("a");
      expect(last).toEqual({ allowed: true, remaining: 0 });
      expect(resetMs).toBeGreaterThan(0);
      expect(resetMs).toBeLessThanOrEqual(HOUR_MS);
      expect(await limiter.look("a")).toMatchObject({ allowed: false, remaining: 0 });
    });

    test("keep nothing longer than their window", async () => {
      await (await limiterOf(open, 2)).take("a");
      const [key = ""] = /tidegate:test-\d+:limit:requests:a:\d+/.exec(await server.tell("KEYS", `${prefix}*`)) ?? [];
      const ttl = Number(/:(\d+)/.exec(await server.tell("PTTL", key))?.[1]);
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(HOUR_MS);
    });
  });

  test("in Redis that is away are told within the deadline, once; then at once, until a half second is over", async () => {
    const limiter = await limiterOf(() => redis(server.url).open(systemRuntime()), 3, 200);
    await connected(limiter);
    server.pause();
    try {
      const startedAt = performance.now();
      await expect(limiter.take("a")).rejects.toThrow(/within 200 ms/);
      const firstMs = performance.now() - startedAt;
      for (let n = 0; n < 100; n++) await expect(limiter.take("b")).rejects.toThrow(/away/);
      await expect(limiter.look("b")).rejects.toThrow(/away/);
      expect(firstMs).toBeGreaterThan(150);
    } finally {
      server.resume();
    }
    const answers = async () => (await limiter.look("a")).allowed;
    await expect.poll(() => answers().catch(() => false), { timeout: 20_000 }).toBe(true);
  });

  test("that were reached hold while the store is away", async () => {
    const limiter = await limiterOf(() => redis(server.url).open(systemRuntime()), 1, 200);
    await connected(limiter);
    await limiter.take("a");
    expect((await limiter.take("a")).allowed).toBe(false);
    server.pause();
    try {
      await expect(limiter.take("b")).rejects.toThrow();
      expect(await limiter.take("a")).toMatchObject({ allowed: false, remaining: 0 });
    } finally {
      server.resume();
    }
  });

  test("in a place that nobody answers at are refused, and repeat no secret", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const limiter = await limiterOf(() => upstash(nowhere, { token: "a-rest-token" }).open(systemRuntime()), 1);
    const error = await Promise.resolve(limiter.take("a")).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/count a request/);
    expect(String(error)).not.toContain("a-rest-token");
  });
});
