import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfterSpread } from "../../lib/http/retry-after.ts";

describe("Retry-After", () => {
  it("is whole seconds, never earlier than the hint, at most half later and one, and bounded", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (chance, hintMs) => {
          const seconds = retryAfterSpread(() => chance)(hintMs);
          const least = Math.min(60, Math.max(1, Math.ceil(hintMs / 1_000)));
          expect(Number.isInteger(seconds)).toBe(true);
          expect(seconds).toBeGreaterThanOrEqual(least);
          expect(seconds).toBeLessThanOrEqual(least + 1 + least / 2);
        },
      ),
    );
  });

  it("differs between clients refused one after the other, also for the shortest hint", () => {
    const retryAfter = retryAfterSpread(() => 0.5);
    for (const hintMs of [0, 5_000, 30_000]) {
      const values = Array.from({ length: 20 }, () => retryAfter(hintMs));
      expect(values.some((value, index) => value === values[index + 1])).toBe(false);
    }
  });
});
