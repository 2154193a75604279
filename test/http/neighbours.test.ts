/** Middleware of Hono's own beside Tidegate's, in front of it and behind: each does what it is for. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { some } from "hono/combine";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { endTime, startTime, timing } from "hono/timing";
import { appendTrailingSlash, trimTrailingSlash } from "hono/trailing-slash";
import { describe, expect, it } from "vitest";
import type { Tidegate, TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

type App = Hono<TidegateEnv>;
const ORIGIN = "https://fab.example";

/** The neighbour in front of Tidegate's, or behind. */
const SIDES: readonly (readonly [side: string, begin: (tide: Tidegate, neighbour: MiddlewareHandler) => App])[] = [
  ["in front", (tide, neighbour) => new Hono<TidegateEnv>().use(neighbour).use(tide.middleware())],
  ["behind", (tide, neighbour) => new Hono<TidegateEnv>().use(tide.middleware()).use(neighbour)],
];

describe.each(SIDES)("with the neighbour %s", (_, begin) => {
  it("the measures of hono/timing stand beside the total", async () => {
    const { tide } = smallApp();
    const app = begin(tide, timing({ total: false })).get("/orders", (c: Context) => {
      startTime(c, "db");
      endTime(c, "db");
      return c.text("orders");
    });
    const header = (await app.request("/orders")).headers.get("server-timing") ?? "";
    expect(header.split(", ").map((entry) => entry.split(";")[0])).toEqual(expect.arrayContaining(["db", "total"]));
  });

  it("a slash at the end is trimmed, or added, for the application and for Tidegate's routes", async () => {
    for (const withNotFound of [true, false]) {
      const { tide } = smallApp();
      const trimming = begin(tide, trimTrailingSlash())
        .get("/orders", (c) => c.text("orders"))
        .route("/v1", tide.routes());
      const adding = begin(tide, appendTrailingSlash()).get("/orders/", (c) => c.text("orders"));
      if (withNotFound) for (const app of [trimming, adding]) app.notFound(tide.notFound);
      for (const [app, path, place] of [
        [trimming, "/orders/", "/orders"],
        [trimming, "/v1/health/live/", "/v1/health/live"],
        [adding, "/orders", "/orders/"],
      ] as const) {
        const answer = await app.request(path);
        expect([path, answer.status, answer.headers.get("location")]).toEqual([path, 301, `http://localhost${place}`]);
      }
    }
  });

  it.each([
    ["compress", compress({ threshold: 1 })],
    ["etag", etag()],
    ["secureHeaders", secureHeaders()],
    ["some", some(async (_, next) => void (await next()))],
  ])("%s hands problems on as they are", async (_name, neighbour) => {
    const { tide } = smallApp();
    const app = begin(tide, neighbour).onError(tide.onError);
    app.get("/fails", () => {
      throw new Error("secret");
    });
    for (const [path, status] of [
      ["/fails", 500],
      ["/nothing", 404],
    ] as const) {
      const answer = await app.request(path);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
      expect((await answer.json()).status).toBe(status);
    }
  });
});

describe("CORS", () => {
  it("is there on every error, so that a page can read it, and no cache mixes origins up", async () => {
    const { tide } = smallApp({ CORS_ORIGINS: ORIGIN, RATE_LIMIT_PER_MINUTE: "4" });
    const app = new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError).route("/v1", tide.routes());
    app.get("/fails", () => {
      throw new Error("secret");
    });
    app.post("/orders", async (c) => c.json(await c.req.json()));
    const peer = { incoming: { socket: { remoteAddress: "203.0.113.9" } } };
    const large = { method: "POST", body: "x".repeat(100_000), headers: { "Content-Length": "100000" } };
    for (const [path, status, init] of [
      ["/fails", 500, {}],
      ["/nothing", 404, {}],
      ["/orders", 413, large],
      ["/v1/health/live", 405, { method: "PUT" }],
      ["/v1/metrics", 401, {}],
      ["/fails", 500, {}],
      ["/fails", 429, {}],
    ] as const) {
      const headers = { Origin: ORIGIN, ...("headers" in init && init.headers) };
      const answer = await app.request(path, { ...init, headers }, peer);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
      expect(answer.headers.get("vary")).toMatch(/\bOrigin\b/);
    }
    const asked = { method: "OPTIONS", headers: { Origin: ORIGIN, "Access-Control-Request-Method": "POST" } };
    expect((await app.request("/orders", asked, peer)).status).toBe(204);
  });
});

describe("an application's shape", () => {
  it("may have its base path after its onError", async () => {
    const { tide } = smallApp();
    const app = new Hono<TidegateEnv>().onError(tide.onError).notFound(tide.notFound).basePath("/api");
    app.use(tide.middleware()).route("/", tide.routes());
    expect((await app.request("/api/metrics")).status).toBe(401);
    expect((await (await app.request("/elsewhere")).json()).error.code).toBe("NOT_FOUND");
  });

  it("may hide a middleware that does not await what comes next: that is told, not served empty", async () => {
    const { tide, lines } = smallApp();
    const app = new Hono<TidegateEnv>().use(tide.middleware()).use((_, next) => {
      void next();
      return Promise.resolve();
    });
    app.get("/orders", () => new Promise<Response>(() => {}));
    const answer = await app.request("/orders");
    expect(answer.status).toBe(500);
    expect(JSON.stringify(lines.find(({ level }) => level === "error")?.fields.error)).toContain("await next()");
  });

  it("may have the middleware in front of all, and once more in front of a part", async () => {
    const { tide } = smallApp({ RATE_LIMIT_PER_MINUTE: "2" });
    const app = new Hono<TidegateEnv>().use(tide.middleware()).use("/api/*", tide.middleware());
    app.get("/api/orders", (c) => c.text("orders"));
    const peer = { incoming: { socket: { remoteAddress: "203.0.113.9" } } };
    const answer = await app.request("/api/orders", {}, peer);
    expect([answer.status, answer.headers.get("ratelimit")]).toEqual([200, '"default";r=1;t=60']);
    expect(answer.headers.get("server-timing")).toMatch(/^total;dur=[\d.]+$/);
  });
});
