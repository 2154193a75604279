/** The demo's page in real Chromium while a real PostgreSQL is away: its table stays, with its age, for whoever looks. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_CHROMIUM, startChromium } from "../support/chromium.ts";
import { type Demo, startDemo } from "../support/demo.ts";
import { seedServer } from "../support/plant.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

const reason = NO_CHROMIUM ?? postgresUnavailable() ?? redisUnavailable() ?? null;
const skipped = reason === null ? "" : ` (skipped: ${reason})`;

const LOTS = 50;
const AWAY = /^As of \d\d:\d\d:\d\d, the database is away \((?:CIRCUIT_BREAKER_OPEN|DB_CONNECTION_FAILED)\)\.$/;
const OLD = /^As of \S+, (?:\d+ s|\d+ min) ago: the database is away\. (?:Asks again within \d+ s|Asking now)\.$/;
const NEW = /^As of \S+\. (?:Asks again in \d+ s|Asking now)\.$/;
/** A look at health every 5 to 8 s, of a verdict that is made every 5 s; and then calls spread. */
const FRESH_WITHIN_MS = 25_000;

describe.skipIf(reason !== null)(`a database that is away, in Chromium${skipped}`, () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let browser: Browser;
  let demos: readonly [Demo, Demo];

  beforeAll(async () => {
    [postgres, redis, browser] = await Promise.all([startPostgres(), startRedis(), startChromium()]);
    await seedServer(postgres.url, LOTS);
    const env = { DATABASE_URL: postgres.url, STATE_URL: redis.url, CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "60" };
    demos = await Promise.all([startDemo(env), startDemo(env)]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await Promise.all((demos ?? []).map((demo) => demo.stop()));
    await Promise.all([postgres?.dispose(), redis?.dispose()]);
  });

  const shows = (page: Page, id: string, text: RegExp) =>
    page.waitForFunction(
      ([wanted, pattern]) => new RegExp(pattern ?? "").test(document.getElementById(wanted ?? "")?.textContent ?? ""),
      [id, text.source],
      { timeout: 60_000 },
    );
  const table = (page: Page) => page.locator("#wip").innerText();
  const open = async (context: BrowserContext, demo: Demo): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${demo.url}/`);
    return page;
  };
  const ageOf = async (page: Page) => {
    const [, amount = "", unit] = /, (\d+) (s|min) ago/.exec((await page.textContent("#age")) ?? "") ?? [];
    return Number(amount) * (unit === "min" ? 60 : 1);
  };

  test("leaves the table with its age to the page, to its reload, to a new tab, and to another reader of another instance", async () => {
    const [one, other] = demos;
    const [mine, somebodys] = [await browser.newContext(), await browser.newContext()];
    const page = await open(mine, one);
    await shows(page, "age", NEW);
    const shown = await table(page);

    await postgres.stop();
    await shows(page, "banner", AWAY);
    await shows(page, "age", OLD);
    expect(await table(page)).toBe(shown);
    const ageSeconds = await ageOf(page);
    await page.waitForFunction(
      (then) => Number(/, (\d+) s ago/.exec(document.getElementById("age")?.textContent ?? "")?.[1] ?? 60) > then + 2,
      ageSeconds,
    );

    await page.reload();
    const [tab, elsewhere] = [await open(mine, one), await open(somebodys, other)];
    const all = [page, tab, elsewhere];
    for (const each of all) {
      await shows(each, "banner", AWAY);
      await shows(each, "age", OLD);
      expect(await table(each)).toBe(shown);
      expect(await ageOf(each)).toBeGreaterThanOrEqual(ageSeconds);
    }

    await postgres.start();
    const startedAt = performance.now();
    await Promise.all(all.map((each) => shows(each, "banner", /^The database answers again\.$/)));
    const tookMs = performance.now() - startedAt;
    await Promise.all(all.map((each) => shows(each, "age", NEW)));
    expect(tookMs).toBeLessThan(FRESH_WITHIN_MS);
    await Promise.all(all.map((each) => shows(each, "banner", /^$/)));
    await Promise.all([mine.close(), somebodys.close()]);
  }, 180_000);

  test("is asked no sooner than it wants to be, whoever shows the table", async () => {
    const context = await browser.newContext();
    const [one] = demos;
    const asked: number[] = [];
    const stale = "tidegate; hit; fwd=stale; detail=DB_POOL_EXHAUSTED";
    await context.route("**/api/reports/**", (route) => {
      asked.push(Date.now());
      const headers = { "cache-status": stale, "retry-after": "4", age: "60" };
      return route.fulfill({ headers, json: { success: true, data: [], meta: {} } });
    });
    const page = await open(context, one);
    await shows(page, "age", /^As of \S+, 1 min ago: the database is busy\. Asks again within \d+ s\.$/);
    await page.waitForFunction(() => window.performance.now() > 10_000);
    const pauses = asked.slice(1).map((at, before) => at - (asked[before] ?? 0));
    expect(pauses.length).toBeGreaterThan(0);
    for (const pauseMs of pauses) expect(pauseMs).toBeGreaterThanOrEqual(4_000);
    await context.close();
  });
});
