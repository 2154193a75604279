/** The console in real Chromium: signing in, seeing, acting, signing out. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_CHROMIUM, startChromium } from "../support/chromium.ts";
import { type Demo, startDemo } from "../support/demo.ts";

const skipped = NO_CHROMIUM === null ? "" : ` (skipped: ${NO_CHROMIUM})`;
const TOKEN = "a-token-that-is-long-enough-to-pass";

describe.skipIf(NO_CHROMIUM !== null)(`the console in Chromium${skipped}`, () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;
  const troubles: string[] = [];

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo({ ADMIN_TOKENS: `ada:${TOKEN}` }), startChromium()]);
    page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      // Refusals are part of it; what the policy blocks is not.
      if (/Security Policy/.test(message.text())) troubles.push(message.text());
    });
    await page.goto(`${demo.url}/admin`);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const told = async (pattern: RegExp) => {
    await page.waitForFunction(
      (text) => new RegExp(text).test(document.getElementById("told")?.textContent ?? ""),
      pattern.source,
    );
  };
  const shows = (pattern: RegExp) =>
    page.waitForFunction(
      (text) => new RegExp(text).test(document.querySelector("main")?.textContent ?? ""),
      pattern.source,
    );

  test("a wrong token is told, a right one lets in", async () => {
    await page.fill("[name=token]", "a-wrong-token-that-is-long-enough");
    await page.click("text=Sign in");
    await told(/./);
    await page.fill("[name=token]", TOKEN);
    await page.click("text=Sign in");
    await page.waitForSelector("#act");
  });

  test("fits a phone", async () => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test("a breaker is forced only by who types its name, and is seen to be", async () => {
    await page.selectOption("#breaker [name=mode]", "force_open");
    await page.fill("#breaker [name=reason]", "a migration");
    await page.fill("#breaker [name=word]", "mian");
    await page.click("#breaker button");
    await told(/^To confirm, type the name of the gate: main/);
    await page.fill("#breaker [name=word]", "main");
    await page.click("#breaker button");
    await told(/^The breaker of main is set/);
    await shows(/force open by ada/);
    expect((await demo.get("/api/reports/wip-summary")).body.error.code).toBe("CIRCUIT_BREAKER_OPEN");
  });

  test("a restart is asked for once, then only an override passes", async () => {
    await page.fill("#restart [name=reason]", "tried in a browser");
    await page.click("#restart button");
    await told(/^The restart has been handed to the platform/);
    await shows(/An override passes/);
    expect(await page.isDisabled("#restart button")).toBe(true);
    await page.fill("#restart [name=reason]", "again");
    await page.fill("#restart [name=word]", "override");
    expect(await page.isDisabled("#restart button")).toBe(false);
    await page.click("#restart button");
    await shows(/again \(override: again\)/);
  });

  test("what was typed stays while the rest is kept up to date", async () => {
    await page.fill("#breaker [name=reason]", "not yet");
    const before = await page.textContent("[data-live=age]");
    await page.waitForFunction((age) => document.querySelector("[data-live=age]")?.textContent !== age, before);
    expect(await page.inputValue("#breaker [name=reason]")).toBe("not yet");
  });

  test("a service that goes away is told, and what was known stays", async () => {
    await page.context().setOffline(true);
    await page.waitForFunction(() => document.getElementById("trouble")?.textContent?.startsWith("No new answer"));
    expect(await page.textContent("main")).toContain("Gate main");
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.getElementById("trouble")?.textContent === "");
  });

  test("who signs out is nobody again", async () => {
    await page.click("text=Sign out");
    await page.waitForSelector("#sign-in-form");
    expect(troubles).toEqual([]);
  });
});
