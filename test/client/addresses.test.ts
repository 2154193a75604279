/** What a browser remembers of the gates before addresses: little, and nothing that somebody else wrote. */
import { expect, test } from "vitest";
import { browserOf, fine, problem, tab } from "./scene.ts";

const ORIGIN = "https://plant.example";
const ADDRESSES = `tidegate:addresses:${ORIGIN}`;
const holdOf = (gate: string) => `tidegate:gate-hold:${ORIGIN} ${gate}`;
const refusedBy = (gate: string, seconds = 20) => problem("DB_POOL_EXHAUSTED", 503, seconds, gate);

test("the newest 200 addresses are kept, and no hold of a gate without any", async () => {
  const browser = browserOf();
  const page = tab(({ pathname }) => refusedBy(pathname.startsWith("/items") ? "stock" : "billing", 60), browser);
  // Both are out before either refusal comes.
  await page.end(Promise.allSettled([page.get("/pay"), page.get("/invoices")]));
  for (let item = 1; item <= 199; item++) await page.end(page.get(`/items/${item}`));
  expect(browser.stored.get(ADDRESSES)).not.toContain("/pay");
  expect(browser.stored.has(holdOf("billing"))).toBe(true);
  for (const item of [200, 201]) await page.end(page.get(`/items/${item}`));
  const entries: unknown[] = JSON.parse(browser.stored.get(ADDRESSES) ?? "");
  expect([entries.length, entries.at(0), entries.at(-1)]).toEqual([
    200,
    ["/items/2", "stock"],
    ["/items/201", "stock"],
  ]);
  expect(browser.stored.has(holdOf("billing"))).toBe(false);
  expect(browser.stored.has(holdOf("stock"))).toBe(true);
});

test("forgetting addresses leaves the hold of the whole service", async () => {
  const browser = browserOf();
  let isFirst = true;
  const page = tab(({ pathname }) => {
    const answer = refusedBy(isFirst ? "billing" : pathname === "/checkout" ? "main" : "stock", 1);
    isFirst = false;
    return answer;
  }, browser);
  await page.end(page.get("/checkout"));
  await page.runtime.advance(3_000);
  const paths = ["/checkout", ...Array.from({ length: 200 }, (_, item) => `/items/${item}`)];
  await page.end(Promise.allSettled(paths.map((path) => page.get(path))));
  expect(JSON.parse(browser.stored.get(ADDRESSES) ?? "")).not.toContainEqual(["/checkout", "main"]);
  expect(browser.stored.has(`tidegate:hold:${ORIGIN}`)).toBe(true);
});

test("an address is kept once, and is new again with every refusal", async () => {
  const browser = browserOf();
  const page = tab(() => refusedBy("billing", 1), browser);
  for (const path of ["/a", "/b", "/a"]) await page.end(page.get(path));
  expect(JSON.parse(browser.stored.get(ADDRESSES) ?? "")).toEqual([
    ["/b", "billing"],
    ["/a", "billing"],
  ]);
});

test("nothing is kept of addresses that never wait, of the main gate alone, or of more than a thousand characters", async () => {
  const browser = browserOf();
  const page = tab(({ pathname }) => refusedBy(pathname === "/orders" ? "main" : "billing", 1), browser);
  for (const path of ["/admin/pay", "/orders", `/${"x".repeat(1_000)}`]) await page.end(page.get(path));
  expect(browser.stored.has(ADDRESSES)).toBe(false);
});

test.each(["{", "null", "{}", '[["/pay"],[1,"billing"],null,"/pay",["/pay",["billing"]]]'])(
  "what no client can have written is no address: %s",
  async (text) => {
    const browser = browserOf();
    browser.stored.set(ADDRESSES, text);
    browser.stored.set(holdOf("billing"), JSON.stringify({ until: browser.runtime.wallMs() + 20_000 }));
    const page = tab((_, call) => (call === 1 ? fine : refusedBy("stock")), browser);
    await page.end(page.get("/pay"));
    expect(page.times()).toEqual([0]);
    await page.end(page.get("/items"));
    expect(JSON.parse(browser.stored.get(ADDRESSES) ?? "")).toEqual([["/items", "stock"]]);
  },
);
