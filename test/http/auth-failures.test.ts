import { describe, expect, it } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Limiter, Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { because } from "../support/because.ts";
import { type GuardedRoutes, guardedRoutes } from "../support/guarded-routes.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";

const SHORT = "ada-token-of-16-x";
const LONG = "bob-token-of-32-characters-or-more";
const CRON = "scheduler-secret-of-32-characters-or-more";
const ENV = {
  ADMIN_TOKENS: `ada:${SHORT},bob:${LONG}`,
  CRON_SECRET: CRON,
  SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
};
const STATUS = "/admin/api/system-status";
const EVE = "198.51.100.66";
const ADMIN = "203.0.113.9";

async function guesses(routes: GuardedRoutes, count: number, address = EVE, path = STATUS): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) statuses.push((await routes.as(`a-guess-number-${n}`, path, address)).status);
  return statuses;
}

describe("guessing", () => {
  it("is slowed after ten wrong ones in a minute, with a time to come back", async () => {
    const runtime = manualRuntime();
    const routes = guardedRoutes(ENV, runtime);
    expect(await guesses(routes, 12)).toEqual([...Array(10).fill(401), 429, 429]);
    const response = await routes.as("one-more-guess", STATUS, EVE);
    expect((await response.json()).error.code).toBe("TOO_MANY_REQUESTS");
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(60);
    await runtime.advance(60_000);
    expect(await guesses(routes, 11)).toEqual([...Array(10).fill(401), 429]);
  });

  it("is counted wherever it is done: admin, health, the watchdog, signing in, forged sessions", async () => {
    const routes = guardedRoutes(ENV);
    const env = { incoming: { socket: { remoteAddress: EVE } } };
    await guesses(routes, 3);
    await guesses(routes, 3, EVE, "/health/deep");
    await guesses(routes, 2, EVE, "/internal/watchdog");
    const body = JSON.stringify({ token: "a-guess" });
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body };
    expect((await routes.app.request("/admin/api/session", init, env)).status).toBe(401);
    const forged = { headers: { Cookie: "tidegate_session=forged.forged" } };
    expect((await routes.app.request(STATUS, forged, env)).status).toBe(401);
    expect((await routes.app.request("/admin/api/session", init, env)).status).toBe(429);
    expect(await guesses(routes, 1, EVE, "/internal/watchdog")).toEqual([429]);
  });

  it("shuts out nobody else, whosever name it was in", async () => {
    const routes = guardedRoutes(ENV);
    await guesses(routes, 50);
    for (const token of [SHORT, LONG]) expect((await routes.as(token, STATUS, ADMIN)).status).toBe(200);
    expect(await guesses(routes, 1, ADMIN)).toEqual([401]);
  });

  it("at an operator's own address shuts out no token of 32 characters, no session and no scheduler", async () => {
    const routes = guardedRoutes(ENV);
    const env = { incoming: { socket: { remoteAddress: EVE } } };
    const init = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: LONG }),
    };
    await guesses(routes, 50);
    expect((await routes.as(LONG, STATUS, EVE)).status).toBe(200);
    expect((await routes.as(CRON, "/internal/watchdog", EVE)).status).toBe(200);
    const signedIn = await routes.app.request("/admin/api/session", init, env);
    expect(signedIn.status).toBe(200);
    const [Cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
    expect((await routes.app.request(STATUS, { headers: { Cookie } }, env)).status).toBe(200);
  });

  it("comes upon a short token no faster: the right one is then told nothing else than a wrong one", async () => {
    const routes = guardedRoutes(ENV);
    await guesses(routes, 10);
    const [right, wrong] = [await routes.as(SHORT, STATUS, EVE), await routes.as("wrong-token-of-16", STATUS, EVE)];
    expect([right.status, wrong.status]).toEqual([429, 429]);
    const message = async (response: Response) => (await response.json()).error.message;
    expect(await message(right)).toBe(await message(wrong));
  });

  it("from one IPv6 network is one, and no header makes it another's", async () => {
    const routes = guardedRoutes(ENV);
    for (let n = 0; n < 10; n++) await guesses(routes, 1, `2001:db8:1:2::${n}`);
    expect(await guesses(routes, 1, "2001:db8:1:2:ffff::1")).toEqual([429]);
    expect(await guesses(routes, 1, "2001:db8:1:3::1")).toEqual([401]);
    const headers = { Authorization: "Bearer a-guess", "X-Forwarded-For": ADMIN };
    const env = { incoming: { socket: { remoteAddress: "2001:db8:1:2::1" } } };
    expect((await routes.app.request(STATUS, { headers }, env)).status).toBe(429);
  });

  it("is not what asking without a login is, nor with one that has ended", async () => {
    const runtime = manualRuntime();
    const routes = guardedRoutes(ENV, runtime);
    const env = { incoming: { socket: { remoteAddress: ADMIN } } };
    const init = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: LONG }),
    };
    const signedIn = await routes.app.request("/admin/api/session", init, env);
    const [Cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
    await runtime.advance(9 * 3_600_000);
    for (let n = 0; n < 30; n++) {
      expect((await routes.app.request(STATUS, { headers: { Cookie } }, env)).status).toBe(401);
      expect((await routes.app.request(STATUS, {}, env)).status).toBe(401);
    }
    expect((await routes.as(SHORT, STATUS, ADMIN)).status).toBe(200);
  });

  it("fills the log with no more than what was counted", async () => {
    const routes = guardedRoutes(ENV);
    await guesses(routes, 200);
    const failed = routes.lines.filter(({ event }) => event === "auth.failed");
    expect(failed).toHaveLength(10);
    expect(failed[0]?.fields).toMatchObject({ ip: EVE, path: STATUS });
  });
});

