/** A guard over a real Redis that is in every kind of trouble: an event for the log, not for who calls. */
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import type { Log, LogFields } from "../../lib/log/port.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { eventually } from "../support/processes.ts";
import { redisUnavailable } from "../support/redis.ts";
import { DEADLINE_MS, PASSWORD, type RedisScene, redisScene, TROUBLES } from "../support/redis-troubles.ts";

/** Two instances share four permits. */
const ENV = {
  ...{ DB_POOL_SIZE: "4", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "30", DB_MAX_WAITING: "100" },
  ...{ EXPECTED_INSTANCES: "2", STATE_DEADLINE_MS: String(DEADLINE_MS), LOG_LEVEL: "error" },
};
const SHARE = 2;
const KEY = "{tidegate:test:main}";

interface Line {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

interface Instance {
  readonly guard: Guard;
  readonly lines: Line[];
  /** When each batch was sent. */
  readonly batches: number[];
}

describe.skipIf(redisUnavailable())(`a guard whose Redis ${redisUnavailable() ?? ""}`, () => {
  let scene: RedisScene;
  let opened: Store[] = [];
  beforeEach(async () => {
    scene = await redisScene();
  });
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
    await scene.close();
  });

  function instance(url = scene.url, env: Record<string, string> = {}): Instance {
    const runtime = systemRuntime();
    const store = redis(url, { adoptingMs: 200 }).open(runtime);
    opened.push(store);
    const batches: number[] = [];
    const counted: Store = {
      ...store,
      transact: (machine, key, batch) => {
        batches.push(performance.now());
        return store.transact(machine, key, batch);
      },
    };
    const { log, lines } = recordedLog();
    const rules = guardRules(readConfig({ ...ENV, ...env }), store.traits);
    const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
    return {
      guard: createGuard({ name: "main", store: counted, key: KEY, rules, about, runtime, log }),
      lines,
      batches,
    };
  }
  const storeEvents = ({ lines }: Instance) =>
    lines.filter(({ event }) => event.startsWith("store.")).map(({ event }) => event);
  const calls = async ({ guard }: Instance) => expect(await guard.run(() => "done")).toBe("done");
  const isAttached = (one: Instance, wanted: boolean) =>
    eventually(`attached is ${wanted}`, async () => {
      await calls(one);
      return one.guard.attached() === wanted;
    });
  /** At the first batch Redis learns the script, which on a busy machine can take longer than the deadline. */
  const settledIn = async (one: Instance) => {
    await isAttached(one, true);
    await eventually("the shared gate is asked", () => isShared(one));
    one.lines.length = 0;
  };
  /** Whether a permit of this instance is one of the shared gate, as somebody else sees it. */
  const isShared = async ({ guard }: Instance) => {
    const held = heldCall();
    const done = follow(guard.run(held.call));
    await eventually("the call starts", held.started);
    const permits = await scene.tell("ZCARD", `${KEY}:gate:permits`);
    held.succeed();
    await eventually("the call ends", () => done.result() !== null);
    expect(done.result()).toEqual({ value: "done" });
    return permits === 1;
  };

  describe.each(TROUBLES)("$name", ({ begin, end, found }) => {
    test("goes on within the local share, and returns when that is over", async () => {
      const one = instance();
      await settledIn(one);
      await begin(scene);
      await isAttached(one, false);
      const sent = one.batches.length;

      const held = [heldCall(), heldCall(), heldCall()];
      const results = held.map(({ call }) => follow(one.guard.run(call)));
      await eventually("the share runs", () => held.filter(({ started }) => started()).length === SHARE);
      expect(one.guard.waiting()).toBe(1);
      held[0]?.succeed();
      await eventually("the third has room", () => held[2]?.started());
      for (const { succeed } of held) succeed();
      await eventually("all are over", () => results.every(({ result }) => result() !== null));
      expect(results.map(({ result }) => result())).toEqual(held.map(() => ({ value: "done" })));
      await eventually("it was tried again, and again", () => one.batches.length >= sent + 2);
      expect(storeEvents(one)).toEqual(["store.away"]);

      await end(scene);
      await isAttached(one, true);
      await eventually("the shared gate is asked again", () => isShared(one));
      expect(storeEvents(one)).toEqual(["store.away", "store.back"]);
      const said = inspect(one.lines, { depth: 20 });
      expect(said).toMatch(found);
      expect(said).not.toContain(PASSWORD);
    });
  });

