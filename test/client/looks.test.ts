/** A hold ends sooner than the service said once its health says that all is well; one tab asks for all. */
import { describe, expect, test } from "vitest";
import { type Answer, browserOf, fine, problem, type Script, tab } from "./scene.ts";

const open = problem("CIRCUIT_BREAKER_OPEN", 503, 60, "main");
const verdict = (more: object = {}): Answer => ({
  body: { services: { database: "ok" }, circuit_breaker: { state: "CLOSED" }, age_ms: 0, ...more },
});
const ill: Answer = { ...verdict({ services: { database: "error" } }), status: 503 };

/** Refuses once; what health says is the test's to say. */
const refusing = (health: (look: number) => ReturnType<Script>, refusal = open): Script =>
  (() => {
    let looks = 0;
    let calls = 0;
    return ({ pathname }) => {
      if (pathname === "/health") return health(++looks);
      return ++calls === 1 ? refusal : fine;
    };
  })();
const page = (script: Script, browser = browserOf()) => tab(script, browser, "/health");
const at = ({ calls }: ReturnType<typeof tab>, path: string) =>
  calls.filter(({ line }) => line === `GET ${path}`).map(({ atMs }) => atMs);

test("a call that is held goes on soon after health says that the database answers and the breaker is closed", async () => {
  const here = page(refusing((look) => (look < 3 ? ill : verdict())));
  await here.end(here.get("/api/a", { retries: 0 }));
  await here.end(here.get("/api/b"));
  const looks = at(here, "/health");
  expect(looks).toHaveLength(3);
  expect(at(here, "/api/b")[0]).toBeGreaterThanOrEqual(looks[2] ?? Number.NaN);
  expect(at(here, "/api/b")[0]).toBeLessThan((looks[2] ?? 0) + 1_100);
  for (const [before, look] of looks.entries()) {
    const pauseMs = look - (looks[before - 1] ?? 0);
    expect(pauseMs).toBeGreaterThanOrEqual(5_000);
    expect(pauseMs).toBeLessThan(8_000);
  }
  expect(here.runtime.pendingTimers()).toBe(0);
});

test("where the service has no database of its own, the breaker alone says that all is well", async () => {
  const here = page(refusing(() => verdict({ services: { database: "disabled" } })));
  await here.end(here.get("/api/a", { retries: 0 }));
  await here.end(here.get("/api/b"));
  expect(at(here, "/health")).toHaveLength(1);
});

test("a call that is to be made again goes on as well", async () => {
  const here = page(refusing(() => verdict()));
  expect((await here.end(here.get("/api/a"))).value).toEqual(fine.body);
  expect(at(here, "/api/a")[1]).toBeLessThan(9_000);
});

test.each<[string, ReturnType<Script>]>([
  ["a database that does not answer", ill],
  ["a breaker that tries with single calls", verdict({ circuit_breaker: { state: "HALF_OPEN" } })],
  ["a verdict of before the refusal", verdict({ age_ms: 100_000 })],
  ["a verdict that is stale", verdict({ stale: true })],
  ["no verdict at all", { body: [] }],
  ["no answer", "gone"],
])("%s ends no hold", async (_, health) => {
  const here = page(refusing(() => health));
  await here.end(here.get("/api/a", { retries: 0 }));
  await here.end(here.get("/api/b"));
  expect(at(here, "/api/b")[0]).toBeGreaterThanOrEqual(60_000);
  expect(at(here, "/health").length).toBeGreaterThan(5);
});

test.each([
  ["a full pool", problem("DB_POOL_EXHAUSTED", 503, 30, "main"), "/api/b"],
  ["an instance that drains", problem("SERVICE_UNAVAILABLE", 503, 30, "main"), "/api/b"],
  ["another gate than the database's", problem("CIRCUIT_BREAKER_OPEN", 503, 30, "billing"), "/api/a"],
])("health has no verdict about %s, and is not asked", async (_, refusal, path) => {
  const here = page(refusing(() => verdict(), refusal));
  await here.end(here.get("/api/a", { retries: 0 }));
  await here.end(here.get(path));
  expect(at(here, path).at(-1)).toBeGreaterThanOrEqual(30_000);
  expect(at(here, "/health")).toEqual([]);
});

test("an address that is not there is asked for once", async () => {
  const here = page(refusing(() => problem("NOT_FOUND", 404)));
  await here.end(here.get("/api/a", { retries: 0 }));
  await here.end(here.get("/api/b"));
  expect(at(here, "/health")).toHaveLength(1);
});

test("nobody looks where nobody waits", async () => {
  const here = page(refusing(() => verdict()));
  await here.end(here.get("/api/a", { retries: 0 }));
  await here.runtime.advance(30_000);
  expect(at(here, "/health")).toEqual([]);
  const call = here.get("/api/b", { signal: AbortSignal.timeout(0), retries: 0 });
  await here.end(call.catch(() => null));
  expect(here.runtime.pendingTimers()).toBe(0);
});

describe("the tabs of a browser", () => {
  test("look once for all, and all of them go on", async () => {
    const browser = browserOf();
    let looks = 0;
    const script: Script = ({ pathname }) => (pathname !== "/health" ? fine : ++looks < 4 ? ill : verdict());
    const first = page(
      refusing(() => ill),
      browser,
    );
    await first.end(first.get("/api/a", { retries: 0 }));
    const tabs = Array.from({ length: 5 }, () => page(script, browser));
    const [one] = tabs;
    if (!one) throw new Error("five tabs");
    await one.end(Promise.all(tabs.map((each) => each.get("/api/b"))));
    expect(looks).toBe(4);
    for (const each of tabs) expect(at(each, "/api/b")[0]).toBeLessThan(33_000);
  });

  test("that were opened since are told of the hold by the first call that waits", async () => {
    const browser = browserOf();
    const before = page(
      refusing(() => ill),
      browser,
    );
    await before.end(before.get("/api/a", { retries: 0 }));
    await browser.runtime.advance(20_000);
    const since = page(() => fine, browser);
    await since.end(Promise.all([since.get("/api/b"), since.get("/api/c")]));
    expect(since.events).toMatchObject([
      { type: "degraded", code: "CIRCUIT_BREAKER_OPEN", gate: "main", secondsLeft: 40 },
      { type: "recovered", gate: "main" },
    ]);
  });

  test("hear of it only where the call is not silent", async () => {
    const browser = browserOf();
    const before = page(
      refusing(() => ill),
      browser,
    );
    await before.end(before.get("/api/a", { retries: 0 }));
    const since = page(() => fine, browser);
    await since.end(since.get("/api/b", { silent: true }));
    expect(since.events).toEqual([]);
  });
});

test("many calls that waited together go one after the other, and the first that is refused holds up the rest", async () => {
  let refused = 0;
  const script: Script = ({ pathname }, call) => {
    if (call === 1) return problem("CIRCUIT_BREAKER_OPEN", 503, 10);
    if (pathname === "/api/0" && ++refused === 1) return problem("CIRCUIT_BREAKER_OPEN", 503, 10);
    return fine;
  };
  const here = tab(script);
  await here.end(here.get("/api/x", { retries: 0 }));
  await here.end(
    Promise.allSettled(Array.from({ length: 40 }, (_, index) => here.get(`/api/${index}`, { retries: 0 }))),
  );
  const starts = here
    .times()
    .slice(1)
    .sort((one, other) => one - other);
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(7_000);
  for (const start of starts) expect(starts.filter((at) => at >= start && at < start + 500).length).toBeLessThan(12);
});
