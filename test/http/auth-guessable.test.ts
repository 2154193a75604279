import type { Context } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countFailures } from "../../lib/http/auth/failures.ts";
import { openTokens } from "../../lib/http/auth/tokens.ts";
import type { FleetLimiter } from "../../lib/http/limit/fleet.ts";
import { type GuardedRoutes, guardedRoutes } from "../support/guarded-routes.ts";
import { AUDIENCE, ISSUER, type Issuer, startIssuer } from "../support/issuer.ts";

const ADDRESS = "198.51.100.66";
const STATUS = "/admin/api/system-status";
const WATCHDOG = "/internal/watchdog";
const OF_31 = "x7Qm2Vt9LbR4wKzD0sHfYc6NpJgU3aE";
const OF_32 = "yB5rW8kZq1TnXv6LdM3hPfSc0GjEu9Ao";

/** As many wrong logins at the address as are allowed. */
async function guessTenTimes({ as }: GuardedRoutes): Promise<void> {
  for (let n = 0; n < 10; n++) expect((await as(`a-guess-number-${n}`, STATUS, ADDRESS)).status).toBe(401);
}

describe("where ten logins have failed", () => {
  it("a token of 32 characters gets in, and one of 31 does not", async () => {
    const routes = guardedRoutes({ ADMIN_TOKENS: `ada:${OF_31},bob:${OF_32}` });
    await guessTenTimes(routes);
    expect((await routes.as(OF_31, STATUS, ADDRESS)).status).toBe(429);
    expect((await routes.as(OF_32, STATUS, ADDRESS)).status).toBe(200);
  });

  it("a scheduler's secret of 32 characters gets in, and one of 31 does not", async () => {
    for (const [CRON_SECRET, status] of [
      [OF_31, 429],
      [OF_32, 200],
    ] as const) {
      const routes = guardedRoutes({ CRON_SECRET, ADMIN_TOKENS: "ada:ada-token-of-more-than-16" });
      expect((await routes.as(CRON_SECRET, WATCHDOG, ADDRESS)).status).toBe(200);
      await guessTenTimes(routes);
      expect((await routes.as(CRON_SECRET, WATCHDOG, ADDRESS)).status).toBe(status);
    }
  });

  describe("with an issuer", () => {
    let issuer: Issuer;
    beforeEach(async () => {
      issuer = await startIssuer();
    });
    afterEach(() => issuer.close());
    const OIDC = { ADMIN_OIDC_ISSUER: ISSUER, ADMIN_OIDC_AUDIENCE: AUDIENCE };

    it("a JWT gets in, since nobody guesses a signature", async () => {
      const routes = guardedRoutes(OIDC, issuer.runtime);
      await guessTenTimes(routes);
      expect((await routes.as(await issuer.sign(), STATUS, ADDRESS)).status).toBe(200);
    });

    it("a JWT that has ended is no failure, and not logged as one", async () => {
      const routes = guardedRoutes(OIDC, issuer.runtime);
      const ended = await issuer.sign({ exp: Math.floor(Date.now() / 1_000) - 60 });
      for (let n = 0; n < 12; n++) expect((await routes.as(ended, STATUS, ADDRESS)).status).toBe(401);
      expect(routes.lines.filter(({ event }) => event === "auth.failed")).toEqual([]);
      await guessTenTimes(routes);
    });
  });

  it("nobody is refused while nobody can count", async () => {
    const unknown: FleetLimiter = { take: () => null, look: () => null };
    const { count, check } = countFailures(unknown, () => null);
    const c = {} as Context;
    expect([await count(c), await check(c)]).toEqual([undefined, undefined]);
  });
});

describe("a token's fingerprint", () => {
  const ADA = { name: "ada", token: "ada-token-of-more-than-16" };
  const tokensOf = (...admin: (typeof ADA)[]) => openTokens(() => ({ admin, monitor: [] }));

  it("is nine bytes of a digest, of the name as well as of the token", async () => {
    const tokens = tokensOf(ADA, { ...ADA, token: `${ADA.token}-next` });
    const [one, next] = [await tokens.find(ADA.token), await tokens.find(`${ADA.token}-next`)];
    expect(one?.fingerprint).toMatch(/^[\w+/]{12}$/);
    // What a session of the fleet's other instances names, for as long as it lasts.
    expect(one?.fingerprint).toBe("Leu0wZqsI7LS");
    expect(next?.fingerprint).not.toBe(one?.fingerprint);
    expect((await tokensOf({ ...ADA, name: "bob" }).find(ADA.token))?.fingerprint).not.toBe(one?.fingerprint);
  });

  it("stands for as long as that token is an admin's, under that name", async () => {
    const { fingerprint = "" } = (await tokensOf(ADA).find(ADA.token)) ?? {};
    expect(await tokensOf(ADA).stands("ada", fingerprint)).toBe(true);
    expect(await tokensOf(ADA).stands("ada", `${fingerprint}x`)).toBe(false);
    expect(await tokensOf(ADA).stands("bob", fingerprint)).toBe(false);
    expect(await openTokens(() => ({ admin: [], monitor: [ADA] })).stands("ada", fingerprint)).toBe(false);
  });
});
