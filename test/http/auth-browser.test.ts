import { type Context, Hono } from "hono";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createAuth } from "../../lib/http/auth/auth.ts";
import { openSessions, type Session } from "../../lib/http/auth/sessions.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { ADA, CONSOLE_ENV, look, restart, SECRET, signIn } from "../support/console-session.ts";
import { guardedRoutes } from "../support/guarded-routes.ts";

const SESSION: Session = {
  id: "1",
  name: "ada",
  subject: null,
  fingerprint: "a+b/c",
  openedAtMs: 9e12 - 1,
  expiresAtMs: 9e12,
};

describe("what a browser sends", () => {
  it("is judged by the first login that is valid, wherever it stands", async () => {
    const routes = guardedRoutes(CONSOLE_ENV);
    const { cookie } = await signIn(routes);
    expect((await look(routes, `${cookie}; tidegate_session=old.old`)).status).toBe(200);
    expect((await look(routes, `tidegate_session=old.old; ${cookie}`)).status).toBe(200);
  });

  it("from its address bar, with a token of the session, changes something", async () => {
    const routes = guardedRoutes(CONSOLE_ENV);
    const { cookie: Cookie, csrf } = await signIn(routes);
    const ask = async (site: string) =>
      (await restart(routes, { Cookie, "X-CSRF-Token": csrf, "Sec-Fetch-Site": site })).status;
    expect(await ask("none")).toBe(202);
    expect(await ask("cross-site")).toBe(403);
  });

  it("with a bearer token may come from any page, which had to know it", async () => {
    const routes = guardedRoutes(CONSOLE_ENV);
    const headers = { Authorization: `Bearer ${ADA}`, Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
    expect((await restart(routes, headers)).status).toBe(202);
  });

  it("as three words with dots is no JWT where no issuer is trusted", async () => {
    expect((await guardedRoutes(CONSOLE_ENV).as("a.b.c")).status).toBe(401);
  });
});

describe("a session of the console", () => {
  const sessions = openSessions(() => SECRET);

  it("comes back as it was sealed", async () => {
    expect(await sessions.open(await sessions.seal(SESSION))).toEqual(SESSION);
    const umlauts = { ...SESSION, name: "Ada Löwe ÿ?>~", fingerprint: "ÿ" };
    expect(await sessions.open(await sessions.seal(umlauts))).toEqual(umlauts);
  });

  it("of another version of us, though we have signed it, is none", async () => {
    const { name: _, ...nameless } = SESSION;
    for (const other of [{ ...SESSION, more: 1 }, nameless, { ...SESSION, expiresAtMs: "9" }]) {
      expect(await sessions.open(await sessions.seal(other as Session))).toBe("outdated");
    }
  });
});

it("a page hears of what went wrong, rather than that nobody is signed in", async () => {
  const { access } = readConfig({ APP_ENV: "production", ...CONSOLE_ENV });
  const away = () => Promise.reject(new Error("the counter is away"));
  const ignore = () => {};
  const auth = createAuth({
    access,
    cronSecret: null,
    env: "production",
    failures: { count: away, check: away },
    addressOf: () => null,
    hostOf: () => "ops.example.com",
    runtime: manualRuntime(),
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  let visited: Promise<unknown> = Promise.resolve();
  const app = new Hono().get("/", (c: Context) => {
    visited = auth.visitor(c).catch((error: unknown) => error);
    return c.text("");
  });
  await app.request("/", { headers: { Authorization: "Bearer nobody-has-this-token" } });
  expect(await visited).toEqual(new Error("the counter is away"));
});
