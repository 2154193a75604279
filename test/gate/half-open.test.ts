import { describe, expect, test } from "vitest";
import { ENDED, NOT_ALIVE, refusal } from "../support/gate.ts";
import { halfOpenGate, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

const PROBE = { kind: "permit", probe: true };

describe("a half-open breaker", () => {
  test("lets as many probes through as configured, over all instances and lanes", () => {
    const { a, b } = halfOpenGate({ probes: 3 });
    expect(a.admit().reply).toMatchObject(PROBE);
    expect(b.admit({ lane: "slow" }).reply).toMatchObject(PROBE);
    expect(b.admit().reply).toMatchObject(PROBE);
    expect(a.admit().reply).toMatchObject(refusal("probing"));
    expect(b.admit({ lane: "slow" }).reply).toMatchObject(refusal("probing"));
  });

  test("says when the first of its probes expires at the latest", () => {
    const { gate, a, b } = halfOpenGate({ probes: 2 });
    a.admit({ deadlineMs: 8_000 });
    gate.passes(1_000);
    b.admit({ deadlineMs: 3_000 });
    gate.passes(500);
    expect(a.admit().reply).toEqual(refusal("probing", 14_500));
  });

  test("gives probes no place in a line, and asks for room in their lane", () => {
    const { gate, a } = halfOpenGate({ probes: 2 });
    gate.rules = { ...gate.rules, capacity: { request: 1, slow: 1, health: 1 } };
    expect(a.admit({ waitMs: 5_000 }).reply).toMatchObject(PROBE);
    expect(a.admit({ waitMs: 5_000 }).reply).toEqual(refusal("full", 5_000));
    expect(a.admit({ lane: "slow" }).reply).toMatchObject(PROBE);
  });

  test("closes after several successes", () => {
    const { gate, a, b } = halfOpenGate({ successesToClose: 3, probes: 2 });
    const calls = [a.admit(), b.admit()];
    for (const call of calls) (call.id.startsWith("a") ? a : b).settle(call, "success");
    expect(gate.breaker).toBe("half_open");
    a.settle(a.admit({ lane: "slow" }), "success", true);
    expect(gate.breaker).toBe("closed");
    expect(gate.causes.at(-1)).toBe("probes_succeeded");
  });

  test("opens again at the first failure, whatever succeeded before", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 5 });
    a.calls(4, "success");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
    expect(gate.causes.at(-1)).toBe("probe_failed");
    waitForHalfOpen(gate);
    expect(gate.core.successes).toBe(0);
  });

  test("takes an ignored or cancelled probe for no answer, and lets the next one try", () => {
    const { gate, a, b } = halfOpenGate();
    expect(a.settle(a.admit(), "ignored")).toEqual(ENDED);
    expect(b.cancel(b.admit())).toEqual(ENDED);
    expect(gate.core).toMatchObject({ state: "half_open", successes: 0, probes: [] });
    recover(gate, b);
  });

  test("has its place back when a probe expires unanswered: no vote, and the late answer counts for nothing", () => {
    const { gate, a, b } = halfOpenGate();
    const lost = a.admit({ deadlineMs: 5_000 });
    gate.passes(16_999);
    expect(b.admit().reply).toEqual(refusal("probing", 1));
    gate.passes(1);
    expect(gate.core).toMatchObject({ state: "half_open", failedProbes: 0, probes: [] });
    expect(a.settle(lost, "failure")).toEqual(NOT_ALIVE);
    expect(gate.breaker).toBe("half_open");
    expect(b.admit().reply).toMatchObject(PROBE);
  });

  test("counts living probes of earlier half-open states among those in flight", () => {
    const { gate, a, b } = halfOpenGate({ probes: 2, recoveryMs: 1_000 });
    b.admit({ deadlineMs: 10_000 });
    a.settle(a.admit(), "failure");
    waitForHalfOpen(gate);
    expect(a.admit().reply).toMatchObject(PROBE);
    expect(a.admit().reply).toMatchObject(refusal("probing"));
  });
});
