/** What Fastify finds and throws, and where its plugins hold. */
import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { errorHandler, plugin, routes, tideOf } from "../../lib/frameworks/fastify.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const instance = (env: Record<string, string> = {}): Tidegate =>
  tidegate({ store: memory(), config: readConfig(env), log });
const schema = {
  body: { type: "object", required: ["id"], properties: { id: { type: "integer" } } },
} as const;

describe("Fastify", () => {
  const application = (tide = instance()) => {
    const app = Fastify();
    app.register(plugin(tide));
    app.setErrorHandler(errorHandler(tide));
    return app;
  };
  const json = { "content-type": "application/json" };

  test("what its schemas find is a VALIDATION_ERROR that names the parameter", async () => {
    const app = application();
    app.post("/", { schema }, async (request) => request.body);
    const answer = await app.inject({ method: "POST", url: "/", headers: json, payload: '{"id":"x"}' });
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
    expect(answer.json().error).toMatchObject({
      code: "VALIDATION_ERROR",
      details: [{ parameter: "id", expected: "must be integer" }],
    });
    const broken = await app.inject({ method: "POST", url: "/", headers: json, payload: "{" });
    expect([broken.statusCode, broken.json().error.code]).toEqual([400, "VALIDATION_ERROR"]);
  });

  test("a status that the contract does not have is Fastify's own to answer", async () => {
    const app = application();
    app.post("/", async () => "never");
    const answer = await app.inject({ method: "POST", url: "/", headers: { "content-type": "a/b" }, payload: "x" });
    expect([answer.statusCode, answer.json().code]).toEqual([415, "FST_ERR_CTP_INVALID_MEDIA_TYPE"]);
  });

  test("an error with a status is a problem of that status, any other an INTERNAL_ERROR that tells nothing", async () => {
    const app = application();
    app.get("/forbidden", async () => {
      throw Object.assign(new Error("not yours"), { statusCode: 403 });
    });
    app.get("/broken", (_request, reply) => void reply.send(new Error("inner words")));
    expect((await app.inject("/forbidden")).json().error).toMatchObject({ code: "FORBIDDEN", message: "not yours" });
    const broken = await app.inject("/broken");
    expect([broken.statusCode, broken.body.includes("inner")]).toEqual([500, false]);
  });

  test("Tidegate's own routes read their bodies themselves, behind a prefix with parameters as well", async () => {
    const tide = instance({ ADMIN_TOKENS: "kim:a-token-that-is-long-enough-to-pass" });
    const app = application(tide);
    app.register(routes(tide), { prefix: "/tenants/:tenant/ops" });
    app.post("/echo", async (request) => request.body);
    const url = "/tenants/7/ops/admin/api/breaker";
    const headers = { ...json, authorization: "Bearer a-token-that-is-long-enough-to-pass" };
    const payload = { mode: "force_open", ttl_seconds: 60, reason: "a drill" };
    const answer = await app.inject({ method: "POST", url, headers, payload });
    expect(answer.statusCode, answer.body).toBe(200);
    const refused = await app.inject({ method: "POST", url, headers, payload: "{" });
    expect([refused.statusCode, refused.json().instance]).toEqual([400, url]);
    expect((await app.inject({ method: "POST", url: "/echo", headers: json, payload: '{"a":1}' })).json()).toEqual({
      a: 1,
    });
    const head = await app.inject({ method: "HEAD", url: "/tenants/7/ops/health/live" });
    expect([head.statusCode, head.body]).toEqual([200, ""]);
  });

  test("the plugin holds for the instance that it is registered at, and not beside it", async () => {
    const tide = instance();
    const app = Fastify();
    app.register(async (guarded) => {
      guarded.register(plugin(tide));
      guarded.get("/inside", async (request) => tideOf(request).requestId);
    });
    app.get("/outside", async (request) => tideOf(request).requestId);
    const inside = await app.inject("/inside");
    expect(inside.body).toBe(inside.headers["x-request-id"]);
    expect((await app.inject("/outside")).statusCode).toBe(500);
  });

  test("what is none of tidegate() is said where it is handed over", () => {
    for (const make of [plugin, routes, errorHandler]) {
      expect(() => make({} as never)).toThrow("what tidegate() returns is needed first, was object");
    }
    expect(() => tideOf({} as never)).toThrow("app.register(plugin(tide)) before its route");
  });
});
