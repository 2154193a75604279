/** One request from its caller to the platform, in one trace: its wait, its statement, the restart that it asks for. */
import { Hono } from "hono";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import type { TidegateEnv } from "../../lib/http/env.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { webhook } from "../../lib/recovery/hooks/webhook.ts";
import { memory } from "../../lib/store/memory.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { startPlatform } from "../recovery/hooks/server.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { type RunningSdk, startSdk } from "./sdk.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const TOKEN = "a-token-that-is-long-enough-to-pass";
const unavailable = postgresUnavailable();

let server: PostgresServer | undefined;
let sdk: RunningSdk;
beforeAll(async () => {
  if (!unavailable) server = await startPostgres();
}, 60_000);
afterAll(() => server?.stop());
beforeEach(() => {
  sdk = startSdk();
});
afterEach(() => sdk.stop());

test.skipIf(unavailable)(`one trace has them all: ${unavailable ?? "PostgreSQL found"}`, async () => {
  const url = server?.url ?? "";
  const telemetry = openTelemetry();
  const platform = await startPlatform(() => ({ status: 200 }));
  const secrets = [`whsec_${"a".repeat(32)}`];
  const lines: (readonly [event: string, trace: unknown])[] = [];
  const write = (event: string, fields?: LogFields) => void lines.push([event, fields?.trace_id]);
  const config = readConfig({
    DATABASE_URL: url,
    DB_POOL_SIZE: "1",
    DB_MAX_OVERFLOW: "0",
    ADMIN_TOKENS: `ada:${TOKEN}`,
  });
  await using tide = tidegate({
    database: postgres(url),
    store: memory(),
    restart: webhook({ url: "https://ops.example/restart", secrets }, platform.runtime),
    auditLog: memory().open(manualRuntime()).log,
    log: { debug: write, info: write, warn: write, error: write },
    ...{ telemetry, config },
  });
  const app = new Hono<TidegateEnv>().use(tide.middleware());
  app.post("/mend", async (c) => {
    await c.var.db.query`select 1`;
    const headers = { ...telemetry.tracing.headers(), authorization: `Bearer ${TOKEN}` };
    const json = { "content-type": "application/json" };
    return app.request("/admin/api/worker/restart", { method: "POST", headers: { ...headers, ...json }, body: "{}" });
  });
  app.route("/", tide.routes());

  const held = Promise.withResolvers<void>();
  const holding = tide.run(() => held.promise);
  const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
  const asked = app.request("/mend", { method: "POST", headers: { traceparent } });
  await eventually("it waits", () => (tide.gates()[0]?.lanes.request.waiting ?? 0) === 1);
  held.resolve();
  await holding;
  const answer = await asked;

  expect(answer.status).toBe(202);
  const names = ["POST /mend", "tidegate.wait", "SELECT", "POST"];
  const [request, wait, statement, hook] = names.map((name) => sdk.span(name));
  const above = (span: typeof hook) => span?.parentSpanContext?.spanId;
  const id = (span: typeof hook) => span?.spanContext().spanId;
  expect([request, wait, statement, hook].map((span) => span?.spanContext().traceId)).toEqual(names.map(() => TRACE));
  expect([above(wait), above(statement), above(hook)]).toEqual([id(request), id(request), id(request)]);
  expect(answer.headers.get("traceresponse")).toContain(TRACE);
  expect(platform.requests[0]?.headers.traceparent).toBe(`00-${TRACE}-${id(hook)}-01`);
  expect(lines).toContainEqual(["restart.executed", TRACE]);
});
