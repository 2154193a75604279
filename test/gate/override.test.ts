import { describe, expect, test } from "vitest";
import { LIFE, permits, START, scene, TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, openGate } from "../support/gate-breaker.ts";

describe("an operator's override (Rule 13)", () => {
  test("has an end by the store's clock, an actor and a reason, and is reported", () => {
    const gate = new TestGate();
    gate.instance("a").operates("force_open", { ttlMs: 5_000, actor: "ann", reason: "migration" });
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

  test("raises the version, which starts from the life's milliseconds and counts operates only", () => {
    const { gate, a } = scene();
    expect(a.operates("force_open", { ttlMs: 10 })).toEqual({ kind: "operated", overrideVersion: LIFE + 1 });
    expect(a.heard.overrideVersion).toBe(LIFE + 1);
    gate.passes(60_000);
    expect(gate.core.overrideVersion).toBe(LIFE + 1);
    expect(a.operates("auto")).toEqual({ kind: "operated", overrideVersion: LIFE + 2 });
  });

  test("made upon an older version changes nothing", () => {
    const { gate, a } = scene();
    a.operates("observe", { expectedVersion: LIFE });
    const stale = a.operates("force_open", { expectedVersion: LIFE });
    expect(stale).toEqual({ kind: "unchanged", reason: "stale", overrideVersion: LIFE + 1 });
    expect(gate.core).toMatchObject({ state: "closed", override: { mode: "observe" } });
  });

  test("that is repeated changes nothing, until fifty others have come", () => {
    const { a } = scene();
    a.operates("force_open", { opId: "x" });
    a.operates("auto");
    expect(a.operates("force_open", { opId: "x" })).toMatchObject({ kind: "unchanged", reason: "repeated" });
    for (let n = 0; n < 48; n++) a.operates("auto");
    expect(a.operates("force_open", { opId: "x" })).toMatchObject({ reason: "repeated" });
    a.operates("auto");
    expect(a.operates("force_open", { opId: "x" })).toMatchObject({ kind: "operated" });
  });

  test("replaces the one before", () => {
    const { a } = scene();
    a.operates("force_open", { ttlMs: 60_000 });
    a.operates("force_open", { ttlMs: 1_000 });
    expect(a.heard.breaker).toMatchObject({ refusal: "forced", retryAfterMs: 1_000 });
    a.operates("force_closed");
    expect(a.heard.breaker).toMatchObject({ state: "closed", refusal: null, retryAfterMs: 0 });
  });
});

describe("force_open", () => {
  test("is an open breaker until its end, then half-open as of that moment", () => {
    const { gate, a } = scene();
    a.operates("force_open", { ttlMs: 7_000 });
    expect(gate.core).toMatchObject({ state: "open", openUntil: START + 7_000 });
    gate.passes(6_999);
    expect(a.renews().breaker).toMatchObject({ state: "open", refusal: "forced", retryAfterMs: 1 });
    gate.passes(5_000);
    expect(gate.core).toMatchObject({ state: "half_open", since: START + 7_000, override: null });
    expect(gate.causes).toEqual(["override", "override_ended"]);
  });

  test("over an open breaker outlasts the period of that", () => {
    const { gate, a } = openGate({ recoveryMs: 1_000 });
    a.operates("force_open", { ttlMs: 9_000 });
    gate.passes(8_000);
    expect(a.renews().breaker).toMatchObject({ refusal: "forced", retryAfterMs: 1_000 });
  });

  test("ended by auto is half-open now", () => {
    const { gate, a } = scene();
    a.operates("force_open");
    a.operates("auto");
    expect(gate.breaker).toBe("half_open");
    expect(a.needs(1).probes).toBe(1);
  });
});

describe("force_closed", () => {
  const eager = { windowCalls: 1, failureThreshold: 5 };

  test("begins closed with an empty window, whatever was", () => {
    for (const { gate, a } of [openGate(), halfOpenGate()]) {
      a.operates("force_closed");
      expect(gate.core).toMatchObject({ state: "closed", window: { calls: 0 } });
    }
    const { gate, a } = scene();
    a.calls(4, "failure");
    a.operates("force_closed");
    expect(gate.core.window.calls).toBe(0);
  });

  test("never opens, while votes roll on", () => {
    const { gate, a } = scene(eager);
    a.operates("force_closed");
    a.calls(50, "failure");
    gate.passes(300);
    a.calls(50, "failure");
    expect(gate.core).toMatchObject({ state: "closed", window: { failures: 100 } });
  });

  test("ends closed with an empty window, by time, by auto and by another override", () => {
    for (const ending of ["time", "auto", "observe"] as const) {
      const { gate, a } = scene(eager);
      a.operates("force_closed", { ttlMs: 1_000 });
      a.calls(50, "failure");
      if (ending === "time") gate.passes(1_000);
      else a.operates(ending);
      expect(gate.core).toMatchObject({ state: "closed", window: { calls: 0 }, runFailures: 0 });
      expect(a.needs(1).permits).toBe(1);
    }
  });
});

describe("auto", () => {
  test("with no override in force leaves the breaker as it is", () => {
    const { gate, a } = openGate();
    const { openUntil, generation } = gate.core;
    expect(a.operates("auto")).toMatchObject({ kind: "operated" });
    expect(gate.core).toMatchObject({ state: "open", openUntil, generation });
  });
});

describe("a disabled breaker", () => {
  test("counts votes and opens at none of them", () => {
    const { gate, a } = scene({ mode: "off" });
    a.calls(50, "failure");
    gate.passes(300);
    a.calls(50, "failure", { slow: true });
    expect(gate.core).toMatchObject({ state: "closed", window: { calls: 100, failures: 100, slow: 50 } });
  });

  test("sees lanes only: no open state, no probes, no force_open, no ramp", () => {
    const { gate, a } = openGate(permits(3));
    gate.rules = { ...gate.rules, mode: "off" };
    expect(a.needs(1)).toMatchObject({ permits: 1, allow: 1, probes: 0 });
    gate.passes(30_000);
    expect(gate.breaker).toBe("half_open");
    expect(a.needs(2)).toMatchObject({ permits: 2, allow: 2, probes: 0 });
    a.operates("force_open");
    expect(a.needs(3)).toMatchObject({ permits: 3, allow: 3, crowded: false });
    expect(a.needs(5)).toMatchObject({ permits: 3, crowded: true });
    expect(a.heard.breaker).toMatchObject({ state: "closed", refusal: null });
  });

  test("counts votes also in the state it stood still in", () => {
    const { gate, a } = halfOpenGate();
    gate.rules = { ...gate.rules, mode: "off" };
    const { calls } = gate.core.window;
    a.calls(3, "failure");
    a.calls(2, "success");
    expect(gate.core).toMatchObject({ state: "half_open", window: { calls: calls + 5 }, successes: 0 });
  });

  test("opens by what it counted as soon as it is enabled again", () => {
    const { gate, a } = scene({ mode: "off" });
    a.calls(50, "failure");
    gate.rules = { ...gate.rules, mode: "on" };
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
    expect(() => breakDown(gate, a)).not.toThrow();
  });

  test("beside one that is enabled: each sees the gate by its own rules", () => {
    const { gate, a, b } = openGate();
    gate.rules = { ...gate.rules, mode: "off" };
    a.needs(2);
    gate.rules = { ...gate.rules, mode: "on" };
    expect(b.needs(1)).toMatchObject({ permits: 0, allow: 0 });
    expect(a.renews().lanes.request).toMatchObject({ permits: 2, allow: 0 });
  });
});