  test("comes and goes has one line in its log for each time", async () => {
    const one = instance();
    await settledIn(one);
    for (let time = 1; time <= 3; time++) {
      await scene.proxy.refuse();
      await isAttached(one, false);
      await scene.proxy.pass();
      await isAttached(one, true);
      expect(storeEvents(one)).toEqual(Array.from({ length: time }, () => ["store.away", "store.back"]).flat());
    }
  });

  test("swallows everything delays calls by one deadline once, and then by less than a millisecond", async () => {
    const one = instance();
    await settledIn(one);
    scene.proxy.swallow();
    const tookMs: number[] = [];
    for (let call = 0; call <= 1_000; call++) {
      const startedAt = performance.now();
      await calls(one);
      tookMs.push(performance.now() - startedAt);
    }
    const [first = Number.NaN, ...rest] = tookMs;
    expect(first).toBeGreaterThanOrEqual(DEADLINE_MS - 1);
    expect(rest.filter((ms) => ms >= DEADLINE_MS)).toEqual([]);
    expect(rest.toSorted((a, b) => a - b)[rest.length / 2]).toBeLessThan(1);
  });

  test("is back is not flooded by who waited for that", async () => {
    const one = instance();
    await settledIn(one);
    scene.server.pause();
    await isAttached(one, false);
    const held = Array.from({ length: 40 }, heldCall);
    const results = held.map(({ call }) => follow(one.guard.run(call)));
    const running = () => held.filter(({ started }) => started()).length;
    await eventually("the share runs", () => running() === SHARE);
    scene.server.resume();
    await eventually("it is attached", () => one.guard.attached());
    const backAt = performance.now();
    await eventually("the shared gate gives what it has", () => running() === SHARE + 4);
    await eventually("a second is over", () => performance.now() - backAt >= 1_000);
    // All who wait in one batch, what is told of the fleet, and a sign of life each second.
    expect(one.batches.filter((at) => at >= backAt && at < backAt + 1_000).length).toBeLessThanOrEqual(6);
    expect(running()).toBe(SHARE + 4);
    await eventually("all are over", () => {
      for (const { started, succeed } of held) if (started()) succeed();
      return results.every(({ result }) => result() !== null);
    });
    expect(results.map(({ result }) => result())).toEqual(held.map(() => ({ value: "done" })));
  });

  test("is away grants nothing but health where STATE_FALLBACK is closed", async () => {
    const one = instance(scene.url, { STATE_FALLBACK: "closed" });
    const ask = () => one.guard.run(() => "done").catch(() => "refused");
    await eventually("the new gate has heard its holders", async () => (await ask()) === "done");
    await scene.proxy.refuse();
    await eventually("it is away", async () => (await ask()) === "refused" && !one.guard.attached());
    for (const lane of ["request", "slow"] as const) {
      await expect(one.guard.run(() => "done", { lane })).rejects.toMatchObject({ refusal: { reason: "detached" } });
    }
    expect(await one.guard.run(() => "done", { lane: "health" })).toBe("done");
  });

  test("is away says so in health, but not where it is", async () => {
    const { log, lines } = recordedLog();
    const env = { ...ENV, HEALTH_MEMO_TTL_SECONDS: "0", STATE_URL: scene.url };
    const database = fakeDatabase(() => [{ id: 1 }]);
    const tide = tidegate({ database, store: redis(scene.url), config: readConfig(env), log });
    const health = async () => {
      const answer = await tide.routes().request("/health");
      const body = await answer.text();
      expect(body).not.toMatch(new RegExp(`${PASSWORD}|127\\.0\\.0\\.1|${scene.proxy.port}`));
      return { status: answer.status, ...JSON.parse(body) };
    };
    await eventually("all is well", async () => (await health()).degraded_reason === null);
    await scene.proxy.refuse();
    const away = await eventually("it is told", async () => {
      const told = await health();
      return told.degraded_reason !== null && told;
    });
    expect(away).toMatchObject({
      ...{ status: "degraded", degraded_reason: "redis_unavailable" },
      ...{ services: { database: "ok", redis: "error" }, state_store: { kind: "redis", status: "error" } },
    });
    await scene.proxy.pass();
    await eventually("all is well again", async () => (await health()).degraded_reason === null);
    expect(inspect(lines, { depth: 20 })).not.toContain(PASSWORD);
    await tide.close();
  });
});

function recordedLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  return { log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") }, lines };
}
