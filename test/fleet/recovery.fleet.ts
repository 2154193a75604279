import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { recovery, type Visitors } from "./recovery.ts";
import { fleetUnavailable, isFull, SLACK_MS } from "./scene.ts";

const unavailable = fleetUnavailable();
const AWAY_MS = Number(process.env.TIDEGATE_AWAY_SECONDS ?? (isFull() ? 120 : 15)) * 1_000;
const WITHIN_MS: Readonly<Record<Visitors, number>> = { people: 15_000, monitors: 25_000, nobody: 25_000 };

describe.skipIf(unavailable)(`a fleet of eight${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  test.each(["people", "monitors", "nobody"] as const)(
    "closes soon after its database is back while it is visited by %s",
    async (visitors) => {
      const figures = await recovery({ size: 8, awayMs: AWAY_MS, visitors });
      printFigures(`the database away for ${AWAY_MS / 1_000} s, visited by ${visitors}`, figures);
      expect(figures.closedAfterMs).toBeLessThan(WITHIN_MS[visitors] + SLACK_MS);
      expect(figures.failedAfterwards).toBe(0);
      expect(figures.storeAway).toBe(0);
    },
    AWAY_MS + 480_000,
  );
});
