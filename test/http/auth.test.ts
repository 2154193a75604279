import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createLog } from "../../lib/log/log.ts";
import { createRedactor } from "../../lib/log/redaction.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { guardedRoutes } from "../support/guarded-routes.ts";

const ADA = "ada-token-of-more-than-16";
const BOB = "bob-token-of-more-than-16";
const PROMETHEUS = "prometheus-token-of-more-than-16";
const TOKENS = { ADMIN_TOKENS: `ada:${ADA},ada:${ADA}-next,bob:${BOB}`, MONITOR_TOKENS: `prometheus:${PROMETHEUS}` };

async function told(response: Response) {
  const challenge = response.headers.get("www-authenticate");
  const body = await response.json();
  return { status: response.status, code: body.error?.code, challenge, body };
}

describe("a named token", () => {
  it("lets its holder in, under its name; two of one name work side by side", async () => {
    const { as } = guardedRoutes(TOKENS);
    for (const [token, name] of [
      [ADA, "ada"],
      [`${ADA}-next`, "ada"],
      [BOB, "bob"],
    ] as const) {
      const { status, body } = await told(await as(token));
      expect([status, body]).toEqual([200, { name, right: "admin", kind: "token", subject: null, expiresAtMs: null }]);
    }
  });

  it("is a bearer's, whatever the case of the scheme", async () => {
    const { app } = guardedRoutes(TOKENS);
    const ask = (authorization: string) =>
      app.request("/admin/api/system-status", { headers: { Authorization: authorization } });
    expect((await ask(`bEaReR   ${ADA} `)).status).toBe(200);
    for (const other of [ADA, `Basic ${ADA}`, `Bearer ${ADA} ${ADA}`, "Bearer", "Bearer ", `Token ${ADA}`]) {
      const { status, challenge } = await told(await ask(other));
      expect([other, status, challenge]).toEqual([other, 401, 'Bearer realm="tidegate"']);
    }
  });

  it.each([
    ["unknown", "nobody-has-this-token"],
    ["cut short", ADA.slice(0, -1)],
    ["too long by one", `${ADA}x`],
    ["in other case", ADA.toUpperCase()],
    ["with its name", `ada:${ADA}`],
    ["of 16 KiB and more", "x".repeat(20_000)],
  ])("%s is 401 with a challenge", async (_, token) => {
    const { status, code, challenge } = await told(await guardedRoutes(TOKENS).as(token));
    expect([status, code]).toEqual([401, "UNAUTHORIZED"]);
    expect(challenge).toMatch(/^Bearer realm="tidegate"/);
  });

  it("that is wrong is told as such, and its text is nowhere", async () => {
    const { as, lines } = guardedRoutes(TOKENS);
    const { challenge, body } = await told(await as("nobody-has-this-token"));
    expect(challenge).toBe('Bearer realm="tidegate", error="invalid_token"');
    expect(JSON.stringify([body, lines])).not.toContain("nobody-has-this-token");
    expect(lines.filter(({ event }) => event === "auth.failed")).toHaveLength(1);
  });
});

describe("rights", () => {
  it("of a monitor end at health: 403 at admin paths", async () => {
    const { as } = guardedRoutes(TOKENS);
    expect((await as(PROMETHEUS, "/health/deep")).status).toBe(200);
    const { status, code, challenge } = await told(await as(PROMETHEUS));
    expect([status, code, challenge]).toEqual([403, "FORBIDDEN", null]);
  });

  it("of an admin include a monitor's; nobody's include nothing", async () => {
    const { as, app } = guardedRoutes(TOKENS);
    expect((await as(ADA, "/health/deep")).status).toBe(200);
    expect((await as("nobody-has-this-token", "/health/deep")).status).toBe(401);
    expect((await app.request("/health/deep")).status).toBe(401);
  });

  it("of a token that both lists have are an admin's", async () => {
    const { as } = guardedRoutes({ ADMIN_TOKENS: `ada:${ADA}`, MONITOR_TOKENS: `prometheus:${ADA}` });
    expect((await told(await as(ADA))).body).toMatchObject({ name: "ada", right: "admin" });
  });
});

describe("without any admin identity", () => {
  it.each(["production", "staging", "testing"])("%s serves no admin path", async (APP_ENV) => {
    const { as, app } = guardedRoutes({ APP_ENV, MONITOR_TOKENS: TOKENS.MONITOR_TOKENS });
    for (const response of [await as(PROMETHEUS), await app.request("/admin/api/system-status")]) {
      expect((await told(response)).code).toBe("NOT_FOUND");
    }
    expect((await as(PROMETHEUS, "/health/deep")).status).toBe(200);
  });

  it("development makes a token, prints it once, readable, and lets it in", async () => {
    const printed: string[] = [];
    const runtime = manualRuntime();
    const sink = (lines: readonly string[]) => void printed.push(...lines);
    const log = createLog({ level: "info", format: "json", redact: createRedactor({ secrets: [] }), runtime, sink });
    const config = readConfig({ APP_ENV: "development" });
    tidegate({ database: fakeDatabase(() => []), store: memory(), config, log, runtime });
    await log.flush();
    expect(printed.join("").match(/[0-9a-f]{64}/g)).toHaveLength(1);

    const { as, auth, lines } = guardedRoutes({ APP_ENV: "development" });
    auth.announce();
    auth.announce();
    const said = lines.filter(({ event }) => event === "admin.made_for_this_start");
    expect(said).toHaveLength(1);
    expect((await told(await as(String(said[0]?.fields.bearer_is)))).body.name).toBe("developer");
    expect((await as("nobody-has-this-token")).status).toBe(401);
  });

  it("development with a token makes none", () => {
    const { auth, lines } = guardedRoutes({ APP_ENV: "development", ...TOKENS });
    auth.announce();
    expect(lines).toEqual([]);
  });
});

describe("the scheduler's secret", () => {
  const SECRET = { CRON_SECRET: "scheduler-secret-of-16-or-more", ...TOKENS };

  it("opens the watchdog and nothing else", async () => {
    const { as } = guardedRoutes(SECRET);
    expect((await as(SECRET.CRON_SECRET, "/internal/watchdog")).status).toBe(200);
    expect((await as(SECRET.CRON_SECRET)).status).toBe(401);
    expect((await as(SECRET.CRON_SECRET, "/health/deep")).status).toBe(401);
  });

  it("is needed by everybody, admins too", async () => {
    const { as, app } = guardedRoutes(SECRET);
    for (const forged of [ADA, `${SECRET.CRON_SECRET}x`, SECRET.CRON_SECRET.slice(1), "undefined", "null"]) {
      expect([forged, (await as(forged, "/internal/watchdog")).status]).toEqual([forged, 401]);
    }
    expect((await app.request("/internal/watchdog", { method: "POST" })).status).toBe(401);
  });

  it("that is not set lets nobody in, with no bearer in the world", async () => {
    const { as } = guardedRoutes(TOKENS);
    for (const forged of ["null", "undefined", ADA]) expect((await as(forged, "/internal/watchdog")).status).toBe(404);
  });
});
