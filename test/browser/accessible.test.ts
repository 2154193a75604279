/** Every page in real Chromium as axe sees it: no finding, at a desk and on a phone, well and in an outage. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_CHROMIUM, startChromium } from "../support/chromium.ts";
import { type Demo, startDemo } from "../support/demo.ts";
import { CONSOLE_ENV, openConsole, speak } from "./console-page.ts";

const skipped = NO_CHROMIUM === null ? "" : ` (skipped: ${NO_CHROMIUM})`;
const WIDTHS = [1280, 360];

describe.skipIf(NO_CHROMIUM !== null)(`axe finds nothing in Chromium${skipped}`, () => {
  let demo: Demo;
  let browser: Browser;
  let axe: string;

  beforeAll(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    [demo, browser] = await Promise.all([startDemo(CONSOLE_ENV), startChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  /** With those rules, too, that are advice. */
  async function findings(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    const found: string[] = [];
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const { violations } = await page.evaluate((options) => window.axe.run(document, options), {
        resultTypes: ["violations"],
      } satisfies RunOptions);
      found.push(...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${width}: ${id}: ${html}`)));
    }
    return found;
  }

  test.each([
    ["the first page", "/", "#wip td.number"],
    ["the page on faults", "/dev", "#summary:not(:empty)"],
    ["signing in", "/admin", "#sign-in-form"],
  ])("on %s", async (_, path, ready) => {
    const page = await browser.newPage();
    await page.goto(demo.url + path);
    await page.waitForSelector(ready);
    expect(await findings(page)).toEqual([]);
    await page.close();
  });

  test("on the console, also where it has much to tell", async () => {
    await speak(demo, "force_open", "for axe");
    await demo.get("/api/reports/wip-summary");
    const page = await openConsole(browser, demo);
    await page.waitForSelector('[data-live="gate-main"] rect');
    expect(await findings(page)).toEqual([]);
    await page.context().setOffline(true);
    await page.waitForSelector("main.stale");
    expect(await findings(page)).toEqual([]);
    await page.close();
  });
});

declare global {
  interface Window {
    axe: { run(context: Document, options: RunOptions): Promise<AxeResults> };
  }
}
