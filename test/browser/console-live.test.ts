/** The console in real Chromium shows what is so: every part as of when, nothing as well that nobody has heard of. */
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_CHROMIUM, startChromium } from "../support/chromium.ts";
import { type Demo, launchDemo, startDemo } from "../support/demo.ts";
import { CONSOLE_ENV, openConsole, setVisible, speak } from "./console-page.ts";

const skipped = NO_CHROMIUM === null ? "" : ` (skipped: ${NO_CHROMIUM})`;
const LOOK_EVERY_MS = 5_000;
const LOOKS_A_MINUTE = 12;

const shows = (page: Page, part: string, pattern: RegExp) =>
  page.waitForFunction(
    ([id, source]) => new RegExp(source ?? "").test(document.querySelector(`[data-live="${id}"]`)?.textContent ?? ""),
    [part, pattern.source],
  );
const asOf = (page: Page, part: string) => page.getAttribute(`[data-live="${part}"]`, "data-asof");
/** What the eye would take for good, or bad, in the parts that are kept up to date. */
const coloured = (page: Page) =>
  page.evaluate(() => {
    const soft = getComputedStyle(document.querySelector(".asof") as Element).color;
    return [...document.querySelectorAll("main .good, main .warn, main .bad")].filter((element) => {
      const { color, fill } = getComputedStyle(element);
      return (element instanceof SVGElement ? fill : color) !== soft;
    }).length;
  });

describe.skipIf(NO_CHROMIUM !== null)(`the console's parts in Chromium${skipped}`, () => {
  let demo: Demo;
  let browser: Browser;

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(CONSOLE_ENV), startChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test("focus in a table stops no part from being kept up to date, and stays where it was", async () => {
    const page = await openConsole(browser, demo);
    await page.setViewportSize({ width: 320, height: 700 });
    const lanes = '[aria-label="Lanes of main"].wide';
    await page.focus(lanes);
    await page.evaluate((selector) => document.querySelector(selector)?.scrollTo({ left: 40 }), lanes);
    await speak(demo, "observe", "a first look");
    await shows(page, "gate-main", /set to observe by ada: a first look/);
    await shows(page, "audit", /a first look/);
    expect(
      await page.evaluate((selector) => {
        const element = document.querySelector(selector);
        return { isFocused: element === document.activeElement, left: element?.scrollLeft };
      }, lanes),
    ).toEqual({ isFocused: true, left: 40 });
    await page.close();
  });

  test("a part that somebody copies from stands, and tells its own age", async () => {
    await speak(demo, "observe", "to be copied");
    const page = await openConsole(browser, demo);
    const before = await asOf(page, "audit");
    await page.evaluate(() =>
      getSelection()?.selectAllChildren(document.querySelector('[data-live="audit"]') as Element),
    );
    await speak(demo, "observe", "said meanwhile");
    await shows(page, "gate-main", /said meanwhile/);
    await shows(page, "audit", /UTC, 1\d s ago/);
    expect(await asOf(page, "audit")).toBe(before);
    expect(await page.textContent('[data-live="gate-main"] .asof')).not.toMatch(/ago/);
    expect(await page.textContent('[data-live="audit"]')).not.toMatch(/said meanwhile/);
    await page.evaluate(() => getSelection()?.removeAllRanges());
    await shows(page, "audit", /said meanwhile/);
    await page.close();
  });

  test("an idle console costs little, and one that nobody sees nothing", async () => {
    const page = await openConsole(browser, demo, (made) => made.clock.install());
    const looks: Request[] = [];
    page.on("request", (request) => void looks.push(request));
    const look = async () => {
      const answered = page.waitForResponse(/\/admin$/);
      await page.clock.runFor(LOOK_EVERY_MS);
      await (await answered).finished();
    };
    // What the test before has done may still be news.
    await look();
    looks.length = 0;
    for (let count = 0; count < LOOKS_A_MINUTE; count++) await look();
    const sizes = await Promise.all(looks.map((request) => request.sizes()));
    const bytes = sizes.reduce(
      (sum, { responseHeadersSize, responseBodySize }) => sum + responseHeadersSize + responseBodySize,
      0,
    );
    expect(looks).toHaveLength(LOOKS_A_MINUTE);
    expect(bytes).toBeLessThan(25_000);

    looks.length = 0;
    await setVisible(page, false);
    await page.clock.runFor(10 * 60_000);
    expect(looks).toEqual([]);
    const seen = page.waitForResponse(/\/admin$/);
    await setVisible(page, true);
    expect((await seen).status()).toBe(200);
    await page.close();
  });

  test("a service that is gone is told, nothing stays as it was, and all of it comes back with the service", async () => {
    const first = await startDemo(CONSOLE_ENV);
    const page = await openConsole(browser, first);
    expect(await coloured(page)).toBeGreaterThan(3);
    await first.stop();
    await page.waitForFunction(() => /^No new answer/.test(document.getElementById("trouble")?.textContent ?? ""));
    expect(await page.textContent("#trouble")).toBe(
      "No new answer: The service cannot be reached. What stands here is what was.",
    );
    expect(await coloured(page)).toBe(0);
    expect(await page.textContent("main")).toMatch(
      /unknown, was healthy[\s\S]*unknown, was closed[\s\S]*unknown, was allowed/,
    );
    expect(await page.textContent("#restart")).toMatch(/Unknown: the service does not answer\./);
    await page.waitForFunction(() => /UTC, 1\d s ago/.test(document.querySelector(".asof")?.textContent ?? ""));
    const second = launchDemo(CONSOLE_ENV, Number(new URL(first.url).port));
    await page.waitForFunction(() => document.getElementById("trouble")?.textContent === "", null, { timeout: 60_000 });
    expect(await page.textContent("main")).not.toMatch(/unknown, was/);
    expect(await page.textContent("#restart")).toMatch(/A restart is allowed/);
    expect(await coloured(page)).toBeGreaterThan(3);
    await page.close();
    await second.stop();
  });
});
