/** The console in real Chromium: signing in, seeing, acting, signing out. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
    page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
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

  test("kept answers are forgotten, with a reason, and that is on record", async () => {
    await page.fill("#forget [name=value]", "catalogue");
    await page.fill("#forget [name=reason]", "prices were wrong");
    await page.click("#forget button");
    await told(/^What is kept under the tag catalogue is forgotten/);
    await shows(/kept.forget catalogue/);
    await page.selectOption("#forget [name=by]", "prefix");
    await page.fill("#forget [name=value]", "GET /api/");
    await page.fill("#forget [name=reason]", "a wrong day");
    await page.click("#forget button");
    await told(/^What is kept under the prefix GET .api. is forgotten/);
  });

  test("what was typed stays while the rest is kept up to date", async () => {
    await page.fill("#breaker [name=reason]", "not yet");
    const before = await page.getAttribute("[data-live=restarts]", "data-asof");
    await page.waitForFunction(
      (asOf) => document.querySelector("[data-live=restarts]")?.getAttribute("data-asof") !== asOf,
      before,
    );
    expect(await page.inputValue("#breaker [name=reason]")).toBe("not yet");
  });

  test("a service that goes away is told, and what was known stays", async () => {
    await page.context().setOffline(true);
    await page.waitForFunction(() => document.getElementById("trouble")?.textContent?.startsWith("No new answer"));
    expect(await page.textContent("main")).toContain("Gate main");
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.getElementById("trouble")?.textContent === "");
  });

  test("who follows a link on another site is signed in as before", async () => {
    const elsewhere = createServer((_, response) => {
      response.setHeader("content-type", "text/html").end(`<a href="${demo.url}/admin">the console</a>`);
    }).listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const other = await page.context().newPage();
    // Another name is another site, which sends no cookie that is SameSite=Strict.
    await other.goto(`http://localhost:${(elsewhere.address() as AddressInfo).port}/`);
    await other.click("text=the console");
    await other.waitForSelector("#act");
    await other.close();
    elsewhere.close();
  });

  test("who signs out is nobody again", async () => {
    await page.click("text=Sign out");
    await page.waitForSelector("#sign-in-form");
    expect(troubles).toEqual([]);
  });
});
