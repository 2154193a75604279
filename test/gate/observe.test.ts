import { describe, expect, test } from "vitest";
import { permits, scene, TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, openGate, probe } from "../support/gate-breaker.ts";

const eager = { windowCalls: 5, failureThreshold: 5 };
const wouldOpen = (gate: TestGate) => gate.events.filter(({ kind }) => kind === "would_open").map(({ at }) => at);

describe("observe (Rule 13)", () => {
  test("begins closed, whatever was, and admits everything", () => {
    for (const { gate, a } of [openGate(), halfOpenGate()]) {
      a.operates("observe");
      expect(gate.breaker).toBe("closed");
      expect(a.needs(3)).toMatchObject({ permits: 3, allow: 3, probes: 0 });
    }
  });

  test("keeps the window of a closed breaker, and leaves it to what follows", () => {
    const { gate, a } = scene();
    a.calls(4, "failure");
    a.operates("observe", { ttlMs: 1_000 });
    a.calls(5, "failure");
    gate.passes(1_000);
    expect(gate.core).toMatchObject({ state: "closed", override: null, window: { failures: 9 } });
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("only says when it would have opened", () => {
    const { gate, a } = scene(eager);
    a.operates("observe");
    a.calls(5, "failure");
    expect(gate.breaker).toBe("closed");
    expect(gate.events.at(-1)).toEqual({ kind: "would_open", at: gate.now, cause: "failure_rate" });
  });

  test("says so at most once in what would have been the open period, jitter included", () => {
    const gate = new TestGate(eager);
    gate.jitter = 500;
    const a = gate.instance("a");
    a.operates("observe", { ttlMs: 3_600_000 });
    const began = gate.now;
    for (let n = 0; n < 400; n++) {
      a.calls(1, "failure");
      gate.passes(250);
    }
    expect(wouldOpen(gate).map((at) => at - began)).toEqual([1_000, 34_000, 67_000]);
  });

  test("still has its lanes bind", () => {
    const { a } = scene(permits(1));
    a.operates("observe");
    expect(a.needs(2)).toMatchObject({ permits: 1, crowded: true });
  });

  test("says nothing where the breaker is disabled", () => {
    const { gate, a } = scene({ ...eager, mode: "off" });
    a.operates("observe");
    a.calls(50, "failure");
    expect(wouldOpen(gate)).toEqual([]);
  });

  test("followed by a verdict opens for the first period", () => {
    const { gate, a } = halfOpenGate();
    probe(a, "failure");
    a.operates("observe", { ttlMs: 1_000 });
    gate.passes(60_000);
    breakDown(gate, a);
    expect(gate.core.openUntil - gate.now).toBe(30_000);
  });
});
