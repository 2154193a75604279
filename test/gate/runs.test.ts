import { describe, expect, test } from "vitest";
import { TestGate } from "../support/gate.ts";

const rare = { windowCalls: 1_000_000 };

describe("a run of failures", () => {
  test("opens the breaker at the threshold, whatever the rate, once it has lasted 250 ms", () => {
    const gate = new TestGate(rare);
    const a = gate.instance("a");
    a.calls(5, "failure");
    gate.passes(249);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("closed");
    gate.passes(1);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
    expect(gate.causes).toEqual(["failure_run"]);
  });

  test("does not open before the threshold, however long it lasts", () => {
    const gate = new TestGate(rare);
    const a = gate.instance("a");
    a.calls(3, "failure");
    gate.passes(10_000);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("closed");
  });

  test("loses ten for each success, and never goes below zero", () => {
    const gate = new TestGate({ ...rare, failureThreshold: 14 });
    const a = gate.instance("a");
    a.calls(12, "failure");
    gate.passes(300);
    a.calls(1, "success");
    expect(gate.core.runFailures).toBe(2);
    a.calls(1, "success");
    expect(gate.core).toMatchObject({ runFailures: 0, runSince: 0 });
    a.calls(13, "failure");
    gate.passes(300);
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("still opens when one call in a hundred gets through", () => {
    const gate = new TestGate({ ...rare, failureThreshold: 50 });
    const a = gate.instance("a");
    for (let round = 0; round < 2 && gate.breaker === "closed"; round++) {
      a.calls(1, "success");
      for (let n = 0; n < 99 && gate.breaker === "closed"; n++) {
        gate.passes(10);
        a.calls(1, "failure");
      }
    }
    expect(gate.causes).toEqual(["failure_run"]);
  });

  test("starts anew when it is older than the window", () => {
    const gate = new TestGate({ ...rare, windowSeconds: 30 });
    const a = gate.instance("a");
    a.calls(4, "failure");
    gate.passes(30_000);
    expect(gate.breaker).toBe("closed");
    gate.passes(1);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("closed");
    expect(gate.core).toMatchObject({ runFailures: 1, runSince: gate.now });
  });

  test("as old as the window still counts", () => {
    const gate = new TestGate({ ...rare, windowSeconds: 30 });
    const a = gate.instance("a");
    a.calls(4, "failure");
    gate.passes(30_000);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("ends with every transition", () => {
    const gate = new TestGate(rare);
    const a = gate.instance("a");
    a.calls(4, "failure");
    a.operate("force_closed");
    expect(gate.core).toMatchObject({ runFailures: 0, runSince: 0 });
  });

  test("of a single failure, where one is the threshold, waits for a later vote of whatever kind", () => {
    const gate = new TestGate({ ...rare, failureThreshold: 1 });
    const a = gate.instance("a");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("closed");
    gate.passes(250);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });
});
