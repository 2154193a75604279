/** The demo's pages and the client in real Chromium, while the database goes away and comes back. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { NO_CHROMIUM, startChromium } from "../support/chromium.ts";
import { type Demo, startDemo, WANTS_NEW } from "../support/demo.ts";
import { eventually } from "../support/processes.ts";

const skipped = NO_CHROMIUM === null ? "" : ` (skipped: ${NO_CHROMIUM})`;

describe.skipIf(NO_CHROMIUM !== null)(`pages in Chromium${skipped}`, () => {
  let demo: Demo;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "5" }), startChromium()]);
    context = await browser.newContext();
    // As of a service that keeps nothing.
    await context.route("**/api/reports/**", (route) =>
      route.continue({ headers: { ...route.request().headers(), ...WANTS_NEW.headers } }),
    );
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  afterEach(() => faults({ mode: "none" }));

  /** A tab, with what went wrong in it. */
  async function open(path: string): Promise<{ page: Page; errors: string[] }> {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(demo.url + path);
    return { page, errors };
  }

  const faults = (body: object) =>
    fetch(`${demo.url}/dev/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const shows = (page: Page, id: string, text: RegExp) =>
    page.waitForFunction(
      ([wanted, pattern]) => new RegExp(pattern ?? "").test(document.getElementById(wanted ?? "")?.textContent ?? ""),
      [id, text.source],
      { timeout: 60_000 },
    );

  test("a page keeps its last answer through an outage, counts down, and says when all is well", async () => {
    const { page, errors } = await open("/");
    await shows(page, "age", /^As of/);
    const rows = await page.locator("#wip tr").count();
    expect(rows).toBeGreaterThan(1);

    await faults({ mode: "failing", seconds: 120 });
    await shows(page, "banner", /\((?:DB_CONNECTION_FAILED|CIRCUIT_BREAKER_OPEN)\)$/);
    await shows(page, "age", /Asks again within \d+ s/);
    expect(await page.locator("#wip tr").count()).toBe(rows);

    await faults({ mode: "none" });
    await shows(page, "banner", /^The database answers again/);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("the other tabs of a browser wait as well, without having asked", async () => {
    const [one, other] = [await open("/health"), await open("/health")];
    for (const { page } of [one, other]) await page.addScriptTag({ url: `${demo.url}/mes-api.js` });
    await other.page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      window.MesApi.on("degraded", ({ code, secondsLeft }) => heard.push(`${code} ${secondsLeft > 0}`));
    });
    await faults({ mode: "failing", seconds: 120 });
    await eventually("the breaker opens", async () => {
      const { body } = await demo.get("/api/reports/wip-summary", WANTS_NEW);
      return body.error?.code === "CIRCUIT_BREAKER_OPEN";
    });
    const code = await one.page.evaluate(() =>
      window.MesApi.get("/api/reports/wip-summary", { retries: 0 }).then(
        () => null,
        ({ errorCode }) => errorCode,
      ),
    );
    expect(code).toBe("CIRCUIT_BREAKER_OPEN");
    await other.page.waitForFunction(() => window.heard.includes("CIRCUIT_BREAKER_OPEN true"));
    await faults({ mode: "none" });
    // What health says would end it sooner.
    await other.page.route("**/health", (route) => route.abort());
    const { waitedMs, hintMs } = await other.page.evaluate(async () => {
      const key = `tidegate:hold:${location.origin}`;
      const hintMs = JSON.parse(localStorage.getItem(key) ?? "null").until - Date.now();
      const startedAt = performance.now();
      await window.MesApi.get("/api/reports/wip-summary", { retries: 3 });
      return { waitedMs: performance.now() - startedAt, hintMs };
    });
    expect(hintMs).toBeGreaterThan(0);
    expect(waitedMs).toBeGreaterThanOrEqual(hintMs);
    expect([...one.errors, ...other.errors]).toEqual([]);
  });

  test("the page on faults shows the breaker open and close", async () => {
    const { page, errors } = await open("/dev");
    await shows(page, "summary", /[1-9]\d* answered/);
    await page.fill("#seconds", "10");
    await page.click('[data-mode="failing"]');
    await shows(page, "breaker", /open/);
    await shows(page, "summary", /[1-9]\d* refused at once/);
    await page.click('[data-mode="none"]');
    await shows(page, "breaker", /closed, since/);
    expect(errors).toEqual([]);
    await page.close();
  });
});

declare global {
  interface Window {
    MesApi: typeof import("tidegate/client").MesApi;
    heard: string[];
  }
}
