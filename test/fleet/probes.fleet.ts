import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { lostProbe, shortLives } from "./probes.ts";
import { fleetUnavailable, SLACK_MS } from "./scene.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test("probes again once the lifetime of a probe is over whose instance was killed", async () => {
    const figures = await lostProbe(8);
    printFigures("kill -9 of the instance that holds the probe", figures);
    expect(figures.peakProbes).toBe(1);
    expect(figures.replacedAfterMs).toBeLessThan(figures.lifetimeMs + SLACK_MS);
  });

  test("recovers although its instances live for 5 s and statements take 3", async () => {
    const figures = await shortLives(8);
    printFigures("instances that are killed after 5 s each, statements of 3 s", figures);
    expect(figures.peakProbes).toBeLessThanOrEqual(2);
    expect(figures.answeredAfterwards).toBeGreaterThanOrEqual(10);
    expect(figures.lives).toBeGreaterThan(2);
  });
});
