/** The figures that the gate is wanted for. Time is virtual, so they are the same on every machine. */
import { describe, expect, test } from "vitest";
import { measure } from "./figures.ts";
import { closedAfterMs } from "./returns.ts";
import { FROZEN, LARGE } from "./scenarios.ts";

describe("instances that are frozen between their requests", () => {
  test("are served what they ask for where that is six tenths of the capacity, for four messages a call", async () => {
    const figures = await measure({ ...FROZEN, load: 0.6, ms: 11_000 });
    expect(figures.goodput).toBeGreaterThanOrEqual(0.97);
    expect(figures.messagesPerCall).toBeLessThanOrEqual(4);
    expect(figures.mostRunning).toBeLessThanOrEqual(10);
  });

  test("use nine tenths of the capacity, and starve nobody, where they ask for more than there is", async () => {
    const figures = await measure({ ...FROZEN, load: 1.6, ms: 23_000 });
    expect(figures.goodput).toBeGreaterThanOrEqual(0.9);
    expect(figures.fairness).toBeGreaterThanOrEqual(0.9);
    expect(figures.messagesPerCall).toBeLessThanOrEqual(4);
    expect(figures.mostRunning).toBeLessThanOrEqual(10);
  });
});

describe("more demand than capacity", () => {
  test.each([
    [0.2, 0.9],
    [2, 0.9],
    [20, 0.85],
    [50, 0.75],
  ])("leaves little of the capacity unused at a distance of %s ms", async (roundTripMs, least) => {
    const figures = await measure({ instances: 4, callers: 64, roundTripMs, ms: 5_000 });
    expect(figures.goodput).toBeGreaterThanOrEqual(least);
    expect(figures.mostRunning).toBeLessThanOrEqual(10);
  });

  test("is served in equal shares to those who ask for the same", async () => {
    expect((await measure({ load: 3, ms: 6_000 })).fairness).toBeGreaterThanOrEqual(0.98);
  });

  test("gives an instance with twenty times the demand what the others leave, and them what they ask for", async () => {
    expect((await measure({ load: 3, skew: 20, ms: 7_000 })).fairness).toBeGreaterThanOrEqual(0.95);
  });

  test("is refused without asking the store", async () => {
    const figures = await measure({ load: 10, ms: 4_500 });
    expect(figures.refused).toBeGreaterThan(figures.done);
    expect(figures.messagesPerRefused).toBeLessThanOrEqual(0.05);
  });
});

describe("messages", () => {
  test("are one for twenty calls where capacity is not short", async () => {
    const figures = await measure({ capacity: 40, load: 0.1, ms: 8_000 });
    expect(figures.goodput).toBeGreaterThanOrEqual(0.99);
    expect(figures.messagesPerCall).toBeLessThanOrEqual(0.05);
  });

  test("of 20,000 instances are 5,000 in a second at most", async () => {
    const figures = await measure(LARGE);
    expect(figures.goodput).toBeGreaterThanOrEqual(0.99);
    expect(figures.renewalsPerSecond).toBeLessThanOrEqual(5_000);
  });
});

describe("a breaker after its database's return", () => {
  test.each(["fails", "hangs"] as const)("closes within 15 s where callers come, of one that %s", async (how) => {
    expect(await closedAfterMs({ instances: 8, how, demand: "busy", frozen: false }, 1)).toBeLessThanOrEqual(15_000);
  });

  test.each(["fails", "hangs"] as const)("closes within 25 s where nobody comes, of one that %s", async (how) => {
    expect(await closedAfterMs({ instances: 8, how, demand: "quiet", frozen: false }, 1)).toBeLessThanOrEqual(25_000);
  });
});
