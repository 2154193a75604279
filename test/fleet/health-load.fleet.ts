import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { type StormFigures, storms } from "./health-load.ts";
import { fleetUnavailable } from "./scene.ts";

const unavailable = fleetUnavailable();
const PERIOD_MS = 5_000;
/** From a claim to its ping at the server, on a busy machine. */
const ON_THE_WAY_MS = 250;
const LONGEST_MS = 50;
const SECONDS = 30;

describe.skipIf(unavailable)(`a fleet of four${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("answers 5,000 health requests a second with one ping per period, also of a database that hangs", async () => {
    const { live, healthy, hanging } = await storms({ size: 4, perSecond: 5_000, seconds: SECONDS });
    printFigures("a storm over a route that touches nothing", live);
    printFigures("a storm of health requests, database healthy", healthy);
    printFigures("the same, database stopped", hanging);
    for (const figures of [healthy, hanging]) expectOnePing(figures);
    expect(healthy.unhealthy).toBe(0);
    // Where others use the machine too, nothing on it answers in time.
    expect(healthy.p99Ms).toBeLessThan(Math.max(LONGEST_MS, 2 * live.p99Ms));
    expect(hanging.unhealthy).toBeGreaterThan(0);
  });
});

function expectOnePing({ pings, pingsAtOnce, shortestGapMs, lost }: StormFigures): void {
  expect(lost).toBe(0);
  expect(pingsAtOnce).toBe(1);
  expect(shortestGapMs).toBeGreaterThan(PERIOD_MS - ON_THE_WAY_MS);
  expect(pings).toBeLessThanOrEqual((SECONDS * 1_000) / PERIOD_MS + 1);
}
