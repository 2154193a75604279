/** Answers at hand, and those of the fleet behind them. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { createKeptMemory } from "../../lib/kept/memory.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { fakeDatabase, manualRuntime, openBreaker } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { afterAnswers } from "../support/after-answers.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { countedHome } from "./counted-home.ts";
import { keptScene } from "./scene.ts";

const NOTHING = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const config = readConfig({ APP_ENV: "testing", RATE_LIMIT_PER_MINUTE: "0" });
const away = () => {
  throw new DatabaseError("connection", "The database could not be reached.");
};

test("what is at hand is bounded by its bytes, and what was asked for longest ago goes first", () => {
  const [largest, runtime] = [1_000_000, manualRuntime()];
  const kept = createKeptMemory(runtime, largest);
  const set = (key: string, content: string) => kept.set({ key, tags: ["all"], takenMs: 0, content }, 0, 60_000);
  set("asked for", "x".repeat(1_000));
  for (let n = 0; n < 100_000; n++) {
    set(`key ${n}`, "x".repeat(500));
    if (n % 100 === 0) expect(kept.get("asked for")).not.toBeNull();
  }
  expect(kept.bytes).toBeLessThanOrEqual(largest);
  expect(kept.entries).toBeGreaterThan(400);
  expect(kept.get("key 99999")).not.toBeNull();
  expect(kept.get("key 0")).toBeNull();
});

test("a text takes as much of that as engines take for it, and for what is read of it", () => {
  const bytesOf = (content: string) => {
    const kept = createKeptMemory(manualRuntime());
    kept.set({ key: "", tags: [], takenMs: 0, content }, 0, 60_000);
    return kept.bytes;
  };
  expect(bytesOf("x".repeat(10_000)) - bytesOf("")).toBe(30_000);
  expect(bytesOf("漢".repeat(10_000)) - bytesOf("")).toBe(60_000);
});

describe("a place that is away", () => {
  test("costs nobody more than half a second, and nobody anything for a second after that", async () => {
    const home = countedHome();
    const scene = keptScene({ keepHome: home });
    await scene.ask();
    await openBreaker(scene.tide);
    home.trouble = () => new Promise<never>(() => {});
    await scene.runtime.advance(10_000);
    const first = scene.app.request("/stock");
    await scene.runtime.advance(499);
    const asked = home.gets;
    await scene.runtime.advance(1);
    expect([(await first).status, home.gets - asked]).toEqual([200, 0]);
    for (let n = 0; n < 20; n++) expect((await scene.app.request("/stock")).status).toBe(200);
    expect(home.gets).toBe(asked);
    await scene.runtime.advance(1_000);
    const later = scene.app.request("/stock");
    await scene.runtime.advance(500);
    expect([(await later).status, home.gets]).toEqual([200, asked + 1]);
  });

  test("or that refuses is as one that has nothing, and answers go on from memory", async () => {
    const home = countedHome();
    const scene = keptScene({ keepHome: home, keep: { freshSeconds: 5 } });
    home.trouble = () => Promise.reject(new Error("refused"));
    expect((await scene.ask()).status).toBe(200);
    expect((await scene.ask()).headers.get("cache-status")).toBe("tidegate; hit; ttl=5");
    await scene.runtime.advance(60_000);
    await openBreaker(scene.tide);
    expect((await scene.ask()).headers.get("cache-status")).toMatch(/fwd=stale/);
  });

  test("is asked once a second for each question while the database is away, however many ask", async () => {
    const runtime = manualRuntime();
    const home = countedHome(runtime);
    const scene = keptScene({ keepHome: home, runtime });
    await scene.ask();
    await openBreaker(scene.tide);
    await scene.runtime.advance(60_000);
    for (let n = 0; n < 50; n++) expect((await scene.ask()).status).toBe(200);
    expect(home.gets).toBe(1);
    await scene.runtime.advance(1_000);
    for (let n = 0; n < 50; n++) expect((await scene.ask()).headers.get("age")).toBe("61");
    expect(home.gets).toBe(2);
  });
});

test("what another instance has kept is at hand once it was found", async () => {
  const home = countedHome();
  const one = keptScene({ keepHome: home, keep: { freshSeconds: 60 } });
  const other = keptScene({ keepHome: home, keep: { freshSeconds: 60 } });
  await one.ask();
  for (let n = 0; n < 5; n++) expect((await other.ask()).headers.get("cache-status")).toBe("tidegate; hit; ttl=60");
  // Once by the one that had nothing, once by the other.
  expect([home.gets, one.asked.length, other.asked.length]).toEqual([2, 1, 0]);
});

test.skipIf(redisUnavailable() !== undefined)(
  `instances whose clocks are an hour apart agree on ages, by the store's ${redisUnavailable() ?? ""}`,
  async () => {
    const server = await startRedis();
    const instance = (aheadMs: number) => {
      const system = systemRuntime();
      const { waitUntil, settled } = afterAnswers();
      const tide = tidegate({
        ...{ database: fakeDatabase(() => []), store: redis(server.url), config, log: NOTHING },
        runtime: { ...system, wallMs: () => system.wallMs() + aheadMs },
        waitUntil,
      });
      return { tide, settled };
    };
    const [fast, slow] = [instance(3_600_000), instance(-3_600_000)];
    try {
      await fast.tide.kept("of the fast one", () => 1);
      await slow.tide.kept("of the slow one", () => 2);
      await Promise.all([fast.settled(), slow.settled()]);
      const ages = [
        await slow.tide.kept("of the fast one", away, { staleSeconds: 60 }),
        await fast.tide.kept("of the slow one", away, { staleSeconds: 60 }),
      ].map(({ ageMs, stale }) => [stale, ageMs >= 0 && ageMs < 30_000]);
      expect(ages).toEqual([
        [true, true],
        [true, true],
      ]);
    } finally {
      await Promise.all([fast.tide.close(), slow.tide.close()]);
      await server.dispose();
    }
  },
);
