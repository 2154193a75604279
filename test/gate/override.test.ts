import { describe, expect, test } from "vitest";
import { PERMIT, refusal, START, TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, openGate } from "../support/gate-breaker.ts";

describe("an operator's override", () => {
  test("has an end by the store's clock, an actor and a reason, and is reported", () => {
    const gate = new TestGate();
    gate.instance("a").operate("force_open", { ttlMs: 5_000, actor: "ann", reason: "migration" });
    const until = START + 5_000;
    expect(gate.core.override).toEqual({ mode: "force_open", until, actor: "ann", reason: "migration" });
    expect(gate.events).toContainEqual({
      kind: "override",
      at: START,
      mode: "force_open",
      until,
      actor: "ann",
      reason: "migration",
    });
  });

  test("raises the version, which starts from the store's milliseconds and counts operates only", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    const first = a.operate("force_open", { ttlMs: 10 });
    expect(first).toEqual({ kind: "operated", overrideVersion: START + 1 });
    gate.passes(60_000);
    expect(gate.core.overrideVersion).toBe(START + 1);
    expect(a.operate("auto")).toEqual({ kind: "operated", overrideVersion: START + 2 });
  });

  test("made upon an older version changes nothing", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.operate("observe", { expectedVersion: START });
    const stale = a.operate("force_open", { expectedVersion: START });
    expect(stale).toEqual({ kind: "unchanged", reason: "stale", overrideVersion: START + 1 });
    expect(gate.core).toMatchObject({ state: "closed", override: { mode: "observe" } });
  });

  test("that is repeated changes nothing, until fifty others have come", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.operate("force_open", { opId: "x" });
    a.operate("auto");
    expect(a.operate("force_open", { opId: "x" })).toMatchObject({ kind: "unchanged", reason: "repeated" });
    for (let n = 0; n < 48; n++) a.operate("auto");
    expect(a.operate("force_open", { opId: "x" })).toMatchObject({ reason: "repeated" });
    a.operate("auto");
    expect(a.operate("force_open", { opId: "x" })).toMatchObject({ kind: "operated" });
  });

  test("replaces the one before", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.operate("force_open", { ttlMs: 60_000 });
    a.operate("force_open", { ttlMs: 1_000 });
    expect(a.admit().reply).toEqual(refusal("forced", 1_000));
    a.operate("force_closed");
    expect(a.admit().reply).toMatchObject(PERMIT);
  });
});

describe("force_open", () => {
  test("is an open breaker until its end, then half-open as of that moment", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.operate("force_open", { ttlMs: 7_000 });
    expect(gate.core).toMatchObject({ state: "open", openUntil: START + 7_000 });
    gate.passes(6_999);
    expect(a.admit({ lane: "slow" }).reply).toEqual(refusal("forced", 1));
    gate.passes(5_000);
    expect(gate.core).toMatchObject({ state: "half_open", since: START + 7_000, override: null });
    expect(gate.causes).toEqual(["override", "override_ended"]);
  });

  test("over an open breaker outlasts the period of that", () => {
    const { gate, a } = openGate({ recoveryMs: 1_000 });
    a.operate("force_open", { ttlMs: 9_000 });
    gate.passes(8_000);
    expect(a.admit().reply).toEqual(refusal("forced", 1_000));
  });

  test("ended by auto is half-open now", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.operate("force_open");
    a.operate("auto");
    expect(gate.breaker).toBe("half_open");
    expect(a.admit().reply).toMatchObject({ probe: true });
  });
});

describe("force_closed", () => {
  const eager = { windowCalls: 1, failureThreshold: 5 };

  test("begins closed with an empty window, whatever was", () => {
    for (const { gate, a } of [openGate(), halfOpenGate()]) {
      a.operate("force_closed");
      expect(gate.core).toMatchObject({ state: "closed", window: { calls: 0 } });
    }
    const gate = new TestGate();
    const a = gate.instance("a");
    a.calls(4, "failure");
    a.operate("force_closed");
    expect(gate.core.window.calls).toBe(0);
  });

  test("never opens, while votes roll on", () => {
    const gate = new TestGate(eager);
    const a = gate.instance("a");
    a.operate("force_closed");
    a.calls(50, "failure");
    gate.passes(300);
    a.calls(50, "failure");
    expect(gate.core).toMatchObject({ state: "closed", window: { failures: 100 } });
  });

  test("ends closed with an empty window, by time, by auto and by another override", () => {
    for (const ending of ["time", "auto", "observe"] as const) {
      const gate = new TestGate(eager);
      const a = gate.instance("a");
      a.operate("force_closed", { ttlMs: 1_000 });
      a.calls(50, "failure");
      if (ending === "time") gate.passes(1_000);
      else a.operate(ending);
      expect(gate.core).toMatchObject({ state: "closed", window: { calls: 0 }, runFailures: 0 });
      expect(a.admit().reply).toMatchObject(PERMIT);
    }
  });
});

describe("auto", () => {
  test("with no override in force leaves the breaker as it is", () => {
    const { gate, a } = openGate();
    const { openUntil, generation } = gate.core;
    expect(a.operate("auto")).toMatchObject({ kind: "operated" });
    expect(gate.core).toMatchObject({ state: "open", openUntil, generation });
  });
});

describe("a disabled breaker", () => {
  test("counts votes and opens at none of them", () => {
    const gate = new TestGate({ enabled: false });
    const a = gate.instance("a");
    a.calls(50, "failure");
    gate.passes(300);
    a.calls(50, "failure", { slow: true });
    expect(gate.core).toMatchObject({ state: "closed", window: { calls: 100, failures: 100, slow: 50 } });
  });

  test("sees lanes only: no open state, no probes, no force_open, no ramp", () => {
    const { gate, a } = openGate({ capacity: { request: 3, slow: 1, health: 1 } });
    gate.rules = { ...gate.rules, enabled: false };
    expect(a.admit().reply).toMatchObject({ kind: "permit", probe: false });
    gate.passes(30_000);
    expect(gate.breaker).toBe("half_open");
    expect(a.admit().reply).toMatchObject({ kind: "permit", probe: false });
    a.operate("force_open");
    expect(a.admit().reply).toMatchObject({ kind: "permit", probe: false });
    expect(a.admit().reply).toMatchObject(refusal("full"));
    expect(a.admit({ waitMs: 5_000 }).reply).toMatchObject({ kind: "place" });
  });

  test("counts votes also in the state it stood still in", () => {
    const { gate, a } = halfOpenGate();
    gate.rules = { ...gate.rules, enabled: false };
    const { calls } = gate.core.window;
    a.calls(3, "failure");
    a.calls(2, "success");
    expect(gate.core).toMatchObject({ state: "half_open", window: { calls: calls + 5 }, successes: 0 });
  });

  test("opens by what it counted as soon as it is enabled again", () => {
    const gate = new TestGate({ enabled: false });
    const a = gate.instance("a");
    a.calls(50, "failure");
    gate.rules = { ...gate.rules, enabled: true };
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
    expect(() => breakDown(gate, a)).not.toThrow();
  });

  test("has its tickets end with the refusal where the next ask finds the breaker enabled and open", () => {
    const { gate, a } = openGate({ capacity: { request: 1, slow: 1, health: 1 } });
    gate.rules = { ...gate.rules, enabled: false };
    a.admit();
    const ticket = a.admit({ waitMs: 9_000 });
    gate.rules = { ...gate.rules, enabled: true };
    expect(a.again(ticket)).toMatchObject(refusal("open"));
    expect(gate.state.tickets.size).toBe(0);
  });
});
