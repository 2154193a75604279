import { describe, expect, test } from "vitest";
import { TestGate } from "../support/gate.ts";

describe("the window", () => {
  test("does not judge a rate before it has seen enough calls", () => {
    const gate = new TestGate({ windowCalls: 10, failureThreshold: 5 });
    const a = gate.instance("a");
    a.calls(9, "failure");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
    expect(gate.causes).toEqual(["failure_rate"]);
  });

  test("opens at the failure rate, not below it", () => {
    const gate = new TestGate({ windowCalls: 4 });
    const a = gate.instance("a");
    a.calls(10, "success");
    a.calls(9, "failure");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("needs the failure threshold as well as the rate", () => {
    const gate = new TestGate({ windowCalls: 2, failureThreshold: 7 });
    const a = gate.instance("a");
    a.calls(6, "failure");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("is judged when a success settles, too", () => {
    const gate = new TestGate({ windowCalls: 10, failureRate: 5_000 });
    const a = gate.instance("a");
    a.calls(5, "failure");
    a.calls(4, "success");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "success");
    expect(gate.breaker).toBe("open");
  });

  test("forgets what is older than its seconds", () => {
    const gate = new TestGate({ windowSeconds: 30 });
    const a = gate.instance("a");
    a.calls(9, "failure");
    gate.passes(29_999);
    expect(gate.core.window).toMatchObject({ calls: 9, failures: 9 });
    gate.passes(1);
    expect(gate.core.window).toMatchObject({ calls: 0, failures: 0 });
    gate.passes(1);
    a.calls(9, "failure");
    expect(gate.breaker).toBe("closed");
  });

  test("ages second by second", () => {
    const gate = new TestGate({ windowSeconds: 3, failureThreshold: 100 });
    const a = gate.instance("a");
    for (const count of [1, 2, 4]) {
      a.calls(count, "failure");
      gate.passes(1_000);
    }
    expect(gate.core.window.calls).toBe(6);
    gate.passes(1_000);
    expect(gate.core.window.calls).toBe(4);
    gate.passes(1_000);
    expect(gate.core.window.calls).toBe(0);
  });

  test("is as long as the configuration of the batch says, and may grow back over what the ring still holds", () => {
    const gate = new TestGate({ windowSeconds: 300, failureThreshold: 100 });
    const a = gate.instance("a");
    a.calls(3, "failure");
    gate.passes(20_000);
    a.calls(2, "success");
    gate.rules = { ...gate.rules, windowSeconds: 10 };
    expect(gate.core.window).toMatchObject({ calls: 2, failures: 0 });
    gate.rules = { ...gate.rules, windowSeconds: 21 };
    expect(gate.core.window).toMatchObject({ calls: 5, failures: 3 });
    gate.passes(299_000);
    gate.rules = { ...gate.rules, windowSeconds: 300 };
    expect(gate.core.window).toMatchObject({ calls: 2, failures: 0 });
  });

  test("uses the ring's places again after five minutes", () => {
    const gate = new TestGate({ windowSeconds: 300, failureThreshold: 100 });
    const a = gate.instance("a");
    a.calls(3, "failure");
    gate.passes(300_000);
    a.calls(1, "success");
    expect(gate.core.window).toMatchObject({ calls: 1, failures: 0 });
    gate.passes(86_400_000);
    expect(gate.core.window.calls).toBe(0);
    expect(gate.state.seconds.size).toBe(1);
  });

  test("counts neither ignored outcomes nor cancelled calls", () => {
    const gate = new TestGate({ windowCalls: 1, failureThreshold: 1 });
    const a = gate.instance("a");
    a.calls(20, "ignored");
    a.cancel(a.admit());
    expect(gate.core.window.calls).toBe(0);
  });

  test("keeps in its ring how many were refused, also by instances from memory, and the peaks", () => {
    const gate = new TestGate({ capacity: { request: 2, slow: 1, health: 1 } });
    const a = gate.instance("a");
    const calls = [...a.admits(2), a.admit({ lane: "slow" }), a.admit({ lane: "health" })];
    a.admit({ waitMs: 5_000 });
    a.admit();
    for (const call of calls) a.settle(call);
    a.sends([], { refusedLocally: 7 });
    expect([...gate.state.seconds.values()]).toEqual([
      expect.objectContaining({ refused: 8, permits: 3, waiting: 1, calls: 3 }),
    ]);
  });
});
