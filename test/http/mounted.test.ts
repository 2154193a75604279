/** What Tidegate answers itself is the same wherever `tide.routes()` is mounted, with its middleware in front or without. */
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { Tidegate, TidegateEnv } from "../../lib/tidegate.ts";
import { type SmallApp, smallApp } from "../support/app.ts";

const TOKEN = "a-token-that-is-long-enough-to-pass";
const SITE = "https://ops.example.com";

type Mount = (tide: Tidegate) => Hono<TidegateEnv>;

const begun = (tide: Tidegate) => new Hono<TidegateEnv>().use(tide.middleware());
const orders = (app: Hono<TidegateEnv>) => app.get("/orders", (c) => c.text("orders"));

const MOUNTS: readonly (readonly [how: string, prefix: string, mount: Mount])[] = [
  ["at the root", "", (tide) => begun(tide).route("/", tide.routes())],
  [
    "below a base path",
    "/v1",
    (tide) => orders(new Hono<TidegateEnv>().basePath("/v1").use(tide.middleware())).route("/", tide.routes()),
  ],
  ["by route", "/v1", (tide) => begun(tide).route("/v1", tide.routes())],
  ["by route with a slash at its end", "/v1", (tide) => begun(tide).route("/v1/", tide.routes())],
  [
    "in a part that answers its own errors",
    "/api/ops",
    (tide) => begun(tide).route("/api", new Hono().onError((_, c) => c.text("mine", 500)).route("/ops", tide.routes())),
  ],
  ["below a parameter", "/t/blue", (tide) => begun(tide).route("/t/:tenant", tide.routes())],
  [
    "before the middleware",
    "/v1",
    (tide) => new Hono<TidegateEnv>().route("/v1", tide.routes()).use(tide.middleware()),
  ],
  ["without the middleware", "/v1", (tide) => new Hono<TidegateEnv>().route("/v1", tide.routes())],
  ["by mount, without the middleware", "", (tide) => new Hono<TidegateEnv>().mount("/", tide.routes().fetch)],
  ["as the whole application", "", (tide) => tide.routes() as unknown as Hono<TidegateEnv>],
];

const PEER = { incoming: { socket: { remoteAddress: "203.0.113.9" } } };
const asking =
  (app: Hono<TidegateEnv>) =>
  (path: string, init: RequestInit = {}) =>
    app.request(`${SITE}${path}`, init, PEER);

function mounted(mount: Mount, env: Record<string, string> = {}): SmallApp & { ask: ReturnType<typeof asking> } {
  const small = smallApp(env);
  return { ...small, ask: asking(mount(small.tide)) };
}

