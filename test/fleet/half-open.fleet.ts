import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { frozenDatabase, PROBES } from "./half-open.ts";
import { CAPACITY, fleetUnavailable, isFull } from "./scene.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("sends a database that thaws no more than its probes; what was sent before is at most the capacity", async () => {
    const figures = await frozenDatabase({ size: 8, inFlight: 60, times: isFull() ? 8 : 3, frozenMs: 5_000 });
    printFigures("PostgreSQL frozen for 5 s at a time under 60 requests in flight", figures);
    expect(figures.halfOpenPeriods).toBeGreaterThan(0);
    expect(figures.peakProbes).toBeLessThanOrEqual(PROBES);
    // What was sent before lies in the sockets of a frozen server, which runs it when it thaws, whoever has left.
    expect(figures.peakHalfOpen).toBeLessThanOrEqual(CAPACITY);
    expect(figures.peakClosed).toBeLessThanOrEqual(CAPACITY);
  });
});
