/** When a session of the console ends, and what it is bound to meanwhile. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSessions } from "../../lib/http/auth/sessions.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { ADA, CONSOLE_ENV, look, SECRET, signIn, signInAt } from "../support/console-session.ts";
import { type GuardedRoutes, guardedRoutes } from "../support/guarded-routes.ts";
import { AUDIENCE, ISSUER, type Issuer, startIssuer } from "../support/issuer.ts";

const HOURS_8_MS = 8 * 3_600_000;

let runtime: ManualRuntime;
let routes: GuardedRoutes;
beforeEach(() => {
  runtime = manualRuntime();
  routes = guardedRoutes(CONSOLE_ENV, runtime);
});

describe("a session ends eight hours behind its beginning", () => {
  const sealed = async (times: { openedAtMs: number; expiresAtMs: number }) => {
    const { cookie } = await signIn(routes);
    const [payload = ""] = cookie.replace("tidegate_session=", "").split(".");
    const session = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return `tidegate_session=${await openSessions(() => SECRET).seal({ ...session, ...times })}`;
  };

  it("whatever it says of its end", async () => {
    const openedAtMs = runtime.wallMs();
    const cookie = await sealed({ openedAtMs, expiresAtMs: 9e15 });
    await runtime.advance(HOURS_8_MS - 1);
    expect((await look(routes, cookie)).status).toBe(200);
    await runtime.advance(1);
    expect((await look(routes, cookie)).status).toBe(401);
  });

  it("however often it is used, and no answer makes it longer", async () => {
    const { cookie } = await signIn(routes);
    for (let hour = 1; hour < 8; hour++) {
      await runtime.advance(HOURS_8_MS / 8);
      const answer = await look(routes, cookie);
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([200, null]);
      // Nor does signing in with it.
      expect((await signInAt(routes, cookie.replace("tidegate_session=", ""))).status).toBe(401);
    }
    await runtime.advance(HOURS_8_MS / 8);
    expect((await look(routes, cookie)).status).toBe(401);
  });

  it("and is none before its beginning, but for what clocks differ by", async () => {
    const status = async (aheadMs: number) => {
      const openedAtMs = runtime.wallMs() + aheadMs;
      return (await look(routes, await sealed({ openedAtMs, expiresAtMs: openedAtMs + HOURS_8_MS }))).status;
    };
    expect(await status(60_000)).toBe(200);
    expect(await status(60_001)).toBe(401);
  });

  it("and another version's is no failed login: its browser signs in again", async () => {
    const { cookie } = await signIn(routes);
    const [payload = ""] = cookie.replace("tidegate_session=", "").split(".");
    const { openedAtMs: _, ...older } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const outdated = `tidegate_session=${await openSessions(() => SECRET).seal(older)}`;
    for (let n = 0; n < 12; n++) expect((await look(routes, outdated)).status).toBe(401);
    expect(routes.lines.filter(({ event }) => event === "auth.failed")).toEqual([]);
  });
});

describe("a session that an issuer has vouched for", () => {
  let issuer: Issuer;
  beforeEach(async () => {
    issuer = await startIssuer();
  });
  afterEach(() => issuer.close());
  const OIDC = { ADMIN_OIDC_ISSUER: ISSUER, ADMIN_OIDC_AUDIENCE: AUDIENCE, SESSION_SECRET: SECRET };
  const at = (env: Record<string, string>) => guardedRoutes(env, issuer.runtime);
  const statusAt = async (env: Record<string, string>, cookie: string) => (await look(at(env), cookie)).status;

  it("is one where the same issuer and audience are trusted, and nowhere else", async () => {
    const { cookie } = await signIn(at(OIDC), await issuer.sign());
    expect(await statusAt(OIDC, cookie)).toBe(200);
    expect(await statusAt({ ...OIDC, ADMIN_OIDC_ISSUER: "https://login.example.com/other" }, cookie)).toBe(401);
    expect(await statusAt({ ...OIDC, ADMIN_OIDC_AUDIENCE: "another-client" }, cookie)).toBe(401);
    expect(await statusAt({ ADMIN_TOKENS: `ada:${ADA}`, SESSION_SECRET: SECRET }, cookie)).toBe(401);
  });

  it("is none for a token's name, nor a token's one for an issuer's", async () => {
    const { cookie } = await signIn(at(CONSOLE_ENV));
    expect(await statusAt(OIDC, cookie)).toBe(401);
    expect(await statusAt({ ...CONSOLE_ENV, ...OIDC }, cookie)).toBe(200);
  });

  it("fits into a cookie, whatever its issuer calls somebody", async () => {
    const longest = "名".repeat(256);
    const { cookie } = await signIn(
      at(OIDC),
      await issuer.sign({ sub: longest, email: longest, groups: Array(200).fill("g-0123456789") }),
    );
    expect(cookie.length).toBeLessThan(4_096);
    expect(await statusAt(OIDC, cookie)).toBe(200);
  });
});
