import { describe, expect, test } from "vitest";
import { clusterHome, failover, sentinelHome } from "./failover.ts";
import { printFigures } from "./figures.ts";
import { CAPACITY, fleetUnavailable } from "./scene.ts";

/** Fewer where the machine is slow, or has others to serve. */
const PER_SECOND = Number(process.env.TIDEGATE_PER_SECOND ?? 500);
const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of four${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test.each([
    ["a cluster, one of whose masters is killed", clusterHome, "killed", 1],
    ["a cluster, one of whose masters freezes", clusterHome, "frozen", 1],
    ["what Sentinels watch, whose primary is killed twice", sentinelHome, "killed", 2],
    ["what Sentinels watch, whose primary freezes", sentinelHome, "frozen", 1],
  ] as const)("keeps its bound over %s, and is back a second after the failover", async (name, home, how, times) => {
    const figures = await failover({ home, size: 4, perSecond: PER_SECOND, times, how });
    printFigures(`${PER_SECOND} calls a second over ${name}`, figures);
    expect(figures.outsideContract).toEqual([]);
    for (const ms of figures.backAfterMs) expect(ms).toBeLessThan(1_000);
    expect(figures.peakBefore).toBeLessThanOrEqual(CAPACITY);
    expect(figures.peakAtEdges).toBeLessThanOrEqual(2 * CAPACITY);
    expect(figures.peakAfterwards).toBeLessThanOrEqual(CAPACITY);
    expect(figures.answers["200"]).toBeGreaterThan(figures.calls / 4);
  });
});
