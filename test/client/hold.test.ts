/** While a service is degraded, every call to it waits: those of the page, and of its other tabs. */
import { describe, expect, test } from "vitest";
import { browserOf, fine, problem, tab } from "./scene.ts";

const exhausted = problem("DB_POOL_EXHAUSTED", 503, 20);

test("calls wait until the service wants them, each a little differently", async () => {
  const { get, end, calls, times } = tab((_, call) => (call === 1 ? exhausted : fine));
  await end(get("/api/a"));
  await end(Promise.all([get("/api/b"), get("/api/c"), get("/other")]));
  expect(calls).toHaveLength(4);
  const [, ...later] = times();
  for (const at of later) {
    expect(at).toBeGreaterThanOrEqual(20_000);
    expect(at).toBeLessThan(21_000);
  }
  expect(new Set(later).size).toBe(3);
});

test.each(["/health", "/health/deep", "/admin", "/admin/api/audit"])(
  "%s never waits, and holds nobody up",
  async (path) => {
    const { get, end, times } = tab(({ pathname }) => (pathname === path ? { ...exhausted } : fine));
    await end(get(path));
    await end(get("/api/a"));
    expect(times()).toEqual([0, 0]);
    const held = tab((_, call) => (call === 1 ? exhausted : fine));
    await held.end(held.get("/api/a"));
    await held.end(held.get(path));
    expect(held.times()).toEqual([0, 0]);
  },
);

test("another service is not meant", async () => {
  const { get, end, client, times } = tab((_, call) => (call === 1 ? exhausted : fine));
  await end(get("/api/a"));
  await end(client.get("https://other.example/api/a"));
  expect(times()).toEqual([0, 0]);
});

test("a rate limit is this caller's own, and holds nobody else up", async () => {
  const { get, end, times } = tab((_, call) => (call === 1 ? problem("TOO_MANY_REQUESTS", 429, 20) : fine));
  await end(get("/api/a"));
  await end(get("/api/b"));
  expect(times()).toEqual([0, 0]);
});

describe("other tabs", () => {
  test("wait as well, and are told", async () => {
    const browser = browserOf();
    const here = tab(() => exhausted, browser);
    const there = tab(() => fine, browser);
    await here.end(here.get("/api/a"));
    expect(there.events).toMatchObject([{ type: "degraded", code: "DB_POOL_EXHAUSTED", secondsLeft: 20 }]);
    await there.end(there.get("/api/a"));
    expect(there.times()[0]).toBeGreaterThanOrEqual(20_000);
    expect(there.events.map(({ type }) => type)).toEqual(["degraded", "recovered"]);
  });

  test("may make the time longer, also for those who wait already, and not shorter", async () => {
    const browser = browserOf();
    const here = tab((_, call) => (call === 1 ? exhausted : fine), browser);
    const there = tab((url) => problem("DB_POOL_EXHAUSTED", 503, url.searchParams.has("long") ? 40 : 1), browser);
    // Both are out when the first refusal comes.
    const out = [there.get("/api/b?short=", { retries: 0 }), there.get("/api/b?long=", { retries: 0 })];
    await here.end(Promise.allSettled([here.get("/api/a"), ...out]));
    await here.end(here.get("/api/a"));
    expect(here.times()[1]).toBeGreaterThanOrEqual(40_000);
  });

  test.each([
    ["not JSON", "{"],
    ["no time", '{"until":"soon"}'],
    ["a time that no service asked for", JSON.stringify({ until: Date.UTC(2030, 0, 1) })],
    ["nothing", "null"],
  ])("cannot hold this one up with %s", async (_, text) => {
    const browser = browserOf();
    browser.stored.set("tidegate:hold:https://plant.example", text);
    const { get, end, times } = tab(() => fine, browser);
    await end(get("/api/a"));
    expect(times()).toEqual([0]);
  });
});

test("nobody waits for ever, however often it is made longer", async () => {
  const browser = browserOf();
  const here = tab(() => exhausted, browser);
  const there = tab(() => fine, browser);
  await here.end(here.get("/api/a"));
  const call = there.get("/api/b");
  // Somebody who does not wait keeps it going.
  for (let round = 0; round < 10; round++) {
    browser.stored.set(
      "tidegate:hold:https://plant.example",
      JSON.stringify({ until: browser.runtime.wallMs() + 20_000, code: null, message: "" }),
    );
    await browser.runtime.advance(10_000);
  }
  expect(await there.end(call)).toEqual({ value: fine.body });
  expect(there.times()[0]).toBeLessThan(85_000);
});

describe("events", () => {
  test("tell of the wait with its end, of the attempt to come, and of the recovery, once", async () => {
    const { get, end, events, runtime } = tab((_, call) =>
      call === 1 ? problem("CIRCUIT_BREAKER_OPEN", 503, 8) : fine,
    );
    await end(get("/api/a"));
    await end(get("/api/a"));
    const url = "https://plant.example/api/a";
    expect(events).toMatchObject([
      { type: "degraded", url, code: "CIRCUIT_BREAKER_OPEN", secondsLeft: 8, requestId: "req-1" },
      { type: "retrying", url, code: "CIRCUIT_BREAKER_OPEN", attempt: 2 },
      { type: "recovered", url },
    ]);
    expect(events[0]?.until).toBe(Date.UTC(2026, 0, 1) + 8_000);
    expect(events[1]?.secondsLeft).toBeGreaterThanOrEqual(8);
    expect(runtime.pendingTimers()).toBe(0);
  });

  test("do not come of silent calls; the next that is heard tells of the recovery", async () => {
    const { get, end, events } = tab((_, call) => (call === 1 ? exhausted : fine));
    await end(get("/api/a", { silent: true }));
    await end(get("/api/a", { silent: true }));
    expect(events).toEqual([]);
    await end(get("/api/a"));
    expect(events).toMatchObject([{ type: "recovered" }]);
  });

  test("an answer to a call that was out before the refusal is no recovery", async () => {
    const { client, get, end, events, runtime } = tab(({ pathname }) => (pathname === "/api/a" ? exhausted : "hang"));
    void client;
    const before = get("/api/slow", { timeout: 10_000, retries: 0 });
    await end(get("/api/a"));
    await end(before.catch(() => null));
    expect(events.map(({ type }) => type)).toEqual(["degraded"]);
    expect(runtime.pendingTimers()).toBe(0);
  });

  test("a listener that throws disturbs neither call nor listeners, and one that left hears nothing", async () => {
    const { client, get, end, events } = tab(() => exhausted);
    client.on("degraded", () => {
      throw new Error("mine");
    });
    const heard: unknown[] = [];
    client.on("degraded", (event) => void heard.push(event));
    client.on("degraded", (event) => void heard.push(event))();
    expect((await end(get("/api/a"))).error).toMatchObject({ errorCode: "DB_POOL_EXHAUSTED" });
    expect(heard).toHaveLength(1);
    expect(events).toHaveLength(1);
  });
});
