import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { fullLoad } from "./full-load.ts";
import { CAPACITY, fleetUnavailable, isFull } from "./scene.ts";

const unavailable = fleetUnavailable();
const LONG_MS = isFull() ? 300_000 : 20_000;

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("never runs more than its capacity, from the first moment on an empty store on", async () => {
    const rounds = isFull() ? 5 : 2;
    for (let round = 0; round < rounds; round += 1) {
      const figures = await fullLoad({ size: 8, inFlight: 80, forMs: 10_000 });
      printFigures(`80 requests in flight while 8 processes start on an empty store, round ${round + 1}`, figures);
      expect(figures.peakCounted).toBeLessThanOrEqual(CAPACITY);
      // More than the share of each, to which a new life keeps them at first.
      expect(figures.peakCounted).toBeGreaterThan(8);
      expect(figures).toMatchObject({ transitions: 0, storeAway: 0 });
    }
  });

  test(
    "does not take its store for away at full load",
    async () => {
      const figures = await fullLoad({ size: 8, inFlight: 64, forMs: LONG_MS });
      printFigures(`64 requests in flight over 8 processes for ${LONG_MS / 1_000} s`, figures);
      expect(figures).toMatchObject({ peakCounted: CAPACITY, storeAway: 0, transitions: 0 });
      expect(figures.statements).toBeGreaterThan(LONG_MS / 10);
    },
    LONG_MS + 120_000,
  );
});
