/** Runs in Deno: prints the spans of one request with a statement, by an SDK that exports to memory. */
import { NodeSDK } from "@opentelemetry/sdk-node";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { Hono } from "hono";
import { memory } from "../../lib/store/memory.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

const exporter = new InMemorySpanExporter();
const sdk = new NodeSDK({
  autoDetectResources: false,
  instrumentations: [],
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
});
sdk.start();
const tide = tidegate({
  database: fakeDatabase(() => []),
  store: memory(),
  log: { level: "silent" },
  telemetry: openTelemetry(),
});
const app = new Hono<TidegateEnv>()
  .use(tide.middleware())
  .get("/orders/:id", async (c) => c.json(await c.var.db.query`select * from orders where id = ${c.req.param("id")}`));
const answer = await app.request("/orders/17", {
  headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
});
const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  trace: span.spanContext().traceId,
  id: span.spanContext().spanId,
  parent: span.parentSpanContext?.spanId,
}));
console.log(JSON.stringify({ spans, traceresponse: answer.headers.get("traceresponse") }));
await tide.close();
await sdk.shutdown();
