/** What an outage of a real Redis costs: its callers, while it lasts, and itself when it is back. */
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { follow, heldCall } from "../support/guarded.ts";
import { type GuardedRedis, guardedRedis, IDLE_MS, LEASE_MS, SHARE } from "../support/guarded-redis.ts";
import { eventually } from "../support/processes.ts";
import { redisUnavailable } from "../support/redis.ts";
import { DEADLINE_MS } from "../support/redis-troubles.ts";

describe.skipIf(redisUnavailable())(`a guard whose Redis ${redisUnavailable() ?? ""}`, () => {
  let redis: GuardedRedis;
  beforeEach(async () => {
    redis = await guardedRedis();
  });
  afterEach(() => redis.close());

  test("swallows everything delays no call while the lease lasts", async () => {
    const one = redis.instance();
    await one.settledIn();
    redis.scene.proxy.swallow();
    const startedAt = performance.now();
    let longestMs = 0;
    while (performance.now() - startedAt < LEASE_MS / 2) {
      const calledAt = performance.now();
      await one.call();
      longestMs = Math.max(longestMs, performance.now() - calledAt);
      await setTimeout(1);
    }
    expect(one.guard.attached()).toBe(false);
    expect(longestMs).toBeLessThan(DEADLINE_MS);
  });

  test("swallows everything delays calls by one deadline once, where nothing is leased, and then by less than a millisecond", async () => {
    const one = redis.instance();
    await one.settledIn();
    await setTimeout(IDLE_MS);
    redis.scene.proxy.swallow();
    const tookMs: number[] = [];
    for (let call = 0; call <= 1_000; call++) {
      const startedAt = performance.now();
      await one.call();
      tookMs.push(performance.now() - startedAt);
    }
    const [first = Number.NaN, ...rest] = tookMs;
    expect(first).toBeGreaterThanOrEqual(DEADLINE_MS - 1);
    expect(rest.filter((ms) => ms >= DEADLINE_MS)).toEqual([]);
    expect(rest.toSorted((a, b) => a - b)[rest.length / 2]).toBeLessThan(1);
  });

  test("is back is not flooded by who waited for that", async () => {
    const one = redis.instance();
    await one.settledIn();
    redis.scene.server.pause();
    await one.isAttached(false);
    await setTimeout(LEASE_MS);
    const held = Array.from({ length: 40 }, heldCall);
    const results = held.map(({ call }) => follow(one.guard.run(call)));
    const running = () => held.filter(({ started }) => started()).length;
    await eventually("the share runs", () => running() === SHARE);
    redis.scene.server.resume();
    await eventually("it is attached", () => one.guard.attached());
    const backAt = performance.now();
    // What still runs of the share takes up room.
    await eventually("the shared gate gives what it has left", () => running() === 4);
    await eventually("a second is over", () => performance.now() - backAt >= 1_000);
    // All who wait in one renewal, a quarter of a second apart, and what the gate pushes.
    expect(one.renewals.filter((at) => at >= backAt && at < backAt + 1_000).length).toBeLessThanOrEqual(8);
    expect(running()).toBe(4);
    await eventually("all are over", () => {
      for (const { started, succeed } of held) if (started()) succeed();
      return results.every(({ result }) => result() !== null);
    });
    expect(results.map(({ result }) => result())).toEqual(held.map(() => ({ value: "done" })));
  });
});
