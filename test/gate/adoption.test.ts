import { describe, expect, test } from "vitest";
import type { Opening, Renewal } from "../../lib/gate/renewal.ts";
import { emptyGate } from "../../lib/gate/state.ts";
import { firstOpening, type Instance, permits, START, scene, type TestGate } from "../support/gate.ts";
import { halfOpenGate } from "../support/gate-breaker.ts";

/** A life that has just begun, in a store that has lost everything. */
function newLife(rules = {}): TestGate {
  const { gate } = scene(rules, emptyGate());
  gate.send("stranger");
  return gate;
}
/** One that runs so many from before the loss, and now opens. */
function holder(gate: TestGate, session: string, running: number): Instance {
  const by = gate.instance(session, firstOpening(START));
  by.running.request = Array(running).fill({ generation: 5, probe: false });
  return by;
}

describe("what an opening instance keeps is adopted (Rule 14)", () => {
  test("and counts, even above the capacity, so that nothing is granted until it is below", () => {
    const gate = newLife(permits(4));
    const [a, b, c] = [holder(gate, "a", 3), holder(gate, "b", 3), gate.instance("c")];
    for (const by of [a, b]) expect(by.renews().lanes.request.permits).toBe(3);
    expect(c.needs(1).permits).toBe(0);
    a.ends(2);
    expect(c.renews().lanes.request.permits).toBe(0);
    b.ends(1);
    expect(c.renews().lanes.request.permits).toBe(1);
  });

  test("who together adopted more than there is give it back while they go on, so that it lasts for one lease only", () => {
    const gate = newLife(permits(4));
    const fleet = [holder(gate, "a", 4), holder(gate, "b", 4)];
    for (const by of fleet) by.needs(9);
    for (let round = 0; round < 8; round++) {
      for (const by of fleet) by.ends(Math.max(0, by.running.request.length - by.lane().allow));
      gate.passes(250);
    }
    expect(gate.core.permits.request).toBe(4);
  });

  test("in all lanes, until their leases end, and also late in a life, of who was forgotten and comes back", () => {
    const gate = newLife({ capacity: { request: 1, slow: 0, health: 0 } });
    const lane = { keep: 2, probes: 0, need: 2, want: 2, waiting: 0, waitedMs: 0, owed: 0 };
    gate.send("a", { ...firstOpening(START), lanes: { request: lane, slow: lane, health: lane } });
    expect(gate.core.permits).toEqual({ request: 2, slow: 2, health: 2 });
    gate.passes(69_000);
    expect(gate.core.permits).toEqual({ request: 0, slow: 2, health: 0 });
    expect(holder(gate, "b", 3).renews().lanes.request.permits).toBe(3);
  });

  test("has no vote: it was granted elsewhere", () => {
    const gate = newLife({ windowCalls: 1, failureThreshold: 1 });
    const a = holder(gate, "a", 1);
    a.renews();
    gate.passes(300);
    a.ends(1, "failure");
    expect(gate.core).toMatchObject({ state: "closed", runFailures: 0, window: { calls: 0 }, permits: { request: 0 } });
  });

  test("of probes as a permit where the breaker is closed, and among those of the fleet where it is half-open", () => {
    const probing = { probes: 1, need: 1, want: 1 };
    const { lanes } = newLife().instance("a", firstOpening(START)).renews(probing);
    expect(lanes.request).toMatchObject({ permits: 1, probes: 0 });
    const { gate, b } = halfOpenGate({ probes: 2 });
    gate.instance("c", firstOpening(gate.core.life)).renews(probing);
    expect(b.needs(2).probes).toBe(1);
    expect(gate.core.probes).toBe(2);
  });
});

