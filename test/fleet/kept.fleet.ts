import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { kept } from "./kept.ts";
import { fleetUnavailable, SLACK_MS } from "./scene.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("asks once for a thousand callers at once, and again where the one who asked has died", async () => {
    const figures = await kept({ size: 8, callers: 1_000 });
    printFigures("a thousand callers on one kept answer, over 8 processes", { ...figures, ...figures.afterKill });
    expect(figures.notAnswered).toEqual([]);
    expect(figures).toMatchObject({ fleetStatements: 1, values: 1 });
    expect(figures.instanceStatements).toBeLessThanOrEqual(8);
    // That of the one who died, and that of the one who took its place.
    expect(figures.afterKill.statements).toBe(2);
    expect(figures.afterKill.longestMs).toBeLessThan(figures.afterKill.allowedMs + SLACK_MS);
  });
});
