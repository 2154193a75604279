/** A hold is one gate's: what others guard goes on. */
import { describe, expect, test } from "vitest";
import { MesApiError } from "../../lib/client/error.ts";
import { browserOf, fine, problem, type Script, tab } from "./scene.ts";

const ORIGIN = "https://plant.example";
const holdOf = (gate: string) => `tidegate:gate-hold:${ORIGIN} ${gate}`;
const refusedBy = (gate?: string, seconds = 20, code = "DB_POOL_EXHAUSTED") => problem(code, 503, seconds, gate);

/** Refuses the first calls to these addresses, each once, and answers all others. */
function refusingOnce(first: Readonly<Record<string, ReturnType<typeof refusedBy>>>): Script {
  const left = new Map(Object.entries(first));
  return ({ pathname }) => {
    const answer = left.get(pathname) ?? fine;
    left.delete(pathname);
    return answer;
  };
}

const startsOf = ({ calls }: ReturnType<typeof tab>, path: string) =>
  calls.filter(({ line }) => line === `GET ${path}`).map(({ atMs }) => atMs);

test("others go on when a gate has refused, and the address that it refused waits", async () => {
  const page = tab(refusingOnce({ "/pay": refusedBy("billing") }));
  await page.end(page.get("/pay"));
  await page.end(Promise.all([page.get("/orders"), page.get("/pay/17"), page.get("/pay?again=")]));
  expect([startsOf(page, "/orders"), startsOf(page, "/pay/17")]).toEqual([[0], [0]]);
  const [again = 0] = startsOf(page, "/pay?again=");
  expect(again).toBeGreaterThanOrEqual(20_000);
  expect(again).toBeLessThan(21_000);
});

test.each([
  ["the main one's", "main"],
  ["nobody's", undefined],
  ["of no gate's name", "a b"],
  ["too long", "x".repeat(129)],
])("a refusal that is %s holds the whole service", async (_, gate) => {
  const page = tab(refusingOnce({ "/pay": refusedBy(gate) }));
  await page.end(page.get("/pay"));
  await page.end(page.get("/orders"));
  expect(startsOf(page, "/orders")[0]).toBeGreaterThanOrEqual(20_000);
  expect(page.events).toMatchObject([
    { type: "degraded", gate: "main" },
    { type: "recovered", gate: "main" },
  ]);
});

test("all addresses that are known of a gate wait, whichever was refused last", async () => {
  const refusals = { "/pay": refusedBy("billing", 3), "/invoices": refusedBy("billing", 20) };
  const page = tab(refusingOnce(refusals));
  await page.end(page.get("/pay"));
  await page.end(page.get("/invoices"));
  await page.end(page.get("/pay"));
  expect(startsOf(page, "/pay")[1]).toBeGreaterThanOrEqual(20_000);
});

test("an address behind two gates waits for both", async () => {
  // Both are out before either refusal comes.
  const page = tab(({ search }) =>
    search === "?1" ? refusedBy("billing", 10) : search === "?2" ? refusedBy("stock") : fine,
  );
  await page.end(Promise.allSettled([page.get("/checkout?1"), page.get("/checkout?2")]));
  await page.end(page.get("/checkout"));
  expect(startsOf(page, "/checkout")[0]).toBeGreaterThanOrEqual(20_000);
});

test("an address of another gate waits for the main one too", async () => {
  const page = tab(refusingOnce({ "/pay": refusedBy("billing", 5), "/orders": refusedBy("main", 30) }));
  await page.end(page.get("/pay"));
  await page.end(page.get("/orders"));
  await page.end(page.get("/pay"));
  expect(startsOf(page, "/pay")[1]).toBeGreaterThanOrEqual(30_000);
});

test("an error names its gate, or none", async () => {
  expect(new MesApiError("", { data: refusedBy("billing").body }).gate).toBe("billing");
  expect(new MesApiError("", { data: refusedBy().body }).gate).toBeNull();
  const page = tab(() => refusedBy("billing"));
  expect((await page.end(page.get("/pay"))).error).toMatchObject({ gate: "billing", errorCode: "DB_POOL_EXHAUSTED" });
});

test.each([
  ["DB_POOL_EXHAUSTED", 1],
  ["CIRCUIT_BREAKER_OPEN", 2],
  ["DB_CONNECTION_FAILED", 4],
])("%s of a gate of one's own is asked as often as of the main one: %i", async (code, attempts) => {
  const page = tab(() => refusedBy("billing", 5, code));
  await page.end(page.get("/pay"));
  expect(page.calls).toHaveLength(attempts);
});

