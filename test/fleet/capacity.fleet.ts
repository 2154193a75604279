import { describe, expect, test } from "vitest";
import { capacity } from "./capacity.ts";
import { printFigures } from "./figures.ts";
import { CAPACITY, fleetUnavailable, HEARD_EVERY_MS, SLACK_MS } from "./scene.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("never runs more than the capacity, whoever is killed; what the dead held comes back", async () => {
    const figures = await capacity({ size: 8, inFlight: 500, kills: 8 });
    printFigures("500 requests in flight over 8 processes, each of them killed one after the other", figures);
    expect(figures).toMatchObject({
      peakCounted: CAPACITY,
      runningAtTheEnd: 0,
      heldAtTheEnd: 0,
      waitingAtTheEnd: 0,
      storeAway: 0,
    });
    expect(figures.peakSeen).toBeLessThanOrEqual(CAPACITY);
    expect(figures.samples).toBeGreaterThan(1_000);
    expect(figures.statements).toBeGreaterThan(1_000);
    expect(figures.backAfterMs).toBeLessThan(figures.lifetimeMs + SLACK_MS);
    // Before that its statements may still run. It was last heard a moment before it was killed.
    expect(figures.backAfterMs).toBeGreaterThan(figures.lifetimeMs - 4 * HEARD_EVERY_MS);
  });
});