const storeWith = (openLimiter: NonNullable<Store["openLimiter"]>) =>
  ({ kind: "redis", traits: { deadlineMs: 700 }, openLimiter }) as const;

describe("the count of failures", () => {
  it.each([
    ["the store's own", {}, 700],
    ["the environment's", { STATE_DEADLINE_MS: "90" }, 90],
  ])("is given %s deadline", async (_, env, deadlineMs) => {
    const deadlines: number[] = [];
    const openLimiter = async (...[, , given]: [string, unknown, number]) => {
      deadlines.push(given);
      return Promise.reject(new Error("there is none"));
    };
    await guesses(guardedRoutes({ ...ENV, ...env }, manualRuntime(), storeWith(openLimiter)), 1);
    expect(deadlines).toEqual([deadlineMs]);
  });

  it("goes on in the process while the store is away", async () => {
    const away: Limiter = {
      take: () => Promise.reject(new Error("away")),
      look: () => Promise.reject(new Error("away")),
    };
    const routes = guardedRoutes(
      ENV,
      manualRuntime(),
      storeWith(async () => away),
    );
    expect(await guesses(routes, 11)).toEqual([...Array(10).fill(401), 429]);
    expect((await routes.as(SHORT, STATUS, ADMIN)).status).toBe(200);
    expect((await routes.as(SHORT, STATUS, EVE)).status).toBe(429);
  });

  it("asks the store for nothing where the token is long and right", async () => {
    let asked = 0;
    const openLimiter = async (): Promise<Limiter> => {
      asked += 1;
      throw new Error("nobody asks");
    };
    const routes = guardedRoutes(ENV, manualRuntime(), storeWith(openLimiter));
    expect((await routes.as(LONG, STATUS, ADMIN)).status).toBe(200);
    expect(asked).toBe(0);
  });

  it.skipIf(redisUnavailable())(`is one for the whole fleet in Redis${because(redisUnavailable())}`, async () => {
    const server = await startRedis();
    const store = redis(server.url).open(systemRuntime());
    try {
      const env = { ...ENV, STATE_DEADLINE_MS: "5000" };
      const fleet = [1, 2, 3].map(() => guardedRoutes(env, systemRuntime(), store));
      const statuses: number[] = [];
      for (let n = 0; n < 24; n++) statuses.push(...(await guesses(fleet[n % 3] ?? expect.fail(), 1)));
      // A minute may end in between; each has ten at most.
      expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(20);
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(4);
    } finally {
      await store.close();
      await server.dispose();
    }
  });
});
