import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { outage, PROBES } from "./outage.ts";
import { CAPACITY, fleetUnavailable } from "./scene.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("wastes one threshold on a dead database, and comes back by probes and a ramp", async () => {
    const figures = await outage(8);
    printFigures("the database killed under 100 calls a second over 8 processes, then back", figures);
    expect(figures.wastedCalls).toBeLessThanOrEqual(figures.allowed);
    expect(figures.wastedConnections).toBeLessThanOrEqual(figures.allowed);
    expect(figures).toMatchObject({ instancesRefusing: 8, beyondRamp: 0, storeAway: 0 });
    expect(figures.tryingAfterTripMs).toBeLessThanOrEqual(300);
    expect(figures.allFailFastAfterMs).toBeLessThanOrEqual(300);
    expect(figures.peakProbes).toBeGreaterThan(0);
    expect(figures.peakProbes).toBeLessThanOrEqual(PROBES);
    expect(Math.max(...figures.ramp)).toBeLessThanOrEqual(CAPACITY);
  });
});
