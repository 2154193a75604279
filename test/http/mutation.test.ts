import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { ADA, CONSOLE_ENV, JSON_TYPE, look, restart, SECRET, SITE, signIn } from "../support/console-session.ts";
import { type GuardedRoutes, guardedRoutes } from "../support/guarded-routes.ts";
import { AUDIENCE, ISSUER, type Issuer, startIssuer } from "../support/issuer.ts";

let runtime: ManualRuntime;
let routes: GuardedRoutes;
beforeEach(() => {
  runtime = manualRuntime();
  routes = guardedRoutes(CONSOLE_ENV, runtime);
});

describe("what changes something", () => {
  it("needs the session's CSRF token and the application's own origin", async () => {
    const { cookie: Cookie, csrf } = await signIn(routes);
    const other = await signIn(routes);
    const status = async (headers: Record<string, string | undefined>) =>
      (await restart(routes, { Cookie, "X-CSRF-Token": csrf, ...headers })).status;
    expect(await status({})).toBe(202);
    expect(await status({ Origin: "http://ops.example.com" })).toBe(202);
    expect(await status({ Origin: "https://ops.example.com:443" })).toBe(202);
    expect(await status({ "X-CSRF-Token": undefined })).toBe(403);
    expect(await status({ "X-CSRF-Token": "" })).toBe(403);
    expect(await status({ "X-CSRF-Token": other.csrf })).toBe(403);
    expect(await status({ "X-CSRF-Token": `${csrf}x` })).toBe(403);
    const strangers = [
      undefined,
      "null",
      "https://evil.example",
      "https://ops.example.com.evil.example",
      "ops.example.com",
    ];
    for (const Origin of [...strangers, "https://ops.example.com:8443", "https://evil.example/ops.example.com"]) {
      expect([Origin, await status({ Origin })]).toEqual([Origin, 403]);
    }
    expect(await status({ "Sec-Fetch-Site": "same-site" })).toBe(403);
    expect(await status({ "Sec-Fetch-Site": "same-origin" })).toBe(202);
  });

  it("is exactly JSON, whoever asks", async () => {
    const { cookie: Cookie, csrf } = await signIn(routes);
    const session = { Cookie, "X-CSRF-Token": csrf };
    for (const who of [session, { Authorization: `Bearer ${ADA}` }]) {
      const wrong = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"];
      for (const type of [...wrong, "application/json+x", "text/plain; application/json", undefined]) {
        const response = await restart(routes, { ...who, "Content-Type": type });
        expect([type, response.status, (await response.json()).error.code]).toEqual([type, 400, "VALIDATION_ERROR"]);
      }
      expect((await restart(routes, { ...who, "Content-Type": "application/json; charset=utf-8" })).status).toBe(202);
    }
  });

  it("needs neither with a bearer token, which no page can send without knowing it", async () => {
    expect((await restart(routes, { Authorization: `Bearer ${ADA}`, Origin: undefined })).status).toBe(202);
  });

  it("behind a proxy knows its own host by the proxy's word, if that is trusted", async () => {
    const env = (peer: string) => ({ incoming: { socket: { remoteAddress: peer } } });
    const behind = guardedRoutes({ ...CONSOLE_ENV, TRUSTED_PROXIES: "10.0.0.0/8" }, runtime);
    const { cookie, csrf } = await signIn(behind);
    // As at each of the two names that the application has.
    const Cookie = `${cookie}; ${cookie.replace("=", "_8787=")}`;
    const ask = async (peer: string, host: string) => {
      const headers = { ...JSON_TYPE, Cookie, "X-CSRF-Token": csrf, Origin: SITE, "X-Forwarded-Host": host };
      const init = { method: "POST", headers, body: "{}" };
      return (await behind.app.request("http://10.0.0.9:8787/admin/api/worker/restart", init, env(peer))).status;
    };
    expect(await ask("10.0.0.1", "ops.example.com")).toBe(202);
    expect(await ask("10.0.0.1", "evil.example, ops.example.com")).toBe(403);
    expect(await ask("203.0.113.9", "ops.example.com")).toBe(403);
  });
});

describe("a session begun with a JWT", () => {
  let issuer: Issuer;
  beforeEach(async () => {
    issuer = await startIssuer();
  });
  afterEach(() => issuer.close());
  const OIDC = { ADMIN_OIDC_ISSUER: ISSUER, ADMIN_OIDC_AUDIENCE: AUDIENCE, SESSION_SECRET: SECRET };

  it("lasts no longer than that, and only while its issuer is trusted", async () => {
    const oidc = guardedRoutes(OIDC, issuer.runtime);
    const { cookie, setCookie } = await signIn(oidc, await issuer.sign());
    const [, maxAge] = /Max-Age=(\d+)/.exec(setCookie) ?? [];
    expect(Number(maxAge)).toBeLessThanOrEqual(300);
    expect((await look(oidc, cookie)).status).toBe(200);
    expect((await look(guardedRoutes(CONSOLE_ENV, issuer.runtime), cookie)).status).toBe(401);
  });

  it("or Cloudflare Access: what the browser sends along changes nothing for another site", async () => {
    const access = { CF_ACCESS_TEAM_DOMAIN: "team.cloudflareaccess.com", CF_ACCESS_AUD: AUDIENCE };
    const behind = guardedRoutes({ ...access, SESSION_SECRET: SECRET }, issuer.runtime);
    const assertion = await issuer.sign({ iss: "https://team.cloudflareaccess.com" });
    const ask = async (headers: Record<string, string | undefined>) =>
      (await restart(behind, { "Cf-Access-Jwt-Assertion": assertion, ...headers })).status;
    expect(await ask({})).toBe(202);
    expect(await ask({ Origin: undefined })).toBe(202);
    expect(await ask({ Origin: "https://evil.example" })).toBe(403);
    expect(await ask({ Origin: undefined, "Sec-Fetch-Site": "cross-site" })).toBe(403);
    // A session that has grown old does not stand in its way.
    expect(await ask({ Cookie: "tidegate_session=old.old" })).toBe(202);
  });
});
