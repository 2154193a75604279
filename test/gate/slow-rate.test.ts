import { describe, expect, test } from "vitest";
import { TestGate } from "../support/gate.ts";

describe("the slow rate", () => {
  test("opens the breaker when more than its share of calls are slow, though they succeed", () => {
    const gate = new TestGate({ slowRate: 5_000 });
    const a = gate.instance("a");
    a.calls(5, "success");
    a.calls(5, "success", { slow: true });
    expect(gate.breaker).toBe("closed");
    a.calls(1, "success", { slow: true });
    expect(gate.breaker).toBe("open");
    expect(gate.causes).toEqual(["slow_rate"]);
  });

  test("needs enough calls", () => {
    const gate = new TestGate({ slowRate: 5_000 });
    const a = gate.instance("a");
    a.calls(9, "success", { slow: true });
    expect(gate.breaker).toBe("closed");
  });

  test("of one is off, since it has to be exceeded", () => {
    const gate = new TestGate({ slowRate: 10_000 });
    gate.instance("a").calls(100, "success", { slow: true });
    expect(gate.breaker).toBe("closed");
  });

  test("takes no account of the slow lane's calls, which are meant to be slow, but they count as calls", () => {
    const gate = new TestGate({ slowRate: 1_000 });
    const a = gate.instance("a");
    a.calls(50, "success", { slow: true, lane: "slow" });
    expect(gate.breaker).toBe("closed");
    expect(gate.core.window).toMatchObject({ calls: 50, slow: 0 });
  });
});