describe("other tabs", () => {
  test("wait for the same addresses and no others, and are told whose trouble it is", async () => {
    const browser = browserOf();
    const [here, there] = [tab(() => refusedBy("billing"), browser), tab(() => fine, browser)];
    await here.end(here.get("/pay"));
    expect(there.events).toMatchObject([{ type: "degraded", gate: "billing", url: ORIGIN, secondsLeft: 20 }]);
    await there.end(there.get("/orders"));
    expect(there.events).toHaveLength(1);
    await there.end(there.get("/pay"));
    expect(startsOf(there, "/orders")).toEqual([0]);
    expect(startsOf(there, "/pay")[0]).toBeGreaterThanOrEqual(20_000);
    expect(there.events.slice(1)).toMatchObject([{ type: "recovered", gate: "billing", url: `${ORIGIN}/pay` }]);
  });

  test("know it too when they are opened later", async () => {
    const browser = browserOf();
    const here = tab(() => refusedBy("billing"), browser);
    await here.end(here.get("/pay"));
    const there = tab(() => fine, browser);
    await there.end(Promise.all([there.get("/orders"), there.get("/pay")]));
    expect(startsOf(there, "/orders")).toEqual([0]);
    expect(startsOf(there, "/pay")[0]).toBeGreaterThanOrEqual(20_000);
  });

  test("that know of no gates are not told of a hold of the whole service", async () => {
    const browser = browserOf();
    const here = tab(() => refusedBy("billing"), browser);
    await here.end(here.get("/pay"));
    expect([...browser.stored.keys()].filter((key) => key.startsWith("tidegate:hold:"))).toEqual([]);
  });
});

describe("what is recovered", () => {
  const both = { "/orders": refusedBy("main", 5, "CIRCUIT_BREAKER_OPEN"), "/pay": refusedBy("billing", 5) };
  /** Both gates have refused, and both holds are over. */
  async function twoTroubles() {
    const page = tab(refusingOnce(both));
    await page.end(page.get("/pay"));
    await page.end(page.get("/orders", { retries: 0 }));
    await page.runtime.advance(6_000);
    page.events.length = 0;
    return page;
  }

  test("is the gate whose address answered: not another one, and not the main one", async () => {
    const page = await twoTroubles();
    await page.end(page.get("/pay"));
    expect(page.events).toEqual([{ type: "recovered", url: `${ORIGIN}/pay`, gate: "billing" }]);
    await page.end(page.get("/orders"));
    expect(page.events.slice(1)).toEqual([{ type: "recovered", url: `${ORIGIN}/orders`, gate: "main" }]);
  });

  test("is the main one where an address answers of which no gate is known", async () => {
    const page = await twoTroubles();
    await page.end(page.get("/lots"));
    expect(page.events).toEqual([{ type: "recovered", url: `${ORIGIN}/lots`, gate: "main" }]);
  });

  test("is the main one where it had refused an address that others guard too", async () => {
    const page = tab((_, call) => [refusedBy("billing", 5), refusedBy("main", 5)][call - 1] ?? fine);
    for (let call = 0; call < 3; call++) await page.end(page.get("/checkout"));
    expect(page.events.slice(2)).toMatchObject([
      { type: "recovered", gate: "main" },
      { type: "recovered", gate: "billing" },
    ]);
  });

  test("is the main one where nobody was refused for a minute, whoever answers", async () => {
    const page = await twoTroubles();
    await page.runtime.advance(60_000);
    await page.end(page.get("/pay"));
    expect(page.events.map(({ gate }) => gate)).toEqual(["main", "billing"]);
  });

  test("is no gate whose hold is on: that answer was under way before", async () => {
    const page = tab(({ search }) => (search === "?1" ? refusedBy("billing") : fine));
    await page.end(Promise.allSettled([page.get("/pay?1"), page.get("/pay?2")]));
    expect(page.calls).toHaveLength(2);
    expect(page.events.map(({ type }) => type)).toEqual(["degraded"]);
  });

  test("is among the newest 200 that were in trouble", async () => {
    const browser = browserOf();
    const page = tab(
      (_, call) => [refusedBy("stock", 5), refusedBy("billing", 5), refusedBy("stock", 5)][call - 1] ?? fine,
      browser,
    );
    for (const path of ["/items", "/pay", "/items"]) await page.end(page.get(path));
    const hold = JSON.stringify({ until: browser.runtime.wallMs() + 5_000, code: null, message: "" });
    const other = browser.texts();
    for (let gate = 1; gate <= 199; gate++) other.write(holdOf(`other-${gate}`), hold);
    page.events.length = 0;
    await page.end(page.get("/pay"));
    await page.end(page.get("/items"));
    expect(page.events).toMatchObject([{ type: "recovered", gate: "stock" }]);
  });
});

test("all events name the gate", async () => {
  const page = tab(refusingOnce({ "/pay": refusedBy("billing", 5, "CIRCUIT_BREAKER_OPEN") }));
  await page.end(page.get("/pay"));
  expect(page.events.map(({ type, gate }) => [type, gate])).toEqual([
    ["degraded", "billing"],
    ["retrying", "billing"],
    ["recovered", "billing"],
  ]);
});
