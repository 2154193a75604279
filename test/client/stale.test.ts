/** Old answers that stand in for new ones: they are successes, are told as what they are, and hold up nothing else. */
import { describe, expect, test } from "vitest";
import { staleIn } from "../../lib/client/stale.ts";
import { type Answer, browserOf, fine, old, problem, type Script, tab } from "./scene.ts";

const ORIGIN = "https://plant.example";
const well: Answer = {
  body: { services: { database: "ok" }, circuit_breaker: { state: "CLOSED" }, age_ms: 0 },
};
/** Old answers up to the given one. */
const oldUntil = (last: number, hint: number | null = 20): Script => {
  let calls = 0;
  return ({ pathname }) => (pathname === "/health" ? well : ++calls <= last ? old(hint) : fine);
};

describe("an answer that the service has kept", () => {
  test("is the call's answer, and told with its age, why, and when there may be a new one", async () => {
    const { get, end, events } = tab(oldUntil(1));
    expect((await end(get("/api/a?b=1"))).value).toEqual(old(20).body);
    expect(events).toEqual([
      {
        ...{ type: "stale", url: `${ORIGIN}/api/a?b=1`, code: "CIRCUIT_BREAKER_OPEN" },
        ...{ asOf: Date.UTC(2026, 0, 1) - 90_000, ageSeconds: 90, retryAfterSeconds: 20 },
      },
    ]);
  });

  test("holds up no other address, and writes nothing for other tabs", async () => {
    const browser = browserOf();
    const here = tab(({ pathname }) => (pathname === "/api/a" ? old(20) : fine), browser);
    await here.end(here.get("/api/a"));
    await here.end(Promise.all([here.get("/api/b"), here.get("/api/a?c=1"), here.post("/api/a", {})]));
    expect(here.times()).toEqual([0, 0, 0, 0]);
    expect([...browser.stored]).toEqual([]);
    const there = tab(() => old(20), browser);
    await there.end(there.get("/api/a"));
    expect(there.calls).toHaveLength(1);
  });

  test.each<[string, number | null, number]>([
    ["as long as the service said", 20, 20_000],
    ["3 s where it said less", 1, 3_000],
    ["3 s where it said nothing", null, 3_000],
    ["60 s where it said more", 600, 60_000],
  ])("makes the next call to its address wait %s", async (_, hint, ms) => {
    const { get, end, times, runtime } = tab(oldUntil(2, hint));
    for (const _call of [1, 2, 3]) await end(get("/api/a"));
    const [first = 0, second = 0, third = 0] = times();
    for (const pauseMs of [second - first, third - second]) {
      expect(pauseMs).toBeGreaterThanOrEqual(ms);
      expect(pauseMs).toBeLessThan(ms + 1_200);
    }
    expect(runtime.pendingTimers()).toBe(0);
  });

  test("never waits where people look", async () => {
    const { get, end, times } = tab(() => old(20));
    for (const _call of [1, 2]) await end(get("/admin/api/audit"));
    expect(times()).toEqual([0, 0]);
  });

  test("is followed by the news that there is a new one, once", async () => {
    const { get, end, events } = tab(oldUntil(2));
    for (const _call of [1, 2, 3, 4]) await end(get("/api/a"));
    expect(events.map(({ type }) => type)).toEqual(["stale", "stale", "fresh"]);
    expect(events.at(-1)).toEqual({ type: "fresh", url: `${ORIGIN}/api/a` });
  });

  test("of a silent call is told nobody", async () => {
    const { get, end, events } = tab(oldUntil(1));
    await end(get("/api/a", { silent: true }));
    expect(events).toEqual([]);
  });

  test("is no sign that a gate has recovered", async () => {
    const script: Script = (_, call) => (call === 1 ? problem("CIRCUIT_BREAKER_OPEN", 503, 5) : old(5));
    const { get, end, events } = tab(script);
    await end(get("/api/b", { retries: 0 }));
    await end(get("/api/a"));
    expect(events.map(({ type }) => type)).toEqual(["degraded", "stale"]);
  });

  test("gives a caller that gives up its way while it waits", async () => {
    const { get, end, calls, runtime } = tab(oldUntil(1));
    await end(get("/api/a"));
    const controller = new AbortController();
    const call = end(get("/api/a", { signal: controller.signal }));
    await runtime.advance(1_000);
    controller.abort();
    expect((await call).error).toMatchObject({ isUserAbort: true });
    expect(calls).toHaveLength(1);
    expect(runtime.pendingTimers()).toBe(0);
  });
});

