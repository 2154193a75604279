import { describe, expect, test } from "vitest";
import { type Instance, scene, TestGate } from "../support/gate.ts";
import { halfOpenGate, openGate, recover } from "../support/gate-breaker.ts";

const health = { lane: "health" } as const;
const pingBy = (by: Instance) => by.needs(1, health);
const PASSES = { permits: 1, allow: 1, probes: 0, crowded: false };

describe("the health lane (Rule 16)", () => {
  test("passes an open breaker, so that health can see the database come back", () => {
    expect(pingBy(openGate().a)).toMatchObject(PASSES);
  });

  test("passes an operator's force_open, also on a permit it has", () => {
    const a = new TestGate().instance("a");
    pingBy(a);
    a.operates("force_open");
    expect(a.renews().lanes.health).toMatchObject(PASSES);
  });

  test("is no probe while half-open, takes no probe's place, and passes beside one", () => {
    const { gate, a, b } = halfOpenGate();
    expect(pingBy(a)).toMatchObject(PASSES);
    expect(b.needs(1).probes).toBe(1);
    expect(a.renews().lanes.health).toMatchObject(PASSES);
    expect(gate.core).toMatchObject({ probes: 1, permits: { request: 1, health: 1 } });
  });

  test("has its own capacity, in which nobody is hungry and nobody is called", () => {
    const { gate, a, b } = scene();
    pingBy(a);
    expect(pingBy(b)).toMatchObject({ permits: 0, allow: 0, crowded: false });
    expect(gate.pushes).toEqual([]);
    expect(gate.core.active).toBe(1);
    gate.passes(60);
    expect(a.renews().lanes.health).toMatchObject(PASSES);
    a.ends(1, "success", health);
    expect(gate.pushes).toEqual([]);
    expect(b.renews().lanes.health).toMatchObject(PASSES);
  });

  test("grants what is needed, never head room", () => {
    const a = new TestGate({ capacity: { request: 1, slow: 1, health: 3 } }).instance("a");
    expect(a.needs(1, { ...health, want: 3 }).permits).toBe(1);
  });

  test("is not bound by the ramp", () => {
    const { gate, a } = halfOpenGate({ capacity: { request: 20, slow: 4, health: 2 } });
    recover(gate, a);
    expect(a.needs(2, health).permits).toBe(2);
  });

  test("never votes, whatever became of it", () => {
    const { gate, a } = scene({ windowCalls: 1, failureThreshold: 1, slowRate: 0 });
    a.calls(5, "failure", { ...health, slow: true });
    a.calls(5, "success", { ...health, slow: true });
    expect(gate.core).toMatchObject({ state: "closed", lastFailureAt: 0, window: { calls: 0 } });
    expect(gate.state.totals.calls.health).toEqual({ success: 5, failure: 5, ignored: 0 });
  });

  test("is no call that keeps pings from standing in for probes", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 1 });
    pingBy(a);
    gate.passes(1);
    a.pings();
    expect(gate.breaker).toBe("closed");
  });
});
