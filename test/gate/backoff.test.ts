import { describe, expect, test } from "vitest";
import type { GateConfig } from "../../lib/gate/types.ts";
import { TestGate } from "../support/gate.ts";
import { afterFailedProbe, breakDown, halfOpenGate, probe } from "../support/gate-breaker.ts";

/** Of so many open periods that failing probes begin, one after the other. */
function lengths(count: number, rules: Partial<GateConfig>): number[] {
  const opened = halfOpenGate(rules);
  return Array.from({ length: count }, () => afterFailedProbe(opened));
}

describe("open periods (Rule 9)", () => {
  test("stay as long as they are where the factor is 1", () => {
    expect(lengths(4, { backoffFactor: 10_000 })).toEqual([30_000, 30_000, 30_000, 30_000]);
  });

  test("grow by the factor with each failed recovery, up to the longest", () => {
    const growing = [3_000, 9_000, 27_000, 81_000, 243_000, 300_000, 300_000];
    expect(lengths(7, { recoveryMs: 1_000, backoffFactor: 30_000 })).toEqual(growing);
  });

  test("are whole milliseconds, rounded down at each step", () => {
    expect(lengths(3, { recoveryMs: 1_001, backoffFactor: 15_000 })).toEqual([1_501, 2_251, 3_376]);
  });

  test("grow up to what is configured", () => {
    expect(lengths(3, { backoffMaxMs: 100_000 })).toEqual([60_000, 100_000, 100_000]);
    expect(lengths(2, { backoffMaxMs: 86_400_000, backoffFactor: 1_000_000 })).toEqual([3_000_000, 86_400_000]);
  });

  test("stay at the first where that is longer than the longest", () => {
    expect(lengths(2, { backoffMaxMs: 1 })).toEqual([30_000, 30_000]);
  });

  test("grow thirty times at most, however slowly they do", () => {
    const grown = (failedRecoveries: number) => {
      const { gate, a } = halfOpenGate({ backoffFactor: 10_100 });
      Object.assign(gate.core, { failedRecoveries });
      probe(a, "failure");
      return gate.core.openUntil - gate.now;
    };
    expect(grown(28)).toBeLessThan(grown(29));
    expect(grown(500)).toBe(grown(29));
  });

  test("are longer by chance as far as the jitter goes, from not at all to twice as long", () => {
    for (const [backoffJitter, jitter, longer] of [
      [0, 999, 0],
      [1, 999, 2],
      [5_000, 500, 7_500],
      [10_000, 999, 29_970],
      [10_000, 0, 0],
    ] as const) {
      const gate = new TestGate({ backoffJitter });
      gate.jitter = jitter;
      breakDown(gate, gate.instance("a"));
      expect(gate.core.openUntil - gate.now).toBe(30_000 + longer);
    }
  });

  test("are longer by chance beyond the longest too", () => {
    const { gate, a } = halfOpenGate({ backoffMaxMs: 40_000, backoffJitter: 10_000 });
    gate.jitter = 500;
    probe(a, "failure");
    expect(gate.core.openUntil - gate.now).toBe(60_000);
  });
});