describe("a breaker that somebody knows to be open is adopted (Rules 14 and 15)", () => {
  const open = (remainingMs: number, agoMs = 0): Partial<Renewal> => ({ open: { remainingMs, agoMs } });

  test("with what is left of its period, by an opening or any other renewal", () => {
    for (const known of [true, false]) {
      const gate = newLife();
      const a = gate.instance("a", firstOpening(START));
      if (known) a.renews();
      expect(a.renews({}, open(20_000)).breaker).toMatchObject({ state: "open", retryAfterMs: 20_000 });
      expect(gate.told("changed")).toEqual([null]);
      expect(gate.causes).toEqual(["adopted"]);
      gate.passes(20_000);
      expect(gate.breaker).toBe("half_open");
    }
  });

  test("not where there was a success since it opened there", () => {
    for (const [agoMs, state] of [
      [9_999, "open"],
      [10_000, "closed"],
    ] as const) {
      const { gate, a, b } = scene();
      b.calls(1, "success");
      gate.passes(10_000);
      a.renews({}, open(20_000, agoMs));
      expect(gate.breaker).toBe(state);
    }
  });

  test("not where this breaker was opened and closed again since", () => {
    const { gate, a } = scene();
    for (const mode of ["force_open", "force_closed", "auto"] as const) a.operates(mode);
    gate.passes(10_000);
    a.renews({}, open(20_000, 10_001));
    expect(gate.breaker).toBe("closed");
    a.renews({}, open(20_000, 9_999));
    expect(gate.breaker).toBe("open");
  });

  test("not where it is open already, under an override, switched off, or over there", () => {
    const { gate, a } = scene();
    a.operates("observe", { ttlMs: 10 });
    a.renews({}, open(20_000));
    gate.passes(10);
    a.renews({}, open(0));
    gate.rules = { ...gate.rules, mode: "off" };
    a.renews({}, open(20_000));
    gate.rules = { ...gate.rules, mode: "on" };
    expect(gate.breaker).toBe("closed");
    a.renews({}, open(20_000));
    a.renews({}, open(90_000));
    expect(gate.core.openUntil).toBe(gate.now + 20_000);
  });
});

describe("an override is adopted (Rule 14)", () => {
  type Mode = NonNullable<Opening["override"]>["mode"];
  let opened = 0;
  function opener(gate: TestGate, version: number, mode: Mode | null, remainingMs = 50_000): Instance {
    const override = mode && { mode, remainingMs, actor: "ann", reason: "drill" };
    const by = gate.instance(`i${++opened}`, firstOpening(START, 0, version, override));
    by.renews();
    return by;
  }

  test("with what is left of it, and is reported", () => {
    const gate = newLife();
    const a = opener(gate, 5, "force_open", 20_000);
    gate.passes(2_000);
    expect(a.renews().breaker).toMatchObject({ refusal: "forced", retryAfterMs: 18_000 });
    expect(gate.events).toContainEqual(expect.objectContaining({ kind: "override", mode: "force_open", actor: "ann" }));
  });

  test("from those of the highest version only; a higher one replaces it, also by nothing", () => {
    const gate = newLife();
    const found = (version: number, mode: Mode | null) => {
      opener(gate, version, mode);
      const { state, override } = gate.core;
      return [state, override?.mode];
    };
    expect(found(5, "force_open")).toEqual(["open", "force_open"]);
    expect(found(4, "force_closed")).toEqual(["open", "force_open"]);
    expect(found(6, null)).toEqual(["closed", undefined]);
    expect(found(7, "observe")).toEqual(["closed", "observe"]);
    expect(found(6, "force_open")).toEqual(["closed", "observe"]);
  });

  test("before what the same instance knows of the breaker", () => {
    const gate = newLife();
    const override = { mode: "force_closed", remainingMs: 9_000, actor: "ann", reason: "" } as const;
    gate.send("a", { ...firstOpening(START, 5, 5, override), open: { remainingMs: 20_000, agoMs: 0 } });
    expect(gate.core).toMatchObject({ state: "closed", override: { mode: "force_closed" } });
  });

  test("never in place of what an operator did in the new life", () => {
    for (const mode of ["observe", "auto"] as const) {
      const gate = newLife();
      opener(gate, 0, null).operates(mode);
      opener(gate, START + 9, "force_open");
      expect(gate.breaker).toBe("closed");
      expect(gate.core.override?.mode ?? "auto").toBe(mode);
    }
  });

  test("in the first two seconds of a life, where something is left of it, of who names the life", () => {
    const gate = newLife();
    const override = { mode: "force_open", remainingMs: 9_000, actor: "ann", reason: "" } as const;
    gate.instance("a", firstOpening(null, 0, 0, override)).renews();
    opener(gate, 5, "force_open", 0);
    expect(gate.core.override).toBe(null);
    gate.passes(1_999);
    opener(gate, 6, "observe");
    expect(gate.core.override?.mode).toBe("observe");
    gate.passes(1);
    opener(gate, 7, "force_open");
    expect(gate.core.override?.mode).toBe("observe");
  });
});
