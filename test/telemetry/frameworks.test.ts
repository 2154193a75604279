/** A trace through Express, Fastify and handlers of `fetch`. */
import express from "express";
import Fastify from "fastify";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import * as forExpress from "../../lib/frameworks/express.ts";
import * as forFastify from "../../lib/frameworks/fastify.ts";
import { guarded, tideOf } from "../../lib/frameworks/fetch.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import type { Tidegate } from "../../lib/tidegate.ts";
import { served } from "../frameworks/express-served.ts";
import { smallApp } from "../support/app.ts";
import { type RunningSdk, startSdk } from "./sdk.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SENT = { headers: { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, "x-request-id": "r-17" } };

let sdk: RunningSdk;
beforeEach(() => {
  sdk = startSdk();
});
afterEach(() => sdk.stop());

async function expressApp(tide: Tidegate): Promise<string> {
  const shop = express.Router().get("/orders/:id", async (req, res) => {
    res.json(await forExpress.tideOf(req).db.query`select * from orders where id = ${req.params.id}`);
  });
  const app = express().use(forExpress.routes(tide)).use(forExpress.middleware(tide)).use("/shop", shop);
  const { url, close } = await served(app.use(forExpress.errorHandler(tide)));
  onTestFinished(close);
  return url;
}

async function fastifyApp(tide: Tidegate): Promise<string> {
  const app = Fastify();
  app.register(forFastify.plugin(tide));
  app.register(forFastify.routes(tide));
  app.get<{ Params: { id: string } }>(
    "/shop/orders/:id",
    (request) => forFastify.tideOf(request).db.query`select * from orders where id = ${request.params.id}`,
  );
  onTestFinished(() => app.close());
  return app.listen({ port: 0, host: "127.0.0.1" });
}

/** The server's side of a request ends once its last byte was sent, which is not when it was read. */
const spanNamed = (name: string) => expect.poll(() => sdk.spans().find((span) => span.name === name)).toBeDefined();

describe.each([
  ["Express", expressApp],
  ["Fastify", fastifyApp],
])("%s", (_name, start) => {
  test("has one trace, from the caller's to the statement, and says so in its answer", async () => {
    const url = await start(smallApp({}, undefined, { telemetry: openTelemetry() }).tide);
    const answer = await fetch(`${url}/shop/orders/17?token=secret`, SENT);
    expect(answer.status).toBe(200);
    await spanNamed("GET /shop/orders/:id");
    const request = sdk.span("GET /shop/orders/:id");
    expect(request.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/shop/orders/:id",
      "http.response.status_code": 200,
      "url.path": "/shop/orders/17",
      "url.scheme": "http",
      "tidegate.request_id": "r-17",
    });
    expect(request.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
    expect(sdk.span("SELECT").parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(answer.headers.get("traceresponse")).toBe(`00-${TRACE}-${request.spanContext().spanId}-01`);
  });

  test("has no route for what nobody answers, and no trace of probes", async () => {
    const url = await start(smallApp({}, undefined, { telemetry: openTelemetry() }).tide);
    expect((await fetch(`${url}/health/live`)).headers.has("traceresponse")).toBe(false);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    await spanNamed("GET");
    expect(sdk.spans()).toHaveLength(1);
    expect(sdk.span("GET").attributes).not.toHaveProperty("http.route");
  });
});

describe("a handler of fetch", () => {
  test("has one trace, from the caller's to the statement", async () => {
    const { tide } = smallApp({}, undefined, { telemetry: openTelemetry() });
    const GET = guarded(tide, async (request: Request) => Response.json(await tideOf(request).db.query`select 1`));
    const answer = await GET(new Request("http://shop.example/orders/17", SENT));
    const request = sdk.span("GET");
    expect(request.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
    expect(request.attributes).toMatchObject({ "url.path": "/orders/17", "http.response.status_code": 200 });
    expect(sdk.span("SELECT").parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(answer.headers.get("traceresponse")).toContain(request.spanContext().spanId);
  });
});
