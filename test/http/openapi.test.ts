/** `/openapi.json`: valid, true of the application, and served as it was generated. What is answered is held to it elsewhere. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createApp } from "../../functions/app.ts";
import { OPENAPI } from "../../functions/openapi.generated.ts";
import { documentOf } from "../../infra/openapi/document.ts";
import { HEALTH } from "../../infra/openapi/operations/health.ts";
import { misconfigured } from "../../lib/http/misconfigured.ts";
import { openapi } from "../../lib/openapi/openapi.ts";
import type { OpenApi } from "../../lib/openapi/types.ts";
import { manualRuntime, memory } from "../../lib/testing/testing.ts";
import { smallApp } from "../support/app.ts";
import { described, holdTo } from "../support/described.ts";
import { CRON } from "../support/operated-app.ts";

interface Parameter {
  readonly name: string;
  readonly in: "query" | "header";
  readonly required?: true;
  readonly schema: {
    readonly type: string;
    readonly enum?: readonly string[];
    readonly minimum?: number;
    readonly maximum?: number;
  };
}
interface Operation {
  readonly operationId: string;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly example?: object } } };
}

const demo: OpenApi = JSON.parse(OPENAPI);
const operationsOf = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([key, operation]) => {
      const method = key.toUpperCase();
      return { name: `${method} ${path}`, path, method, operation: operation as Operation };
    }),
  );
const OPERATIONS = operationsOf(demo);

/** Who asks comes from an address, so that he is counted. */
function plant(env: Record<string, string> = {}) {
  const connInfo = () => ({ remote: { address: "203.0.113.7" } });
  const auditLog = memory().open(manualRuntime()).log;
  const small = smallApp({ CRON_SECRET: CRON, ...env }, () => [], { connInfo, auditLog });
  return { ...small, app: described(createApp(small.tide), holdTo(demo)) };
}
const ADMIN = { authorization: "Bearer a-token-that-is-long-enough-to-pass" };

/** Methods and paths as the router has them. */
// biome-ignore lint/suspicious/noExplicitAny: whatever its handlers find in their context.
const routesOf = ({ routes }: Hono<any>): string[] => [
  ...new Set(routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)),
];
const HEADS = ["/health", "/health/deep", "/health/live", "/health/ready"].map((path) => `HEAD ${path}`);

