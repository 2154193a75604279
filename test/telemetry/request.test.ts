/** A request with all that is below it, as one trace: by the real SDK, which exports to memory. */
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AlwaysOffSampler, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import type { Answer } from "../../lib/testing/fake-database.ts";
import manifest from "../../package.json" with { type: "json" };
import { smallApp } from "../support/app.ts";
import { type RunningSdk, type SdkOptions, startSdk } from "./sdk.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const TRACEPARENT = { traceparent: `00-${TRACE}-${PARENT}-01` };

let sdk: RunningSdk | undefined;
afterEach(async () => {
  await sdk?.stop();
  sdk = undefined;
});
const running = (options?: SdkOptions): RunningSdk => {
  sdk = startSdk(options);
  return sdk;
};

const tracedApp = (answer?: Answer, env: Record<string, string> = {}) =>
  smallApp(env, answer, { telemetry: openTelemetry() });

describe("a traced request", () => {
  test("goes on with its caller's trace, and its statement is below it", async () => {
    const { span } = running();
    const answer = await tracedApp().app.request("/orders?token=secret", {
      headers: { ...TRACEPARENT, "x-request-id": "r-17" },
    });
    const request = span("GET /orders");
    expect(request.kind).toBe(SpanKind.SERVER);
    expect(request.spanContext().traceId).toBe(TRACE);
    expect(request.parentSpanContext?.spanId).toBe(PARENT);
    expect(request.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/orders",
      "http.response.status_code": 200,
      "url.path": "/orders",
      "url.scheme": "http",
      "tidegate.request_id": "r-17",
    });
    expect(request.instrumentationScope).toMatchObject({ name: manifest.name, version: manifest.version });
    const statement = span("SELECT");
    expect(statement.kind).toBe(SpanKind.CLIENT);
    expect(statement.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(statement.attributes).toMatchObject({
      "db.system.name": "postgresql",
      "db.operation.name": "SELECT",
      "db.query.text": "select * from orders",
      "tidegate.lane": "request",
    });
    expect(answer.headers.get("traceresponse")).toBe(`00-${TRACE}-${request.spanContext().spanId}-01`);
  });

  test("begins a trace where its caller has none, and says so in the answer", async () => {
    const { span } = running();
    const answer = await tracedApp().app.request("/orders");
    const { traceId, spanId } = span("GET /orders").spanContext();
    expect(span("GET /orders").parentSpanContext).toBeUndefined();
    expect(answer.headers.get("traceresponse")).toBe(`00-${traceId}-${spanId}-01`);
  });

  test("may be read by a page of another origin", async () => {
    running();
    const { app } = tracedApp(undefined, { CORS_ORIGINS: "https://shop.example" });
    const answer = await app.request("/orders", { headers: { origin: "https://shop.example" } });
    expect(answer.headers.get("access-control-expose-headers")).toContain("traceresponse");
  });

  test("has the ids of its trace in each line of the log that it writes", async () => {
    const { span } = running();
    const lines: string[] = [];
    const telemetry = openTelemetry();
    const { app } = smallApp({}, () => Promise.reject(new TypeError("no")), {
      telemetry,
      log: {
        debug: () => {},
        info: () => {},
        warn: () => {},
        error: (event) => void lines.push(`${event} ${telemetry.tracing.current()?.traceId}`),
      },
    });
    expect((await app.request("/orders", { headers: TRACEPARENT })).status).toBe(500);
    expect(lines).toEqual([`request.failed ${TRACE}`]);
    expect(span("GET /orders").status.code).toBe(SpanStatusCode.ERROR);
    expect(span("GET /orders").attributes).toMatchObject({ "error.type": "500", "http.response.status_code": 500 });
  });

  test("of a statement that the database refuses has its code on both", async () => {
    const { span } = running();
    const { app } = tracedApp(() => {
      throw new DatabaseError("statement", "no such table", { vendorCode: "42P01" });
    });
    await app.request("/orders");
    expect(span("SELECT").attributes).toMatchObject({ "db.response.status_code": "42P01", "error.type": "42P01" });
    expect(span("SELECT").status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span("GET /orders").attributes).toMatchObject({ "error.type": "500" });
  });

  test("has a path without the secret of a link that was sent by mail", async () => {
    const { span } = running();
    const secret = "q7Zp2mXv9LkR4sTb8WnC";
    await tracedApp().app.request(`/reset-password/${secret}/confirm?token=${secret}`);
    expect(span("GET").attributes["url.path"]).toBe("/reset-password/***/confirm");
  });

  test("to an address that nobody answers has no route", async () => {
    const { span } = running();
    await tracedApp().app.request("/nowhere/17");
    expect(span("GET").attributes).toMatchObject({ "http.response.status_code": 404, "url.path": "/nowhere/17" });
    expect(span("GET").attributes).not.toHaveProperty("http.route");
    expect(span("GET").status.code).toBe(SpanStatusCode.UNSET);
  });

  test("of a probe is none", async () => {
    const { spans } = running();
    const { app } = tracedApp();
    for (const path of ["/health", "/health/live", "/health/ready"]) {
      expect((await app.request(path)).headers.has("traceresponse")).toBe(false);
    }
    expect(spans()).toEqual([]);
  });

  test("is below no second one where the application's own instrumentation has made it", async () => {
    const { spans, span } = running();
    const { app } = tracedApp();
    const own = trace.getTracer("own").startSpan("GET", { kind: SpanKind.SERVER });
    const answer = await context.with(trace.setSpan(context.active(), own), () => app.request("/orders"));
    own.end();
    expect(spans().map(({ name }) => name)).toEqual(["SELECT", "GET"]);
    expect(span("SELECT").parentSpanContext?.spanId).toBe(own.spanContext().spanId);
    expect(span("GET").attributes).toEqual({
      "http.route": "/orders",
      "tidegate.request_id": answer.headers.get("x-request-id"),
    });
    expect(answer.headers.get("traceresponse")).toContain(own.spanContext().spanId);
  });

  test("is one of our own where somebody has but read what the caller had sent", async () => {
    const { span } = running();
    const { app } = tracedApp();
    const sent = propagation.extract(context.active(), TRACEPARENT);
    await context.with(sent, () => app.request("/orders"));
    expect(span("GET /orders").parentSpanContext?.spanId).toBe(PARENT);
  });

  test("that is not sampled keeps what is below it from being", async () => {
    const { spans } = running({ sampler: new AlwaysOffSampler() });
    const answer = await tracedApp().app.request("/orders");
    expect(answer.headers.get("traceresponse")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(spans()).toEqual([]);
  });

  test("knows its span in the handler, and a call to somebody else goes on with it", async () => {
    const { span } = running();
    const { tide } = tracedApp();
    const { tracing } = openTelemetry();
    const app = new Hono()
      .use(tide.middleware())
      .get("/orders/:id", (c) => c.json({ ids: tracing.current(), headers: tracing.headers() }));
    const answer = await (await app.request("/orders/17")).json();
    const { traceId, spanId } = span("GET /orders/:id").spanContext();
    expect(answer).toEqual({
      ids: { traceId, spanId, sampled: true },
      headers: { traceparent: `00-${traceId}-${spanId}-01` },
    });
  });
});

describe("an SDK", () => {
  test("may be registered after the application was made", async () => {
    const { app } = tracedApp();
    const before = await app.request("/orders");
    expect(before.headers.has("traceresponse")).toBe(false);
    const { span } = running();
    await app.request("/orders");
    expect(span("GET /orders").ended).toBe(true);
  });

  test("that throws fails nothing", async () => {
    const refuse = () => {
      throw new Error("an exporter in trouble");
    };
    const hostile: SpanProcessor = {
      onStart: refuse,
      onEnd: refuse,
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    running({ processors: [hostile] });
    const { app } = tracedApp();
    const answer = await app.request("/orders", { headers: TRACEPARENT });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual([{ id: 1 }]);
  });

  test("that is not there costs no span, no header and no figure", async () => {
    const { tracing, meters } = openTelemetry();
    expect(tracing.isOn()).toBe(false);
    expect([tracing.current(), tracing.active(), tracing.headers()]).toEqual([null, null, {}]);
    meters.record("tidegate_wait_seconds", 1, { gate: "main", lane: "request" });
    expect((await tracedApp().app.request("/orders")).headers.has("traceresponse")).toBe(false);
  });

  test("hears how long calls, statements and requests took", async () => {
    const { recorded } = running();
    await tracedApp().app.request("/orders");
    expect(await recorded("tidegate.call.duration")).toEqual([
      { attributes: { "tidegate.gate": "main", "tidegate.lane": "request", "tidegate.outcome": "success" }, count: 1 },
    ]);
    expect(await recorded("db.client.operation.duration")).toMatchObject([
      { attributes: { "db.system.name": "postgresql", "tidegate.lane": "request" }, count: 1 },
    ]);
    expect(await recorded("http.server.request.duration")).toMatchObject([
      {
        attributes: { "http.request.method": "GET", "http.route": "/orders", "http.response.status_code": 200 },
        count: 1,
      },
    ]);
  });
});
