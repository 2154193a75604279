import { describe, expect, test } from "vitest";
import type { Call, Instance } from "../support/gate.ts";
import { breakDown, failProbe, halfOpenGate, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

const deadlineOf = ({ reply }: Call): number => (reply.kind === "permit" ? reply.deadlineMs : Number.NaN);
const longest = (by: Instance): Call => by.admit({ deadlineMs: 3_000_000 });

describe("the deadline of a probe", () => {
  test("is ten seconds at first, within which its permit has one expiry", () => {
    const { gate, a } = halfOpenGate();
    const { reply } = a.admit({ deadlineMs: 300_000 });
    const remainingMs = 10_000 + 10_000 + 2_000;
    expect(reply).toEqual({
      kind: "permit",
      deadlineMs: 10_000,
      remainingMs,
      expiresAt: gate.now + remainingMs,
      probe: true,
    });
  });

  test("is the call's own where that is shorter", () => {
    const { a } = halfOpenGate();
    expect(deadlineOf(a.admit({ deadlineMs: 700 }))).toBe(700);
  });

  test("doubles with each probe that failed, was ignored or was cancelled", () => {
    const { gate, a } = halfOpenGate();
    failProbe(gate, a);
    expect(gate.core.failedProbes).toBe(1);
    const second = longest(a);
    expect(deadlineOf(second)).toBe(20_000);
    a.settle(second, "ignored");
    const third = longest(a);
    expect(deadlineOf(third)).toBe(40_000);
    a.cancel(third);
    expect(deadlineOf(longest(a))).toBe(80_000);
  });

  test("does not grow by a probe that succeeded or expired", () => {
    const { gate, a } = halfOpenGate();
    a.settle(longest(a), "success");
    const lost = longest(a);
    expect(deadlineOf(lost)).toBe(10_000);
    gate.passes(22_000);
    expect(deadlineOf(longest(a))).toBe(10_000);
  });

  test("doubles fifteen times at most", () => {
    const { a } = halfOpenGate();
    for (let n = 0; n < 20; n++) a.settle(a.admit(), "ignored");
    expect(deadlineOf(a.admit({ deadlineMs: 1_000_000_000 }))).toBe(10_000 * 2 ** 15);
  });

  test("starts again at ten seconds once the breaker was closed", () => {
    const { gate, a } = halfOpenGate();
    failProbe(gate, a);
    recover(gate, a);
    breakDown(gate, a);
    waitForHalfOpen(gate);
    expect(deadlineOf(longest(a))).toBe(10_000);
  });
});
