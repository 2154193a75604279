/** Restarts as traces: who has asked, what the watchdog saw, and what a platform was asked for. */
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { webhook } from "../../lib/recovery/hooks/webhook.ts";
import { memory } from "../../lib/store/memory.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { startPlatform } from "../recovery/hooks/server.ts";
import { smallApp } from "../support/app.ts";
import { ADMIN } from "../support/operated-app.ts";
import { passing } from "../support/restart-scene.ts";
import { type RunningSdk, startSdk } from "./sdk.ts";

let sdk: RunningSdk;
beforeEach(() => {
  sdk = startSdk();
});
afterEach(() => sdk.stop());

const telemetry = openTelemetry();
const SECRET = `whsec_${"a".repeat(32)}`;
const URL_WITH_SECRET = "https://ops.example/restart/hush-hush-token";

const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;

/** An application that restarts by a webhook to a real server. */
async function hooked(status: number) {
  const platform = await startPlatform(() => ({ status }));
  const restart = webhook({ url: URL_WITH_SECRET, secrets: [SECRET] }, platform.runtime);
  const auditLog = memory().open(manualRuntime()).log;
  const scene = smallApp({ WATCHDOG_ENABLED: "true" }, undefined, { telemetry, restart, auditLog });
  const ask = () =>
    passing(
      scene.runtime,
      Promise.resolve(
        scene.app.request("/admin/api/worker/restart", {
          method: "POST",
          headers: { authorization: ADMIN, "content-type": "application/json" },
          body: "{}",
        }),
      ),
    );
  return { ...scene, platform, ask };
}

describe("a restart", () => {
  test("that somebody has asked for leads to the platform in one trace, whose header the platform is sent", async () => {
    const { ask, platform } = await hooked(200);
    expect((await ask()).status).toBe(202);
    const request = sdk.span("POST /admin/api/worker/restart");
    const hook = sdk.span("POST");
    expect(parentOf(hook)).toBe(request.spanContext().spanId);
    const { traceId, spanId } = hook.spanContext();
    expect(platform.requests[0]?.headers).toMatchObject({
      traceparent: `00-${traceId}-${spanId}-01`,
      "webhook-signature": expect.any(String),
    });
    expect(hook.attributes).toEqual({
      "http.request.method": "POST",
      "http.response.status_code": 200,
      "server.address": "ops.example",
      "server.port": 443,
      "tidegate.hook": "webhook",
    });
    expect(JSON.stringify(sdk.spans().map(({ name, attributes }) => [name, attributes]))).not.toContain("hush");
  });

  test("that the platform refuses has a span that says so", async () => {
    const { ask } = await hooked(403);
    expect((await ask()).status).toBe(502);
    expect(sdk.span("POST").attributes).toMatchObject({
      "error.type": "unauthorized",
      "http.response.status_code": 403,
    });
  });

  test("asks a platform without traces by no header of theirs", async () => {
    const platform = await startPlatform(() => ({ status: 200 }));
    const hook = webhook({ url: URL_WITH_SECRET, secrets: [SECRET] }, platform.runtime);
    const signal = new AbortController().signal;
    await hook.fire({ id: "1", reason: "tried", target: null, signal });
    expect(platform.requests[0]?.headers).not.toHaveProperty("traceparent");
    expect(sdk.spans()).toEqual([]);
  });
});

describe("a look of the watchdog", () => {
  test("is a trace of its own, with what it came to, wherever it was called", async () => {
    const { tide, runtime } = await hooked(200);
    await passing(runtime, tide.watch());
    const look = sdk.span("tidegate.watchdog");
    expect(look.attributes).toEqual({ "tidegate.watchdog.outcome": "idle" });
    expect(look.parentSpanContext).toBeUndefined();
  });
});
