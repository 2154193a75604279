/** The console in real Chromium where it is not at the root: below a prefix, and behind a proxy that takes one off. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Hono } from "hono";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { type Serving, serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";
import { NO_CHROMIUM, startChromium } from "../support/chromium.ts";

const skipped = NO_CHROMIUM === null ? "" : ` (skipped: ${NO_CHROMIUM})`;
const TOKEN = "a-token-that-is-long-enough-to-pass";
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.skipIf(NO_CHROMIUM !== null)(`the console below a prefix${skipped}`, () => {
  let serving: Serving;
  let proxy: Server;
  let browser: Browser;

  beforeAll(async () => {
    const config = readConfig({ ADMIN_TOKENS: `ada:${TOKEN}`, APP_ENV: "development" });
    const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config, log: silent });
    // Not strict: a slash at the end is no other address then.
    const app = new Hono<TidegateEnv>({ strict: false }).use(tide.middleware()).route("/v1", tide.routes());
    serving = await serve(app, { tide, port: 0 });
    proxy = createServer((incoming, outgoing) => {
      const { hostname, port } = new URL(serving.url);
      const path = incoming.url?.replace(/^\/ops/, "") ?? "/";
      const asked = request({ hostname, port, path, method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(asked);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    proxy?.close();
    await serving?.stop();
  });

  const behind = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/ops`;
  test.each([
    ["alone", () => serving.url, "/v1/admin"],
    ["with a slash at its end", () => serving.url, "/v1/admin/"],
    ["behind a proxy that takes one more off", behind, "/v1/admin"],
  ])("%s signs in, acts, and signs out", async (_, site, path) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (each) => asked.push(each.url()));
    await page.goto(site() + path);
    await page.fill("[name=token]", TOKEN);
    await page.click("text=Sign in");
    await page.waitForSelector("#act");
    const cookie = (await context.cookies()).find(({ name }) => name.startsWith("tidegate_session"));
    expect(`${site()}${path}`.replace(/\/$/, "").endsWith(cookie?.path ?? "none")).toBe(true);

    await page.selectOption("#breaker [name=mode]", "force_open");
    await page.fill("#breaker [name=reason]", "a migration");
    await page.fill("#breaker [name=word]", "main");
    await page.click("#breaker button");
    await page.waitForFunction(() => /is set/.test(document.getElementById("told")?.textContent ?? ""));
    await page.waitForFunction(() => /force open by ada/.test(document.querySelector("main")?.textContent ?? ""));

    await page.click("text=Sign out");
    await page.waitForSelector("#sign-in-form");
    expect((await context.cookies()).filter(({ name }) => name.startsWith("tidegate_session"))).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(`${site()}/v1/admin`) && !url.startsWith("data:"))).toEqual([]);
    await context.close();
  });
});
