import { describe, expect, test } from "vitest";
import type { LaneSums, Renewal } from "../../lib/gate/renewal.ts";
import { noTotals } from "../../lib/gate/state.ts";
import { permits, scene, TestGate } from "../support/gate.ts";
import { halfOpenGate, probe, recover } from "../support/gate-breaker.ts";

const sums = (one: number): LaneSums => ({
  ended: { success: one, failure: one + 1, ignored: one + 2 },
  refused: { full: one + 3, late: one + 4 },
  ranMs: one + 5,
  waitedMs: one + 6,
});

describe("the totals of the fleet", () => {
  test("add up what instances say, by lane, outcome and reason", () => {
    const gate = new TestGate();
    const said: Partial<Renewal> = { sums: { request: sums(10), slow: sums(100), health: sums(1_000) } };
    for (const name of ["a", "b"]) gate.instance(name).renews({}, said);
    const { totals } = gate.state;
    const none = noTotals();
    expect(totals).toEqual({
      calls: {
        request: { success: 20, failure: 22, ignored: 24 },
        slow: { success: 200, failure: 202, ignored: 204 },
        health: { success: 2_000, failure: 2_002, ignored: 2_004 },
      },
      refused: {
        request: { ...none.refused.request, full: 26, late: 28 },
        slow: { ...none.refused.slow, full: 206, late: 208 },
        health: { ...none.refused.health, full: 2_006, late: 2_008 },
      },
      transitions: none.transitions,
      renewals: 2,
      ranMs: { request: 30, slow: 210, health: 2_010 },
      waitedMs: { request: 32, slow: 212, health: 2_012 },
      causes: none.causes,
      tallies: none.tallies,
    });
  });

  test("add up what else instances count", () => {
    const gate = new TestGate();
    gate.instance("a").renews({}, { tallies: { kept_fresh: 2, stale_other: 1 } });
    gate.instance("b").renews({}, { tallies: { kept_fresh: 5 } });
    expect(gate.state.totals.tallies).toEqual({ ...noTotals().tallies, kept_fresh: 7, stale_other: 1 });
  });

  test("count every reason for which a call is refused", () => {
    const { gate, a } = scene();
    const reasons = ["forced", "open", "probing", "full", "late", "detached", "closing", "nested"] as const;
    for (const [place, reason] of reasons.entries()) a.refuses(place + 1, reason);
    expect(Object.values(gate.state.totals.refused.request)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("count transitions by the state that was entered, and by why", () => {
    const { gate, a } = halfOpenGate();
    probe(a, "failure");
    gate.now = gate.core.openUntil;
    recover(gate, a);
    const { transitions, causes } = gate.state.totals;
    expect(transitions).toEqual({ open: 2, half_open: 2, closed: 1 });
    expect(causes).toEqual({
      ...noTotals().causes,
      failure_rate: { closed: 0, open: 1, half_open: 0 },
      probe_failed: { closed: 0, open: 1, half_open: 0 },
      open_period_over: { closed: 0, open: 0, half_open: 2 },
      probes_succeeded: { closed: 1, open: 0, half_open: 0 },
    });
  });

  test("count a renewal once, and none of the unknown", () => {
    const { gate, a } = scene(permits(1));
    a.needs(1);
    a.repeats();
    a.renews();
    gate.send("stranger");
    expect(gate.state.totals.renewals).toBe(2);
  });

  test("outlive the instances they came from, and end with the life", () => {
    const gate = new TestGate();
    gate.instance("a").calls(3, "success");
    gate.passes(70_000);
    expect(gate.sessions).toEqual([]);
    expect(gate.instance("b").views().totals.calls.request.success).toBe(3);
    gate.passes(-10_001);
    expect(gate.core.life).toBeGreaterThan(0);
    expect(gate.state.totals).toEqual(noTotals());
  });
});