describe.each(MOUNTS)("tide.routes() %s", (_, prefix, mount) => {
  it("are never counted, nor refused, by the rate limit", async () => {
    const { ask } = mounted(mount, { RATE_LIMIT_PER_MINUTE: "1", METRICS_PUBLIC: "true" });
    for (const path of ["/health", "/health/live", "/health/ready", "/metrics", "/admin", "/health/live"]) {
      const answer = await ask(`${prefix}${path}`);
      expect([path, answer.status, answer.headers.get("ratelimit")]).toEqual([path, 200, null]);
    }
  });

  it("tell while draining that the instance lives and is not ready", async () => {
    const { tide, ask } = mounted(mount);
    tide.drain();
    expect((await ask(`${prefix}/health/live`)).status).toBe(200);
    expect((await ask(`${prefix}/health`)).status).toBe(200);
    expect(await (await ask(`${prefix}/health/ready`)).json()).toEqual({ status: "draining" });
    const refused = await ask(`${prefix}/admin/api/session`);
    expect([refused.status, (await refused.json()).error.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
  });

  it("have a session whose cookie reaches the console, and nothing else", async () => {
    const { ask } = mounted(mount);
    const signedIn = await ask(`${prefix}/admin/api/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: SITE },
      body: JSON.stringify({ token: TOKEN }),
    });
    expect(signedIn.status).toBe(200);
    expect(signedIn.headers.get("set-cookie")).toContain(`; Path=${prefix}/admin; `);
  });

  it("answer with a problem, an id and their code, and say so in the log as ever", async () => {
    const { ask, lines } = mounted(mount);
    for (const [method, path, status, code] of [
      ["GET", "/metrics", 401, "UNAUTHORIZED"],
      ["GET", "/health/deep", 401, "UNAUTHORIZED"],
      ["GET", "/admin/api/system-status", 401, "UNAUTHORIZED"],
      ["GET", "/internal/watchdog", 404, "NOT_FOUND"],
      ["POST", "/health/live", 405, "METHOD_NOT_ALLOWED"],
    ] as const) {
      const answer = await ask(`${prefix}${path}`, { method, headers: { "X-Request-Id": "r-1" } });
      const problem = (await answer.json()) as { error: { code: string }; meta: Record<string, unknown> };
      expect([path, answer.status, problem.error.code]).toEqual([path, status, code]);
      expect(problem.meta).toMatchObject({ request_id: "r-1", app_version: "1.2.3" });
      expect(answer.headers.get("x-request-id")).toBe("r-1");
    }
    const bearer = { headers: { Authorization: `Bearer ${TOKEN}` } };
    const told = await ask(`${prefix}/admin/api/system-status`, bearer);
    expect([told.status, (await told.json()).success]).toEqual([200, true]);
    const options = await ask(`${prefix}/health/live`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect(lines).toContainEqual(
      expect.objectContaining({ event: "request.refused", fields: expect.objectContaining({ request_id: "r-1" }) }),
    );
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("give each answer one id, and one time that it took", async () => {
    const { ask } = mounted(mount);
    const { headers } = await ask(`${prefix}/health/live`);
    expect(headers.get("x-request-id")).toMatch(/^[\w-]+$/);
    expect(headers.get("server-timing")).toMatch(/^total;dur=[\d.]+$/);
  });
});

describe("addresses that only look like Tidegate's", () => {
  it("are the application's: limited, and refused while draining", async () => {
    const { tide } = smallApp({ RATE_LIMIT_PER_MINUTE: "1" });
    const app = begun(tide).route("/v1", tide.routes());
    for (const path of ["/health/live", "/admin/users", "/internal/jobs", "/metrics"])
      app.get(path, (c) => c.text("mine"));
    const ask = asking(app);
    expect((await ask("/admin/users")).status).toBe(200);
    for (const path of ["/health/live", "/admin/users", "/internal/jobs", "/metrics", "/v1/nothing"]) {
      expect([path, (await ask(path)).status]).toEqual([path, 429]);
    }
    tide.drain();
    expect((await ask("/health/live")).status).toBe(503);
    expect((await ask("/v1/health/live")).status).toBe(200);
  });

  it("beside Tidegate's, with no middleware of it, are none of its business", async () => {
    const { tide } = smallApp();
    const app = new Hono().route("/", tide.routes()).get("/admin/users", (c) => c.text("mine"));
    const answer = await app.request("/admin/users");
    expect([await answer.text(), answer.headers.get("x-request-id")]).toEqual(["mine", null]);
  });
});

describe("several mounts of one instance", () => {
  it("each have their own cookie and links", async () => {
    const { tide } = smallApp();
    const app = begun(tide).route("/one", tide.routes()).route("/two", tide.routes());
    for (const prefix of ["/one", "/two"]) {
      const answer = await app.request(`${prefix}/admin/api/worker/restart`, {
        method: "POST",
        headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
        body: "{}",
      });
      const { data } = (await answer.json()) as { data?: { status_url: string } };
      if (answer.status === 202) expect(data?.status_url).toBe(`${prefix}/admin/api/worker/status`);
      expect(await (await app.request(`${prefix}/admin`)).text()).toContain(`${prefix}/admin/api/`);
    }
  });
});

describe("behind a proxy that takes a prefix off", () => {
  it("the cookie is for the address that the browser knows the console by", async () => {
    const { tide } = smallApp();
    const app = begun(tide).route("/v1", tide.routes());
    const path = async (referer: string, method = "POST") => {
      const answer = await app.request(`${SITE}/v1/admin/api/session`, {
        method,
        headers: { "Content-Type": "application/json", Origin: SITE, Referer: referer },
        body: JSON.stringify({ token: TOKEN }),
      });
      return /Path=([^;]*)/.exec(answer.headers.get("set-cookie") ?? "")?.[1];
    };
    expect(await path(`${SITE}/ops/v1/admin`)).toBe("/ops/v1/admin");
    expect(await path(`${SITE}/ops/v1/admin/?from=mail`)).toBe("/ops/v1/admin");
    for (const elsewhere of [`${SITE}/ops`, `${SITE}/`, "nonsense", `${SITE}/a;b/v1/admin`]) {
      expect(await path(elsewhere)).toBe("/v1/admin");
    }
  });
});
