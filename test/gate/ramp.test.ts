import { describe, expect, test } from "vitest";
import { permits, scene, type TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

const capacities = (gate: TestGate) => {
  const { lanes } = gate.instance("observer").views();
  return [lanes.request.capacity, lanes.slow.capacity, lanes.health.capacity];
};

describe("the ramp after a recovery (Rule 11)", () => {
  test("starts at the number of probes and doubles every 250 ms, up to what is configured", () => {
    const { gate, a } = halfOpenGate({ probes: 2, ...permits(12, 3) });
    recover(gate, a);
    const found = [0, 249, 1, 250, 250, 3_600_000].map((ms) => {
      gate.passes(ms);
      return capacities(gate);
    });
    expect(found.map(([request]) => request)).toEqual([2, 2, 4, 8, 12, 12]);
    expect(found.map(([, slow]) => slow)).toEqual([2, 2, 3, 3, 3, 3]);
    expect(found.map(([, , health]) => health)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("is the room there is, and calls the hungry at each step, whoever renews", () => {
    const { gate, a, b } = halfOpenGate({ probes: 2 });
    const c = gate.instance("c");
    recover(gate, a);
    expect(b.needs(9).permits).toBe(2);
    for (const granted of [4, 8, 9]) {
      c.renews();
      expect(gate.told("wake")).toEqual([]);
      gate.passes(250);
      c.renews();
      expect(gate.told("wake")).toEqual(["b"]);
      expect(b.renews().lanes.request.permits).toBe(granted);
    }
  });

  test("counts permits from before", () => {
    const { gate, a, b } = scene({ recoveryMs: 1_000 });
    b.needs(3);
    breakDown(gate, a);
    waitForHalfOpen(gate);
    recover(gate, a);
    expect(a.needs(1).permits).toBe(0);
    gate.passes(500);
    expect(a.renews().lanes.request.permits).toBe(1);
    expect(a.needs(2).permits).toBe(1);
  });

  test("holds for permits from before too: they are not used again beyond what is in force", () => {
    const { gate, a, b } = scene({ recoveryMs: 1_000 });
    b.needs(4);
    breakDown(gate, a);
    waitForHalfOpen(gate);
    recover(gate, a);
    expect(b.renews().lanes.request).toMatchObject({ permits: 4, allow: 1 });
  });

  test("does not follow a closing by an operator", () => {
    const { gate, a } = halfOpenGate();
    a.operates("force_closed");
    expect(capacities(gate)[0]).toBe(20);
    a.operates("auto");
    expect(capacities(gate)[0]).toBe(20);
  });

  test("is none for an instance that has no breaker", () => {
    const { gate, a } = halfOpenGate();
    recover(gate, a);
    gate.rules = { ...gate.rules, mode: "off" };
    expect(a.needs(7).permits).toBe(7);
  });
});
