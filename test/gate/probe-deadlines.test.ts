import { describe, expect, test } from "vitest";
import type { Instance } from "../support/gate.ts";
import { breakDown, failProbe, halfOpenGate, probe, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

const LONG = { deadlineMs: { request: 3_000_000, slow: 3_000_000, health: 5_000 } };
const deadlineOf = (by: Instance): number => by.renews().breaker.probeMs;

describe("the deadline of a probe (Rule 10)", () => {
  test("is ten seconds at first", () => {
    expect(deadlineOf(halfOpenGate(LONG).a)).toBe(10_000);
  });

  test("is the lane's own where that is shorter", () => {
    const { a } = halfOpenGate({ deadlineMs: { request: 700, slow: 5_000, health: 5_000 } });
    expect(deadlineOf(a)).toBe(700);
  });

  test("doubles with each probe that failed or was ignored", () => {
    const { gate, a } = halfOpenGate(LONG);
    failProbe(gate, a);
    expect(gate.core.failedProbes).toBe(1);
    expect(deadlineOf(a)).toBe(20_000);
    probe(a, "ignored");
    expect(deadlineOf(a)).toBe(40_000);
  });

  test("is how long the lease of a silent one lasts beyond the lease of an instance", () => {
    const { gate, a } = halfOpenGate(LONG);
    failProbe(gate, a);
    a.needs(1);
    gate.passes(2_000 + 10_000 + 20_000 + 2_000 - 1);
    expect(gate.core.probes).toBe(1);
    gate.passes(1);
    expect(gate.core.probes).toBe(0);
  });

  test("does not grow by a probe that succeeded or was never heard of again", () => {
    const { gate, a, b } = halfOpenGate(LONG);
    probe(a, "success");
    a.needs(1);
    gate.passes(24_000);
    expect(gate.core.probes).toBe(0);
    expect(deadlineOf(b)).toBe(10_000);
  });

  test("doubles fifteen times at most", () => {
    const forever = { deadlineMs: { request: 1_000_000_000, slow: 1, health: 1 } };
    const { a } = halfOpenGate(forever);
    for (let n = 0; n < 20; n++) probe(a, "ignored");
    expect(deadlineOf(a)).toBe(10_000 * 2 ** 15);
  });

  test("is not touched by calls of an instance that has no breaker", () => {
    const { gate, a } = halfOpenGate(LONG);
    gate.rules = { ...gate.rules, mode: "off" };
    a.calls(3, "failure");
    gate.rules = { ...gate.rules, mode: "on" };
    expect(gate.breaker).toBe("half_open");
    expect(deadlineOf(a)).toBe(10_000);
  });

  test("starts again at ten seconds once the breaker was closed", () => {
    const { gate, a } = halfOpenGate(LONG);
    failProbe(gate, a);
    recover(gate, a);
    breakDown(gate, a);
    waitForHalfOpen(gate);
    expect(deadlineOf(a)).toBe(10_000);
  });
});
