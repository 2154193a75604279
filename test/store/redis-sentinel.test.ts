/** A real Redis that three Sentinels watch: its primary dies, twice. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { because } from "../support/because.ts";
import { eventually } from "../support/processes.ts";
import { redisUnavailable } from "../support/redis.ts";
import { startWatchedRedis, type WatchedRedis } from "../support/redis-sentinels.ts";
import { Caller, ONE } from "./caller.ts";

const unavailable = redisUnavailable();

describe.skipIf(unavailable)(`a Redis with Sentinels${because(unavailable)}`, () => {
  let watched: WatchedRedis;
  beforeAll(async () => {
    watched = await startWatchedRedis();
  });
  afterAll(() => watched?.dispose());

  function open(url = watched.url): Store {
    const store = redis(url).open(systemRuntime());
    onTestFinished(() => store.close());
    return store;
  }
  const said = (store: Store) =>
    Promise.resolve()
      .then(() => store.kv.get("value"))
      .then(String, (error: Error) => error.message);

  test("is found again after its primary died, and once more after the next has", async () => {
    const store = open();
    const a = new Caller(store, "{tidegate:watched:main}", "a", ONE);
    await a.needs(1);
    const heard: string[] = [];
    store.onPush("tidegate:watched", "b", (_key, message) => heard.push(message));
    for (const turn of ["first", "second"]) {
      const primary = await watched.primary();
      await primary.kill();
      await expect(a.again()).rejects.toThrow(/a server that answers is needed/);
      await eventually("another is primary", async () => (await watched.primary()) !== primary, 30_000);
      const promoted = await watched.primary();
      await eventually("it takes writes", async () => (await promoted.tell("ROLE")).includes("master"), 30_000);
      const promotedAt = performance.now();
      await eventually(`it is back, the ${turn} time`, () => a.again().catch(() => undefined));
      expect(performance.now() - promotedAt).toBeLessThan(1_000);
      expect((await a.views()).lanes.request.held).toBe(1);
      await primary.start();
      const follows = async () => (await primary.tell("ROLE")).includes("slave");
      await eventually("the old one follows the new one", follows, 30_000);
    }
    const b = new Caller(store, "{tidegate:watched:main}", "b", ONE);
    await eventually("pushes are heard again", async () => {
      await b.needs(1);
      await a.needs(0);
      await a.needs(1);
      await b.needs(0);
      return heard.length > 0;
    });
  });

  test("without the primary that is named says so, and who was asked", async () => {
    const message = await said(open(watched.url.replace(/main$/, "other")));
    expect(message).toMatch(/no Sentinel says where "other" is: 127\.0\.0\.1:\d+: it watches no "other"; 127/);
  });

  test("is found though most of its Sentinels are gone", async () => {
    const [one] = watched.sentinels;
    const store = open(`redis+sentinel://127.0.0.1:1,127.0.0.1:2,127.0.0.1:${one?.port}/main`);
    expect(await said(store)).toBe("null");
  });

  test("is not its Sentinel: a URL of one alone says what to write", async () => {
    const store = open(`redis://127.0.0.1:${watched.sentinels[0]?.port}`);
    expect(await said(store)).toContain("it is a Sentinel, which keeps nothing: write redis+sentinel://");
  });
});
