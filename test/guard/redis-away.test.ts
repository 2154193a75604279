/** A guard over a real Redis that is in every kind of trouble: an event for the log, not for who calls. */
import { setTimeout } from "node:timers/promises";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { redis as redisStore } from "../../lib/store/redis/redis.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { ENV, type GuardedRedis, guardedRedis, LEASE_MS, recordedLog, SHARE } from "../support/guarded-redis.ts";
import { eventually } from "../support/processes.ts";
import { redisUnavailable } from "../support/redis.ts";
import { PASSWORD, TROUBLES } from "../support/redis-troubles.ts";

describe.skipIf(redisUnavailable())(`a guard whose Redis ${redisUnavailable() ?? ""}`, () => {
  let redis: GuardedRedis;
  beforeEach(async () => {
    redis = await guardedRedis();
  });
  afterEach(() => redis.close());

  describe.each(TROUBLES)("$name", ({ begin, end, found }) => {
    test("goes on within the local share, and returns when that is over", async () => {
      const one = redis.instance();
      await one.settledIn();
      await begin(redis.scene);
      await one.isAttached(false);
      const sent = one.renewals.length;
      await setTimeout(LEASE_MS);

      const held = [heldCall(), heldCall(), heldCall()];
      const results = held.map(({ call }) => follow(one.guard.run(call)));
      await eventually("the share runs", () => held.filter(({ started }) => started()).length === SHARE);
      expect(one.guard.waiting()).toBe(1);
      held[0]?.succeed();
      await eventually("the third has room", () => held[2]?.started());
      for (const { succeed } of held) succeed();
      await eventually("all are over", () => results.every(({ result }) => result() !== null));
      expect(results.map(({ result }) => result())).toEqual(held.map(() => ({ value: "done" })));
      await eventually("it was tried again, and again", () => one.renewals.length >= sent + 2);
      expect(one.storeEvents()).toEqual(["store.away"]);

      await end(redis.scene);
      await one.isAttached(true);
      await eventually("the shared gate is asked again", one.isShared);
      expect(one.storeEvents()).toEqual(["store.away", "store.back"]);
      const said = inspect(one.lines, { depth: 20 });
      expect(said).toMatch(found);
      expect(said).not.toContain(PASSWORD);
    });
  });

  test("comes and goes has one line in its log for each time", async () => {
    const one = redis.instance();
    await one.settledIn();
    for (let time = 1; time <= 3; time++) {
      await redis.scene.proxy.refuse();
      await one.isAttached(false);
      await redis.scene.proxy.pass();
      await one.isAttached(true);
      expect(one.storeEvents()).toEqual(Array.from({ length: time }, () => ["store.away", "store.back"]).flat());
    }
  });

  test("is away grants nothing but health where STATE_FALLBACK is closed", async () => {
    const one = redis.instance({ STATE_FALLBACK: "closed" });
    const ask = () => one.guard.run(() => "done").catch(() => "refused");
    await eventually("it is let in", async () => (await ask()) === "done");
    await redis.scene.proxy.refuse();
    await eventually("it is away", async () => (await ask()) === "refused" && !one.guard.attached());
    for (const lane of ["request", "slow"] as const) {
      await expect(one.guard.run(() => "done", { lane })).rejects.toMatchObject({ refusal: { reason: "detached" } });
    }
    expect(await one.guard.run(() => "done", { lane: "health" })).toBe("done");
  });

  test("is away says so in health, but not where it is", async () => {
    const { log, lines } = recordedLog();
    const env = { ...ENV, HEALTH_MEMO_TTL_SECONDS: "0", STATE_URL: redis.scene.url };
    const database = fakeDatabase(() => [{ id: 1 }]);
    const tide = tidegate({ database, store: redisStore(redis.scene.url), config: readConfig(env), log });
    const health = async () => {
      const answer = await tide.routes().request("/health");
      const body = await answer.text();
      expect(body).not.toMatch(new RegExp(`${PASSWORD}|127\\.0\\.0\\.1|${redis.scene.proxy.port}`));
      return { status: answer.status, ...JSON.parse(body) };
    };
    await eventually("all is well", async () => (await health()).degraded_reason === null);
    await redis.scene.proxy.refuse();
    const away = await eventually("it is told", async () => {
      const told = await health();
      return told.degraded_reason !== null && told;
    });
    expect(away).toMatchObject({
      ...{ status: "degraded", degraded_reason: "redis_unavailable" },
      ...{ services: { database: "ok", redis: "error" }, state_store: { kind: "redis", status: "error" } },
    });
    await redis.scene.proxy.pass();
    await eventually("all is well again", async () => (await health()).degraded_reason === null);
    expect(inspect(lines, { depth: 20 })).not.toContain(PASSWORD);
    await tide.close();
  });
});
