/** The scenarios of a whole fleet at a size that every run can afford; at full size: `npm run test:fleet`. */
import { describe, expect, test } from "vitest";
import { capacity } from "./capacity.ts";
import { kept } from "./kept.ts";
import { CAPACITY, fleetUnavailable, SLACK_MS } from "./scene.ts";
import { boundWithoutStore } from "./store-away.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of three${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("never runs more than the capacity, whoever is killed; what the dead held comes back", async () => {
    const figures = await capacity({ size: 3, inFlight: 60, kills: 1 });
    expect(figures).toMatchObject({
      peakCounted: CAPACITY,
      runningAtTheEnd: 0,
      heldAtTheEnd: 0,
      waitingAtTheEnd: 0,
      storeAway: 0,
    });
    expect(figures.peakSeen).toBeLessThanOrEqual(CAPACITY);
    expect(figures.backAfterMs).toBeLessThan(figures.lifetimeMs + SLACK_MS);
  });

  test("asks once for all who ask for the same, and again where the one who asked has died", async () => {
    const figures = await kept({ size: 3, callers: 150 });
    expect(figures.notAnswered).toEqual([]);
    expect(figures).toMatchObject({ fleetStatements: 1, values: 1 });
    expect(figures.instanceStatements).toBeLessThanOrEqual(3);
    expect(figures.afterKill.statements).toBeGreaterThanOrEqual(2);
    expect(figures.afterKill.statements).toBeLessThanOrEqual(3);
    expect(figures.afterKill.longestMs).toBeLessThan(figures.afterKill.allowedMs + SLACK_MS);
  });

  test("keeps its bound while the store is stopped, and when it is back empty; no caller hears of it", async () => {
    const figures = await boundWithoutStore({ size: 3, inFlight: 30, frozenMs: 2_500, brief: true });
    expect(figures.outsideContract).toEqual([]);
    expect(figures.peakAtEdges).toBeLessThanOrEqual(2 * CAPACITY);
    expect(figures.peakAfterwards).toBeLessThanOrEqual(CAPACITY);
    expect(figures).toMatchObject({ wentAway: 6, cameBack: 6, heldAtTheEnd: 0 });
  });
});
