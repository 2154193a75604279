import { describe, expect, test } from "vitest";
import type { BreakerMode } from "../../lib/gate/types.ts";
import { firstOpening, permits, scene, type TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, openGate, pingsGood, recover } from "../support/gate-breaker.ts";

const eager = { windowCalls: 5, failureThreshold: 5 };
const wouldOpen = (gate: TestGate) => gate.events.filter(({ kind }) => kind === "would_open");
const becomes = (gate: TestGate, mode: BreakerMode) => {
  gate.rules = { ...gate.rules, mode };
};

describe("a breaker that is to observe only", () => {
  test("counts, and says when it would have opened, once in what would have been the open period", () => {
    const { gate, a } = scene({ ...eager, mode: "observe" });
    a.calls(5, "failure");
    expect(wouldOpen(gate)).toEqual([{ kind: "would_open", at: gate.now, cause: "failure_rate" }]);
    for (let ms = 0; ms < 30_000; ms += 10_000) {
      expect(wouldOpen(gate)).toHaveLength(1);
      gate.passes(10_000);
      a.calls(5, "failure");
    }
    expect(wouldOpen(gate)).toHaveLength(2);
    expect(gate.core).toMatchObject({ state: "closed", window: { calls: 15, failures: 15 } });
    expect(gate.causes).toEqual([]);
    expect(a.needs(2)).toMatchObject({ permits: 2, allow: 2 });
  });

  test("opens by what it counted as soon as it is on", () => {
    const { gate, a } = scene({ ...eager, mode: "observe" });
    a.calls(5, "failure");
    becomes(gate, "on");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("finds the state of others closed: no calls kept away, no probes", () => {
    for (const { gate, a, b } of [openGate(), halfOpenGate()]) {
      const { state } = gate.core;
      becomes(gate, "observe");
      expect(b.needs(2)).toMatchObject({ permits: 2, allow: 2, probes: 0 });
      expect(b.heard.breaker).toMatchObject({ state: "closed", refusal: null, retryAfterMs: 0 });
      becomes(gate, "on");
      expect(a.renews().breaker.state).toBe(state);
    }
  });

  test("finds the whole capacity after a recovery: no ramp", () => {
    const { gate, a, b } = halfOpenGate(permits(8));
    recover(gate, a);
    expect(b.needs(8).permits).toBe(1);
    becomes(gate, "observe");
    expect(b.needs(8).permits).toBe(8);
  });

  test("moves nothing by its pings, and brings no open breaker along", () => {
    const { gate, b } = openGate({ recoveryMs: 300_000 });
    becomes(gate, "observe");
    pingsGood(gate, b, 4);
    expect(gate.breaker).toBe("open");
    const closed = scene({ mode: "observe" });
    closed.a.renews({}, { open: { remainingMs: 20_000, agoMs: 0 } });
    expect(closed.gate.breaker).toBe("closed");
  });

  test("goes on saying what it would have done in a half-open state that nobody's probe will end", () => {
    const { gate, a, b } = openGate(eager);
    becomes(gate, "observe");
    b.calls(5, "failure");
    expect([gate.breaker, wouldOpen(gate)]).toEqual(["open", []]);
    gate.now = gate.core.openUntil;
    a.calls(5, "failure");
    expect(gate.core).toMatchObject({ state: "half_open", failedProbes: 0, successes: 0 });
    expect(wouldOpen(gate)).toHaveLength(1);
    a.calls(50, "success");
    expect(gate.core).toMatchObject({ state: "half_open", successes: 0 });
  });

  test("keeps calls away where an operator has forced it open, and what ends meanwhile has no vote", () => {
    const { gate, a, b } = scene({ ...eager, mode: "observe" });
    a.needs(2);
    b.operates("force_open", { ttlMs: 9_000 });
    expect(a.needs(3)).toMatchObject({ permits: 2, allow: 0 });
    expect(a.heard.breaker).toMatchObject({ state: "open", refusal: "forced", retryAfterMs: 9_000 });
    const { generation } = a.heard;
    const vote = { generation, probe: false, calls: 9, failures: 9, slow: 0, ignored: 0, retryAfterMs: 0 };
    b.renews({}, { votes: [vote] });
    expect(gate.core.window.calls).toBe(0);
    gate.passes(9_000);
    expect(a.needs(3)).toMatchObject({ permits: 3, allow: 3, probes: 0 });
    expect(a.heard.breaker).toMatchObject({ state: "closed", refusal: null });
  });

  test("says nothing where an operator has forced it closed", () => {
    const { gate, a } = scene({ ...eager, mode: "observe" });
    a.operates("force_closed");
    a.calls(50, "failure");
    expect(wouldOpen(gate)).toEqual([]);
  });

  test("says the same where an operator wants it observed", () => {
    const { gate, a } = scene({ ...eager, mode: "observe" });
    a.operates("observe");
    a.calls(50, "failure");
    expect(wouldOpen(gate)).toHaveLength(1);
    expect(gate.breaker).toBe("closed");
  });

  test("beside one that is on: what it counted is counted there", () => {
    const { gate, a, b } = scene(eager);
    becomes(gate, "observe");
    a.calls(5, "failure");
    becomes(gate, "on");
    b.calls(1, "success");
    expect(gate.breaker).toBe("open");
    becomes(gate, "observe");
    expect(a.needs(1)).toMatchObject({ permits: 1, allow: 1 });
  });
});

test("a breaker that is off hears no operator, and says nothing", () => {
  const { gate, a } = scene({ ...eager, mode: "off" });
  a.operates("force_open");
  expect(a.needs(1)).toMatchObject({ permits: 1, allow: 1 });
  expect(a.heard.breaker.refusal).toBeNull();
  a.operates("observe");
  a.calls(50, "failure");
  expect(wouldOpen(gate)).toEqual([]);
  expect(() => breakDown(gate, a)).toThrow("expected an open breaker");
  expect(gate.instance("z", firstOpening()).needs(1).permits).toBe(1);
});
