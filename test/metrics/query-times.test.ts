import { describe, expect, it } from "vitest";
import { createQueryTimes } from "../../lib/metrics/query-times.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

describe("the times of statements", () => {
  it("say nothing where nothing ran", () => {
    expect(createQueryTimes(1_000, manualRuntime()).figures()).toEqual({
      ...{ count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, slowCount: 0 },
      ...{ slowMs: 1_000, windowMs: 300_000 },
    });
  });

  it("give percentiles within 3 % over six orders of magnitude", () => {
    for (const unit of [0.1, 1, 10, 1_000]) {
      const { record, figures } = createQueryTimes(1_000, manualRuntime());
      for (let n = 1; n <= 1_000; n++) record(unit * n);
      const { count, p50Ms, p95Ms, p99Ms } = figures();
      expect(count).toBe(1_000);
      for (const [found, expected] of [
        [p50Ms, 500],
        [p95Ms, 950],
        [p99Ms, 990],
      ] as const) {
        expect(Math.abs(found / unit / expected - 1)).toBeLessThan(0.03);
      }
    }
  });

  it("count what is slow from the threshold on", () => {
    const { record, figures } = createQueryTimes(50, manualRuntime());
    for (const ms of [49.9, 50, 51]) record(ms);
    expect(figures()).toMatchObject({ count: 3, slowCount: 2 });
  });

  it("forget what is five minutes old, and not what is four", async () => {
    const runtime = manualRuntime();
    const { record, figures } = createQueryTimes(50, runtime);
    record(60);
    await runtime.advance(240_000);
    record(1);
    expect(figures()).toMatchObject({ count: 2, slowCount: 1 });
    await runtime.advance(60_000);
    expect(figures()).toMatchObject({ count: 1, slowCount: 0 });
    await runtime.advance(3_600_000);
    expect(figures().count).toBe(0);
  });

  it("take whatever a clock comes up with", () => {
    const { record, figures } = createQueryTimes(50, manualRuntime());
    for (const ms of [0, -1, 0.000_001, 1e12]) record(ms);
    expect(figures().count).toBe(4);
    expect(figures().p99Ms).toBeGreaterThan(3_500_000);
  });
});