describe("health", () => {
  const at = ({ calls }: ReturnType<typeof tab>, path: string) =>
    calls.filter(({ line }) => line === `GET ${path}`).map(({ atMs }) => atMs);

  test("ends the wait once all is well, in every tab that waits", async () => {
    const browser = browserOf();
    const tabs = [tab(oldUntil(1, 60), browser, "/health"), tab(oldUntil(1, 60), browser, "/health")];
    const [one] = tabs as [ReturnType<typeof tab>];
    await one.end(Promise.all(tabs.map((each) => each.get("/api/a"))));
    const answers = await one.end(Promise.all(tabs.map((each) => each.get("/api/a"))));
    expect(answers.value).toEqual([fine.body, fine.body]);
    for (const each of tabs) expect(at(each, "/api/a")[1]).toBeLessThan(9_500);
    expect(tabs.flatMap((each) => at(each, "/health"))).toHaveLength(1);
  });

  test("knows nothing of an address that is answered so again: the next wait is as long as the service said", async () => {
    const here = tab(oldUntil(2, 60), browserOf(), "/health");
    for (const _call of [1, 2, 3]) await here.end(here.get("/api/a"));
    const [, second = 0, third = 0] = at(here, "/api/a");
    expect(second).toBeLessThan(9_500);
    expect(third - second).toBeGreaterThanOrEqual(60_000);
    expect(at(here, "/health")).toHaveLength(1);
  });

  test.each(["DB_POOL_EXHAUSTED", "SERVICE_UNAVAILABLE"])("has no verdict about %s, and is not asked", async (code) => {
    const here = tab((_, call) => (call === 1 ? old(20, code) : fine), browserOf(), "/health");
    for (const _call of [1, 2]) await here.end(here.get("/api/a"));
    expect(at(here, "/health")).toEqual([]);
    expect(at(here, "/api/a")[1]).toBeGreaterThanOrEqual(20_000);
  });
});

describe("whether an answer is old", () => {
  const now = Date.UTC(2026, 0, 1);
  const body = { meta: { stale: { as_of: "2025-12-31T23:00:00.000Z", age_seconds: 3_600, code: "X" } } };
  const of = (status: string | null, more: Record<string, string> = {}, given: unknown = {}) =>
    staleIn(new Headers({ ...more, ...(status !== null && { "cache-status": status }) }), given, now);

  test.each([
    "tidegate; hit; fwd=stale; detail=CIRCUIT_BREAKER_OPEN",
    "tidegate;hit;fwd=stale;detail=CIRCUIT_BREAKER_OPEN",
    'tidegate; hit; fwd=stale; detail="CIRCUIT_BREAKER_OPEN"',
    'origin; fwd=miss; detail="a, tidegate; b", tidegate; hit; fwd=stale; detail=CIRCUIT_BREAKER_OPEN, cdn; fwd=miss',
  ])("is said by %s", (status) => {
    expect(of(status, { age: "90" })).toEqual({
      ...{ asOf: now - 90_000, ageSeconds: 90, code: "CIRCUIT_BREAKER_OPEN", retryAfterSeconds: null },
    });
  });

  test.each([
    "tidegate; hit; ttl=4",
    "tidegate; fwd=miss",
    "tidegate; fwd=stale",
    "cdn; hit; fwd=stale",
    'cdn; detail="tidegate; hit; fwd=stale"',
    "",
    ";;,=;",
  ])("is not said by %o, whatever another answer has left in the headers", (status) => {
    const left = { age: "90", "tidegate-as-of": "2025-12-31T23:00:00.000Z", "retry-after": "20" };
    expect(of(status, left, body)).toBeNull();
  });

  test("is read from the body where no header can be seen", () => {
    expect(of(null, {}, body)).toEqual({
      ...{ asOf: now - 3_600_000, ageSeconds: 3_600, code: "X", retryAfterSeconds: null },
    });
    for (const other of [{}, null, { meta: { stale: true } }, { meta: { stale: null } }]) {
      expect(of(null, {}, other)).toBeNull();
    }
  });

  test("is said without a time that can be read, and is then as good as now", () => {
    expect(of("tidegate; hit; fwd=stale", { age: "old", "tidegate-as-of": "noon" })).toEqual({
      ...{ asOf: now, ageSeconds: 0, code: null, retryAfterSeconds: null },
    });
  });
});
