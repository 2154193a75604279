import { describe, expect, test } from "vitest";
import { PERMIT, refusal, TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, openGate } from "../support/gate-breaker.ts";

const eager = { windowCalls: 5, failureThreshold: 5 };
const wouldOpen = (gate: TestGate) => gate.events.filter(({ kind }) => kind === "would_open").map(({ at }) => at);

describe("observe", () => {
  test("begins closed, whatever was, and admits everything", () => {
    for (const { gate, a } of [openGate(), halfOpenGate()]) {
      a.operate("observe");
      expect(gate.breaker).toBe("closed");
      expect(a.admit().reply).toMatchObject(PERMIT);
    }
  });

  test("keeps the window of a closed breaker, and leaves it to what follows", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.calls(4, "failure");
    a.operate("observe", { ttlMs: 1_000 });
    a.calls(5, "failure");
    gate.passes(1_000);
    expect(gate.core).toMatchObject({ state: "closed", override: null, window: { failures: 9 } });
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("only says when it would have opened", () => {
    const gate = new TestGate(eager);
    const a = gate.instance("a");
    a.operate("observe");
    a.calls(5, "failure");
    expect(gate.breaker).toBe("closed");
    expect(gate.events.at(-1)).toEqual({ kind: "would_open", at: gate.now, cause: "failure_rate" });
  });

  test("says so at most once in what would have been the open period, jitter included", () => {
    const gate = new TestGate(eager);
    gate.jitter = 500;
    const a = gate.instance("a");
    a.operate("observe", { ttlMs: 3_600_000 });
    const began = gate.now;
    for (let n = 0; n < 400; n++) {
      a.calls(1, "failure");
      gate.passes(250);
    }
    expect(wouldOpen(gate).map((at) => at - began)).toEqual([1_000, 34_000, 67_000]);
  });

  test("still has its lanes bind", () => {
    const gate = new TestGate({ capacity: { request: 1, slow: 1, health: 1 } });
    const a = gate.instance("a");
    a.operate("observe");
    a.admit();
    expect(a.admit().reply).toMatchObject(refusal("full"));
  });

  test("says nothing where the breaker is disabled", () => {
    const gate = new TestGate({ ...eager, enabled: false });
    const a = gate.instance("a");
    a.operate("observe");
    a.calls(50, "failure");
    expect(wouldOpen(gate)).toEqual([]);
  });

  test("followed by a verdict opens for the first period", () => {
    const { gate, a } = halfOpenGate();
    a.settle(a.admit(), "failure");
    a.operate("observe", { ttlMs: 1_000 });
    gate.passes(60_000);
    breakDown(gate, a);
    expect(gate.core.openUntil - gate.now).toBe(30_000);
  });
});