describe.each([
  { name: "of the demo", document: demo, routes: () => routesOf(plant().app) },
  { name: "of the library", document: openapi, routes: () => routesOf(smallApp().tide.routes()) },
])("the description $name", ({ document, routes }) => {
  test("is OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document) as never)).toEqual({ valid: true });
    expect([validator.version, document.openapi]).toEqual(["3.1", "3.1.1"]);
  });

  test("names the routes, and no others", () => {
    const named = operationsOf(document).map(({ name }) => name);
    expect(named.sort()).toEqual([...routes(), ...HEADS].sort());
  });

  test("has all that it refers to, and nothing that nobody refers to", () => {
    const text = JSON.stringify(document);
    const referred = [...text.matchAll(/"#\/components\/(\w+\/[^"]+)"/g)].map(([, name]) => name);
    const { securitySchemes = {}, ...others } = document.components;
    const there = Object.entries(others).flatMap(([kind, parts]) =>
      Object.keys(parts).map((name) => `${kind}/${name}`),
    );
    expect([...new Set(referred)].sort()).toEqual(there.sort());
    const required = operationsOf(document).flatMap(({ operation }) => (operation.security ?? []).flatMap(Object.keys));
    expect([...new Set(required)].sort()).toEqual(Object.keys(securitySchemes).sort());
  });

  test("gives each operation an id of its own", () => {
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test("the library's part is in the demo's as it stands", () => {
  expect(demo.paths).toMatchObject(openapi.paths);
  expect(demo.components).toMatchObject(openapi.components);
});

test("a route that is not described cannot be generated, nor a description without a route", () => {
  const app = new Hono().get("/health", (c) => c.text("")).get("/new", (c) => c.text(""));
  expect(() => documentOf(app, HEALTH, demo.info)).toThrow(/not described: GET \/new; no route: .*GET \/metrics/);
});

describe("what is described", () => {
  test.each(OPERATIONS)("$name lets in whom it says", async ({ path, method, operation }) => {
    const { app } = plant();
    const ask = async (headers: Record<string, string> = {}) => {
      const init = method === "GET" || method === "HEAD" ? { method, headers } : { method, headers, body: "{}" };
      return (await app.request(path, init)).status;
    };
    const nobody = await ask();
    if (!operation.security) return expect(nobody).not.toBe(401);
    expect(nobody).toBe(401);
    const schemes = operation.security.flatMap((each) => Object.keys(each));
    const authorization = schemes.includes("cronSecret") ? `Bearer ${CRON}` : ADMIN.authorization;
    expect([401, 403]).not.toContain(await ask({ authorization, "content-type": "application/json" }));
  });

  const withQueries = OPERATIONS.filter(({ operation }) => operation.parameters?.some((each) => each.in === "query"));
  test.each(withQueries)(
    "$name takes the parameters that it names, within their bounds",
    async ({ path, operation }) => {
      const { app } = plant();
      const parameters = operation.parameters ?? [];
      const needed = parameters.filter(({ required }) => required).map(({ name }) => [name, "L1"]);
      const statusWith = async (more: Record<string, string | number>) => {
        const query = new URLSearchParams([
          ...needed,
          ...Object.entries(more).map(([name, value]) => [name, `${value}`]),
        ]);
        return (await app.request(`${path}?${query}`, { headers: ADMIN })).status;
      };
      expect(await statusWith({})).not.toBe(400);
      expect(await statusWith({ surprise: 1 })).toBe(400);
      if (needed.length > 0) expect((await app.request(path)).status).toBe(400);
      for (const { name, schema } of parameters) {
        const { enum: choices = [], minimum, maximum } = schema;
        for (const choice of choices) expect([choice, await statusWith({ [name]: choice })]).not.toContain(400);
        if (choices.length > 0) expect(await statusWith({ [name]: "surprise" })).toBe(400);
        if (minimum === undefined || maximum === undefined) continue;
        for (const value of [minimum, maximum]) expect([name, await statusWith({ [name]: value })]).not.toContain(400);
        const beyond = [minimum - 1, maximum * 2];
        for (const value of beyond) expect([name, value, await statusWith({ [name]: value })]).toContain(400);
      }
      expect(withQueries).toHaveLength(6);
    },
  );

  const withExamples = OPERATIONS.filter(({ operation }) => operation.requestBody?.content["application/json"].example);
  test.each(withExamples)("$name takes its example", async ({ path, method, operation }) => {
    const { app } = plant();
    const headers = { ...ADMIN, "content-type": "application/json" };
    const body = operation.requestBody?.content["application/json"].example;
    const { status } = await app.request(path, { method, headers, body: JSON.stringify(body) });
    expect(status).toBeLessThan(300);
    const more = await app.request(path, { method, headers, body: JSON.stringify({ ...body, surprise: 1 }) });
    expect(more.status).toBe(400);
    expect(withExamples).toHaveLength(3);
  });

  test.each(["/health", "/health/live", "/health/ready", "/metrics", "/"])(
    "%s holds without a usable environment",
    async (path) => {
      const app = described(misconfigured(["DATABASE_URL"]), holdTo(demo));
      expect((await app.request(path)).status).toBe(path === "/health/live" ? 200 : 503);
    },
  );
});

describe("GET /openapi.json", () => {
  test("is that text for anybody, kept until it changes", async () => {
    const { app } = plant({ CORS_ORIGINS: "https://elsewhere.example" });
    const origin = { origin: "https://elsewhere.example" };
    const response = await app.request("/openapi.json", { headers: origin });
    expect([response.status, await response.text()]).toEqual([200, OPENAPI]);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("access-control-allow-origin")).toBe(origin.origin);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const etag = response.headers.get("etag") ?? "";
    expect((await app.request("/openapi.json", { headers: { "if-none-match": etag } })).status).toBe(304);
    const head = await app.request("/openapi.json", { method: "HEAD" });
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
    const posted = await app.request("/openapi.json", { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("counts towards its caller's limit, like every page", async () => {
    const { app } = plant({ RATE_LIMIT_PER_MINUTE: "1" });
    expect((await app.request("/openapi.json")).headers.get("ratelimit")).toContain("r=0");
    expect((await app.request("/openapi.json")).status).toBe(429);
  });

  test("has the version of the package, and no address of its own", async () => {
    const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
    expect(demo.info.version).toBe(manifest.version);
    expect(demo).not.toHaveProperty("servers");
    expect(OPERATIONS.filter(({ name }) => name.includes("/dev"))).toEqual([]);
  });
});
