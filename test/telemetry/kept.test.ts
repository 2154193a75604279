/** Kept answers as spans. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { openBreaker } from "../../lib/testing/testing.ts";
import { keptScene } from "../kept/scene.ts";
import { type RunningSdk, startSdk } from "./sdk.ts";

let sdk: RunningSdk;
beforeEach(() => {
  sdk = startSdk();
});
afterEach(() => sdk.stop());

describe("a kept answer", () => {
  test("has a span that says how it was come by, with the statement below it", async () => {
    const { tide, ask, runtime } = keptScene({ telemetry: openTelemetry() });
    await ask();
    const loaded = sdk.span("tidegate.kept");
    expect(loaded.attributes).toEqual({ "tidegate.kept.how": "loaded" });
    expect(sdk.span("SELECT").parentSpanContext?.spanId).toBe(loaded.spanContext().spanId);
    expect(loaded.parentSpanContext?.spanId).toBe(sdk.span("GET /stock").spanContext().spanId);
    await openBreaker(tide);
    await runtime.advance(90_000);
    expect((await ask()).status).toBe(200);
    const stale = sdk.spans().filter(({ name }) => name === "tidegate.kept")[1];
    expect(stale?.attributes).toEqual({ "tidegate.kept.how": "stale", "tidegate.kept.age_seconds": 90 });
    expect(stale?.events.map(({ name }) => name)).toEqual(["tidegate.refused"]);
  });
});
