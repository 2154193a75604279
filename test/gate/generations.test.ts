import { describe, expect, test } from "vitest";
import { ENDED, TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, openGate, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

describe("no result crosses a generation", () => {
  test("every transition begins a new one", () => {
    const { gate, a } = openGate();
    waitForHalfOpen(gate);
    expect(gate.breaker).toBe("half_open");
    recover(gate, a);
    const generations = gate.events.flatMap((event) => (event.kind === "transition" ? [event.generation] : []));
    const [first = 0] = generations;
    expect(generations).toEqual([first, first + 1, first + 2]);
  });

  test("a call admitted while closed has no vote in the half-open state, but frees its place", () => {
    const gate = new TestGate({ capacity: { request: 11, slow: 1, health: 1 } });
    const a = gate.instance("a");
    const [late, later] = [a.admit(), a.admit()];
    breakDown(gate, a);
    waitForHalfOpen(gate);
    expect(a.settle(late, "failure")).toEqual(ENDED);
    expect(gate.breaker).toBe("half_open");
    expect(a.settle(later, "success")).toEqual(ENDED);
    expect(gate.core).toMatchObject({ successes: 0, failedProbes: 0, held: { request: 0 } });
  });

  test("a call admitted before the outage has no vote after it", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    const late = a.admit();
    breakDown(gate, a);
    waitForHalfOpen(gate);
    recover(gate, a);
    a.settle(late, "failure");
    expect(gate.core).toMatchObject({ runFailures: 0, window: { calls: 0 } });
  });

  test("a probe of an earlier half-open state decides nothing in a later one", () => {
    const { gate, a, b } = halfOpenGate({ probes: 2 });
    const early = b.admit({ deadlineMs: 100_000 });
    a.settle(a.admit(), "failure");
    const { generation } = gate.core;
    expect(b.settle(early, "success")).toEqual(ENDED);
    waitForHalfOpen(gate);
    expect(gate.core).toMatchObject({ successes: 0, generation: generation + 1 });
  });
});

describe("closing", () => {
  test("begins an empty window, though its second already held votes", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 3 });
    recover(gate, a);
    expect(gate.core.window).toMatchObject({ calls: 0 });
    a.calls(2, "success");
    expect(gate.core.window).toMatchObject({ calls: 2 });
    const second = [...gate.state.seconds.values()].at(-1);
    expect(second).toMatchObject({ calls: 5 });
    gate.passes(29_000);
    expect(gate.core.window).toMatchObject({ calls: 2 });
    gate.passes(1_000);
    expect(gate.core.window).toMatchObject({ calls: 0 });
  });

  test("keeps older seconds for the console only, also where the window is longer", () => {
    const { gate, a } = halfOpenGate({ windowSeconds: 300 });
    recover(gate, a);
    expect([...gate.state.seconds.values()].map(({ calls }) => calls)).toEqual([10, 2]);
    gate.passes(5_000);
    a.calls(1, "success");
    expect(gate.core.window).toMatchObject({ calls: 1, failures: 0 });
  });
});
