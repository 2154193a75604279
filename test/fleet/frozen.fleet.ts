import { describe, expect, test } from "vitest";
import { printFigures } from "./figures.ts";
import { frozenHolder, frozenUnderLoad } from "./frozen.ts";
import { CAPACITY, fleetUnavailable } from "./scene.ts";

const unavailable = fleetUnavailable();

describe.skipIf(unavailable)(
  `an instance stopped beyond its lease${unavailable ? ` (skipped: ${unavailable})` : ""}`,
  () => {
    test("sends nothing late, and what it ran before changes nothing", async () => {
      const figures = await frozenHolder();
      printFigures("SIGSTOP with one statement at the server and one waiting for a connection", figures);
      expect(figures).toMatchObject({ lateSends: 0, heldAfterwards: 0, lateVotes: 0, transitions: 0 });
      expect(figures.heldWhenFrozen).toBeGreaterThanOrEqual(2);
      // By which of the two it is ended depends on which of its timers the process finds due first.
      expect(["DB_POOL_EXHAUSTED", "DB_QUERY_TIMEOUT"]).toContain(figures.second);
    });

    test("adds at most one statement of its own to the capacity, in the middle of load", async () => {
      const figures = await frozenUnderLoad(8, 5);
      printFigures("one of eight stopped at a time, 60 requests in flight", figures);
      expect(figures.peak).toBeGreaterThanOrEqual(CAPACITY);
      expect(figures.peak).toBeLessThanOrEqual(CAPACITY + 1);
      expect(figures).toMatchObject({ heldAfterwards: 0, storeAway: 0 });
    });
  },
);
