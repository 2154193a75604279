import { beforeEach, describe, expect, it } from "vitest";
import { openSessions } from "../../lib/http/auth/sessions.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";
import {
  ADA,
  CONSOLE_ENV,
  JSON_TYPE,
  look,
  MONITOR,
  SECRET,
  SITE,
  signIn,
  signInAt,
} from "../support/console-session.ts";
import { type GuardedRoutes, guardedRoutes } from "../support/guarded-routes.ts";

const HOURS_8_MS = 8 * 3_600_000;

let runtime: ManualRuntime;
let routes: GuardedRoutes;
beforeEach(() => {
  runtime = manualRuntime();
  routes = guardedRoutes(CONSOLE_ENV, runtime);
});

describe("signing in", () => {
  it("gives a cookie that scripts cannot read and other sites cannot send, for eight hours", async () => {
    const { setCookie } = await signIn(routes);
    const [pair, ...attributes] = setCookie.split("; ");
    expect(pair).toMatch(/^tidegate_session=[\w-]+\.[\w-]{43}$/);
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=28800", "Path=/admin", "SameSite=Strict", "Secure"]);
  });

  it("is Secure everywhere but on this machine itself", async () => {
    const secure = async (site: string) => (await signIn(routes, ADA, site)).setCookie.includes("Secure");
    expect(await secure("http://ops.example.com")).toBe(true);
    expect(await secure("https://127.0.0.1:8787")).toBe(true);
    expect(await secure("http://127.0.0.1.evil.example")).toBe(true);
    for (const here of ["http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787"]) {
      expect([here, await secure(here)]).toEqual([here, false]);
    }
  });

  it("over http:// says why it is of no use, instead of a login that the browser drops", async () => {
    const from = (origin: string) => signInAt(routes, ADA, { Origin: origin }, origin);
    const refused = await from("http://ops.example.com");
    expect([refused.status, refused.headers.get("set-cookie")]).toEqual([403, null]);
    expect((await refused.json()).error.message).toContain("https://");
    for (const origin of [
      "https://ops.example.com",
      "http://127.0.0.1:8787",
      "http://localhost:8787",
      "http://[::1]",
    ]) {
      expect([origin, (await from(origin)).status]).toEqual([origin, 200]);
    }
    // TLS may have ended in front of us.
    expect((await signInAt(routes, ADA, { Origin: SITE }, "http://ops.example.com")).status).toBe(200);
  });

  it("makes the browser that admin, and tells it its CSRF token again", async () => {
    const { cookie, csrf } = await signIn(routes);
    expect(await (await look(routes, cookie)).json()).toMatchObject({ name: "ada", right: "admin", kind: "session" });
    const told = await routes.app.request(`${SITE}/admin/api/session`, { headers: { Cookie: cookie } });
    expect((await told.json()).data).toMatchObject({ name: "ada", kind: "session", csrf_token: csrf });
    expect(told.headers.get("cache-control")).toBe("no-store");
  });

  it.each([
    ["a wrong token", "nobody-has-this-token", 401],
    ["a monitor's token", MONITOR, 403],
    ["no token", undefined, 400],
    ["a token that is none", 7, 400],
    ["an empty token", "", 400],
    ["a token without end", "x".repeat(20_000), 400],
  ])("with %s is refused without a cookie", async (_, token, status) => {
    const response = await signInAt(routes, token);
    expect([response.status, response.headers.get("set-cookie")]).toEqual([status, null]);
  });

  it("on behalf of another site is refused, and so is a form", async () => {
    expect((await signInAt(routes, ADA, { Origin: "https://evil.example" })).status).toBe(403);
    expect((await signInAt(routes, ADA, { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
    expect((await signInAt(routes, ADA, { Origin: SITE, "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
    expect((await signInAt(routes, ADA, { "Content-Type": "text/plain" })).status).toBe(400);
  });

  it("needs a secret in production, and makes one elsewhere", async () => {
    const { SESSION_SECRET: _, ...unset } = CONSOLE_ENV;
    const refused = await signInAt(guardedRoutes(unset), ADA);
    expect([refused.status, (await refused.json()).error.message]).toEqual([
      403,
      expect.stringMatching(/SESSION_SECRET/),
    ]);
    const elsewhere = guardedRoutes({ ...unset, APP_ENV: "staging" });
    expect((await look(elsewhere, (await signIn(elsewhere)).cookie)).status).toBe(200);
  });

  it("is not there where nobody is an admin", async () => {
    expect((await signInAt(guardedRoutes({ SESSION_SECRET: SECRET }), ADA)).status).toBe(404);
  });
});

describe("a session", () => {
  it("is known to every instance that has the secret, and ends after eight hours", async () => {
    const { cookie } = await signIn(routes);
    expect((await look(guardedRoutes(CONSOLE_ENV, runtime), cookie)).status).toBe(200);
    await runtime.advance(HOURS_8_MS - 1);
    expect((await look(routes, cookie)).status).toBe(200);
    await runtime.advance(1);
    expect((await look(routes, cookie)).status).toBe(401);
  });

  it("ends with the token that it was begun with, and with the secret", async () => {
    const { cookie } = await signIn(routes);
    const status = async (env: Record<string, string>) =>
      (await look(guardedRoutes({ ...CONSOLE_ENV, ...env }), cookie)).status;
    expect(await status({ ADMIN_TOKENS: `bob:bobs-token-of-16-and-more,ada:${ADA}` })).toBe(200);
    expect(await status({ ADMIN_TOKENS: "ada:another-token-of-ada-0123" })).toBe(401);
    expect(await status({ ADMIN_TOKENS: `bob:${ADA}` })).toBe(401);
    expect(await status({ ADMIN_TOKENS: "bob:bobs-token-of-16-and-more", MONITOR_TOKENS: `ada:${ADA}` })).toBe(401);
    expect(await status({ SESSION_SECRET: `${SECRET}A` })).toBe(401);
  });

  it("that is forged is none", async () => {
    const { cookie } = await signIn(routes);
    const [payload = "", signature = ""] = cookie.replace("tidegate_session=", "").split(".");
    const session = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const encoded = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
    const mine = openSessions(() => "a secret of my own");
    const csrf = await openSessions(() => SECRET).csrfToken({ ...session, id: payload });
    const forged = [
      `${encoded({ ...session, name: "root" })}.${signature}`,
      `${encoded({ ...session, expiresAtMs: 9e15 })}.${signature}`,
      await mine.seal(session),
      `${payload}.${csrf}`,
      `${payload}.`,
      payload,
      `.${signature}`,
      `${payload}.${signature}.`,
      `${payload}.${signature.slice(0, -1)}`,
      `${payload}.${"A".repeat(43)}`,
      "%00.%ff",
      ".",
      "x".repeat(20_000),
    ];
    for (const text of forged) {
      // So that none is refused for the number of those before it.
      const fresh = guardedRoutes(CONSOLE_ENV, runtime);
      expect([text.slice(0, 200), (await look(fresh, `tidegate_session=${text}`)).status]).toEqual([
        text.slice(0, 200),
        401,
      ]);
    }
  });

  it("stands beside cookies of its name that another host of the domain has put before it", async () => {
    const { cookie } = await signIn(routes);
    const foreign = ["tidegate_session=x.y", "tidegate_session=", "other=1"];
    expect((await look(routes, [...foreign, cookie].join("; "))).status).toBe(200);
    expect((await look(routes, foreign.join("; "))).status).toBe(401);
    const flood = Array.from({ length: 50 }, () => foreign[0]);
    expect((await look(routes, [...flood, cookie].join("; "))).status).toBe(401);
  });

  it("stands beside cookies of others that cannot be read", async () => {
    const { cookie } = await signIn(routes);
    for (const others of ["a=%", "discount=100%; cut=%E0%A4%A", "=x; ;;; y", 'quoted="a;b', "tidegate_session=%"]) {
      expect([others, (await look(routes, `${others}; ${cookie}; z=%zz`)).status]).toEqual([others, 200]);
    }
  });

  it("is one for each port of a host, whose cookies a browser keeps together", async () => {
    const sites = [SITE, `${SITE}:8443`, `${SITE}:9443`];
    const others = guardedRoutes({ ...CONSOLE_ENV, SESSION_SECRET: `${SECRET}B` }, runtime);
    const pairs = [];
    for (const [at, site] of sites.entries()) {
      const { app } = at === 1 ? others : routes;
      const headers = { ...JSON_TYPE, Origin: site };
      const init = { method: "POST", headers, body: JSON.stringify({ token: ADA }) };
      pairs.push((await app.request(`${site}/admin/api/session`, init)).headers.get("set-cookie")?.split(";")[0]);
    }
    const jar = { Cookie: pairs.join("; ") };
    expect(jar.Cookie).toMatch(/^tidegate_session=[^;]+; tidegate_session_8443=[^;]+; tidegate_session_9443=[^;]+$/);
    for (const [at, site] of sites.entries()) {
      const { app, lines } = at === 1 ? others : routes;
      const answer = await app.request(`${site}/admin/api/session`, { headers: jar });
      expect([site, answer.status]).toEqual([site, 200]);
      expect(lines.filter(({ event }) => event === "auth.failed")).toEqual([]);
    }
  });

  it("steps back behind a token that is brought on purpose", async () => {
    const { cookie } = await signIn(routes);
    const headers = { Cookie: cookie, Authorization: `Bearer ${MONITOR}` };
    expect((await routes.app.request("/admin/api/system-status", { headers })).status).toBe(403);
  });

  it("signed out of is gone from the browser", async () => {
    const { cookie, csrf } = await signIn(routes);
    const out = (headers: Record<string, string>) =>
      routes.app.request(`${SITE}/admin/api/session`, { method: "DELETE", headers: { ...JSON_TYPE, ...headers } });
    expect((await out({ Cookie: cookie, Origin: SITE })).status).toBe(403);
    const response = await out({ Cookie: cookie, Origin: SITE, "X-CSRF-Token": csrf });
    expect(response.status).toBe(200);
    expect(response.headers.get("set-cookie")).toMatch(/^tidegate_session=; Max-Age=0; Path=\/admin; HttpOnly; Secure/);
  });
});

it("a page can show a login to whoever has none, and a problem to those who have the wrong one", async () => {
  const { cookie } = await signIn(routes);
  const ask = (headers: Record<string, string>) => routes.app.request(`${SITE}/admin`, { headers });
  expect(await (await ask({ Cookie: cookie })).text()).toBe("ada");
  for (const headers of [{}, { Cookie: "tidegate_session=old.old" }, { Authorization: "Bearer wrong" }]) {
    expect(await (await ask(headers)).text()).toBe("please sign in");
  }
  expect((await ask({ Authorization: `Bearer ${MONITOR}` })).status).toBe(403);
  for (let n = 0; n < 10; n++) await ask({ Authorization: "Bearer wrong" });
  expect((await ask({ Authorization: "Bearer wrong" })).status).toBe(429);
});
