import { describe, expect, it } from "vitest";
import { fillLane, openBreaker } from "../../lib/testing/testing.ts";
import { smallApp } from "../support/app.ts";

describe("a lane that a test fills", () => {
  it("refuses until it is released, and its holders are no failures of the test however long that takes", async () => {
    const { app, tide, runtime } = smallApp({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "0" });
    const release = await fillLane(tide);
    expect((await app.request("/orders")).status).toBe(503);
    // Beyond the deadline of any call: what holds the lane runs into it like a real statement.
    await runtime.advance(60_000);
    await release();
    expect((await app.request("/orders")).status).toBe(200);
  });

  it("is the one that was meant", async () => {
    const { tide } = smallApp();
    await fillLane(tide, "slow");
    expect((await tide.view()).lanes).toMatchObject({
      slow: { capacity: 5, running: 5 },
      request: { capacity: 30, running: 0 },
    });
  });
});

describe("a breaker that a test opens", () => {
  it("is closed again when released, at once and without probes", async () => {
    const { app, tide } = smallApp();
    const release = await openBreaker(tide);
    expect((await app.request("/orders")).status).toBe(503);
    await release();
    expect(await tide.view()).toMatchObject({ breaker: { state: "closed" }, override: null });
    expect((await app.request("/orders")).status).toBe(200);
  });
});
