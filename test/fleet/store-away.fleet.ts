import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { CAPACITY, fleetUnavailable } from "./scene.ts";
import { boundWithoutStore, latencyWithoutStore } from "./store-away.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("keeps its bound while the store is stopped, and when it is back empty; no caller hears of it", async () => {
    const figures = await boundWithoutStore({ size: 8, inFlight: 100, frozenMs: 12_000 });
    printFigures("Redis stopped for 12 s, then killed and back empty, 100 requests in flight", figures);
    expect(figures.outsideContract).toEqual([]);
    expect(figures).toMatchObject({ peakBefore: CAPACITY, peakAfterwards: CAPACITY, wentAway: 16, cameBack: 16 });
    expect(figures.peakLeased).toBeLessThanOrEqual(CAPACITY);
    expect(figures.flowLeased).toBeGreaterThan(0.7);
    expect(figures.peakAtEdges).toBeLessThanOrEqual(2 * CAPACITY);
    expect(figures.peakDetached).toBeLessThanOrEqual(CAPACITY);
    expect(figures.doneWhileAway).toBeGreaterThan(50);
    expect(figures.heldAtTheEnd).toBe(0);
  });

  test("pays one store deadline at most once per call for it", async () => {
    const figures = await latencyWithoutStore({ size: 8, frozenMs: 5_000 });
    printFigures("one call at a time on each instance, Redis stopped for 5 s, then killed and back empty", figures);
    expect(figures.outsideContract).toEqual([]);
    expect(figures.slowestMs).toBeLessThan(figures.medianBeforeMs + 2 * figures.storeDeadlineMs - 50);
    expect(figures.slowCalls).toBeLessThanOrEqual(figures.slowCallsAllowed);
    expect(figures.medianAwayMs).toBeLessThan(figures.medianBeforeMs + 20);
  });
});
