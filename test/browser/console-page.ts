/** The console in a tab, signed in, and what it costs. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Demo } from "../support/demo.ts";

export const TOKEN = "a-token-that-is-long-enough-to-pass";
export const CONSOLE_ENV = {
  ADMIN_TOKENS: `ada:${TOKEN}`,
  SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
};

/** @param prepare Before the page is there, such as a clock of its own. */
export async function openConsole(browser: Browser, { url }: Demo, prepare = async (_: Page) => {}) {
  const context = await browser.newContext();
  await context.request.post(`${url}/admin/api/session`, { data: { token: TOKEN }, headers: { origin: url } });
  return consoleIn(context, url, prepare);
}

async function consoleIn(context: BrowserContext, url: string, prepare: (page: Page) => Promise<void>) {
  const page = await context.newPage();
  await prepare(page);
  await page.goto(`${url}/admin`);
  await page.waitForSelector("#act");
  return page;
}

/** As another operator does, elsewhere. */
export async function speak({ get }: Demo, mode: string, reason: string): Promise<void> {
  const ttl = mode === "auto" ? {} : { ttl_seconds: 600 };
  const { status, text } = await get("/admin/api/breaker", {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ mode, reason, ...ttl }),
  });
  if (status !== 200) throw new Error(`set a breaker: 200 was needed, was ${status}: ${text}`);
}

/** As if somebody looked at another tab, or at this one again. */
export const setVisible = (page: Page, isVisible: boolean) =>
  page.evaluate(
    (state) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange"));
    },
    isVisible ? "visible" : "hidden",
  );
