/** What a gate does with a call, as spans and as events of whoever has called. */
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { openBreaker } from "../../lib/testing/testing.ts";
import { smallApp } from "../support/app.ts";
import { heldCall } from "../support/guarded.ts";
import { type RunningSdk, startSdk } from "./sdk.ts";

let sdk: RunningSdk;
beforeEach(() => {
  sdk = startSdk();
});
afterEach(() => sdk.stop());

const ONE_AT_A_TIME = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" };
const telemetry = openTelemetry();

const eventsOf = ({ events }: ReadableSpan) => events.map(({ name, attributes }) => ({ name, ...attributes }));
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan) => span.spanContext().spanId;

describe("a guarded call", () => {
  test("that has to wait has a span for that, beside the one of its statement", async () => {
    const { app, tide, runtime } = smallApp(ONE_AT_A_TIME, undefined, { telemetry });
    const first = heldCall();
    const held = tide.run(first.hold);
    await runtime.advance(10);
    const answer = app.request("/orders");
    await runtime.advance(50);
    first.succeed();
    await runtime.advance(300);
    expect([(await answer).status, await held]).toEqual([200, "done"]);
    const wait = sdk.span("tidegate.wait");
    expect(wait.attributes).toEqual({ "tidegate.gate": "main", "tidegate.lane": "request" });
    const request = sdk.span("GET /orders");
    expect([parentOf(wait), parentOf(sdk.span("SELECT"))]).toEqual([idOf(request), idOf(request)]);
    expect(sdk.spans().map(({ name }) => name)).toEqual(["tidegate.wait", "SELECT", "GET /orders"]);
  });

  test("that does not wait has none", async () => {
    const { app } = smallApp({}, undefined, { telemetry });
    await app.request("/orders");
    await app.request("/orders");
    expect(sdk.spans().map(({ name }) => name)).toEqual(["SELECT", "GET /orders", "SELECT", "GET /orders"]);
  });

  test("that is refused says why, and for how long, in the span that has called", async () => {
    const { app, tide } = smallApp({}, undefined, { telemetry });
    await openBreaker(tide);
    expect((await app.request("/orders")).status).toBe(503);
    const request = sdk.span("GET /orders");
    expect(eventsOf(request)).toEqual([
      {
        name: "tidegate.refused",
        "tidegate.gate": "main",
        "tidegate.lane": "request",
        "tidegate.reason": "forced",
        "tidegate.retry_after_ms": expect.any(Number),
      },
    ]);
    expect(request.attributes).toMatchObject({ "error.type": "503" });
  });

  test("on whose failure the breaker opens has that among its events", async () => {
    const { app, runtime } = smallApp(
      { CIRCUIT_BREAKER_FAILURE_THRESHOLD: "1", CIRCUIT_BREAKER_WINDOW_SIZE: "1" },
      () => {
        throw new DatabaseError("connection", "gone");
      },
      { telemetry },
    );
    for (let call = 0; call < 5; call++) await app.request("/orders");
    await runtime.advance(1_000);
    const transitions = sdk
      .spans()
      .flatMap(eventsOf)
      .filter(({ name }) => name === "tidegate.transition");
    expect(transitions).toEqual([
      {
        name: "tidegate.transition",
        "tidegate.gate": "main",
        "tidegate.from": "closed",
        "tidegate.to": "open",
        "tidegate.cause": expect.any(String),
      },
    ]);
  });
});
