/**
 * The demo's pages in real Chromium through an outage of a service that has kept nothing: what is held, how old what is
 * shown is, and how it ends.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_CHROMIUM, startChromium } from "../support/chromium.ts";
import { type Demo, startDemo, WANTS_NEW } from "../support/demo.ts";
import { eventually } from "../support/processes.ts";

const skipped = NO_CHROMIUM === null ? "" : ` (skipped: ${NO_CHROMIUM})`;

/** Of each tab, and for how long they are held. */
const WIDGETS = 16;
const TABS = 2;
const HOLD_SECONDS = 3;

const shows = (page: Page, id: string, text: RegExp) =>
  page.waitForFunction(
    ([wanted, pattern]) => new RegExp(pattern ?? "").test(document.getElementById(wanted ?? "")?.textContent ?? ""),
    [id, text.source],
    { timeout: 60_000 },
  );
const textOf = async (page: Page, id: string) => (await page.textContent(`#${id}`)) ?? "";
const rows = (page: Page) => page.locator("#wip tr").count();
const secondsIn = (text: string) => Number(/within (\d+) s/.exec(text)?.[1]);

describe.skipIf(NO_CHROMIUM !== null)(`an outage in Chromium${skipped}`, () => {
  let demo: Demo;
  let browser: Browser;

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "60" }), startChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const faults = (mode: string) =>
    fetch(`${demo.url}/dev/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(mode === "none" ? { mode } : { mode, seconds: 120 }),
    });

  /** As of a service that keeps nothing. */
  const newContext = async (): Promise<BrowserContext> => {
    const context = await browser.newContext();
    await context.route("**/api/reports/**", (route) =>
      route.continue({ headers: { ...route.request().headers(), ...WANTS_NEW.headers } }),
    );
    return context;
  };

  async function open(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(demo.url + path);
    return page;
  }

  test("pages that nobody sees ask for nothing", async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
    });
    const asked: string[] = [];
    context.on("request", (request) => void (request.resourceType() === "fetch" && asked.push(request.url())));
    for (const path of ["/", "/dev"]) {
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(demo.url + path);
      await page.clock.runFor(60_000);
    }
    expect(asked).toEqual([]);
    await context.close();
  });

  test("an answer that the service has kept is shown as old as it is", async () => {
    const context = await browser.newContext();
    const stale = { as_of: new Date(Date.now() - 5 * 60_000).toISOString() };
    await context.route("**/api/reports/**", (route) => route.fulfill({ json: { data: [], meta: { stale } } }));
    await shows(await open(context, "/"), "age", /^As of \S+, 5 min ago: the database is away\./);
    await context.close();
  });

  test("widgets that were held together, in all tabs, do not go together", async () => {
    const context = await browser.newContext();
    const arrivals: number[] = [];
    await context.route("**/api/widgets/*", async (route) => {
      const isFirst = route.request().url().endsWith("/first");
      if (!isFirst) arrivals.push(Date.now());
      await route.fulfill({
        status: isFirst ? 503 : 200,
        headers: isFirst ? { "retry-after": String(HOLD_SECONDS) } : {},
        json: isFirst ? { error: { code: "DB_POOL_EXHAUSTED", message: "full" } } : { data: [] },
      });
    });
    const tabs = await Promise.all(
      Array.from({ length: TABS }, async () => {
        const page = await context.newPage();
        await page.goto(`${demo.url}/health`);
        await page.addScriptTag({ url: `${demo.url}/mes-api.js` });
        return page;
      }),
    );
    await tabs[0]?.evaluate(() => window.MesApi.get("/api/widgets/first").catch(() => null));
    await Promise.all(
      tabs.map((page) =>
        page.evaluate(
          (count) => Promise.all(Array.from({ length: count }, (_, at) => window.MesApi.get(`/api/widgets/${at}`))),
          WIDGETS,
        ),
      ),
    );
    expect(arrivals).toHaveLength(WIDGETS * TABS);
    const most = Math.max(...arrivals.map((at) => arrivals.filter((other) => other >= at && other < at + 500).length));
    expect(most).toBeLessThan((WIDGETS * TABS) / 2);
    await context.close();
  });

  test("a hold of a minute is told to a page that is opened since, which shows what there was, and ends soon after the database is back", async () => {
    const context = await newContext();
    const looks: string[] = [];
    context.on("request", (request) => void (request.url().endsWith("/health") && looks.push(request.url())));
    const before = await open(context, "/");
    await shows(before, "age", /^As of/);
    const shown = await rows(before);

    await faults("failing");
    await eventually("the breaker opens", async () => {
      const { body } = await demo.get("/api/reports/wip-summary", WANTS_NEW);
      return body.error?.code === "CIRCUIT_BREAKER_OPEN";
    });
    await shows(before, "banner", /\(CIRCUIT_BREAKER_OPEN\)$/);
    await shows(before, "age", /Asks again within [45]\d s/);
    const since = await open(context, "/");
    await shows(since, "banner", /\(CIRCUIT_BREAKER_OPEN\)$/);
    expect(await rows(since)).toBe(shown);
    expect(await textOf(since, "age")).toMatch(/^As of \S+?(?:, \d+ s ago)?\. Asks again within \d+ s\.$/);
    await since.reload();
    await shows(since, "banner", /\(CIRCUIT_BREAKER_OPEN\)$/);
    expect(await rows(since)).toBe(shown);
    await shows(since, "age", /^As of \S+, \d+ s ago\. Asks again within \d+ s/);

    const leftSeconds = secondsIn(await textOf(since, "age"));
    await faults("none");
    const backAt = Date.now();
    looks.length = 0;
    await Promise.all([before, since].map((page) => shows(page, "banner", /^The database answers again/)));
    const tookSeconds = (Date.now() - backAt) / 1_000;
    expect(tookSeconds).toBeLessThan(leftSeconds - 5);
    // One tab looks for both.
    expect(looks.length).toBeLessThanOrEqual(Math.ceil(tookSeconds / 5) + 1);
    await Promise.all([before, since].map((page) => shows(page, "banner", /^$/)));
    await shows(since, "age", /^As of \S+\. Asks (?:again in \d+ s|now)|^As of \S+\. Asking now/);
    await context.close();
  });

  test("a service that is gone leaves nothing green on the page on faults, and its name on the first", async () => {
    const context = await newContext();
    const [home, dev] = [await open(context, "/"), await open(context, "/dev")];
    await shows(home, "age", /^As of/);
    await shows(dev, "breaker", /closed/);
    await demo.stop();
    await shows(dev, "service", /no answer/);
    expect(await dev.locator(".facts .good").count()).toBe(0);
    for (const id of ["breaker", "database", "failures", "reopens", "age", "fault"]) {
      expect(await textOf(dev, id)).toMatch(/unknown/);
    }
    await shows(home, "banner", /^The service cannot be reached/);
    await shows(home, "age", /^As of \S+, \d+ s ago/);
    await context.close();
  });
});
