import { describe, expect, test } from "vitest";
import { permits, scene } from "../support/gate.ts";
import { breakDown, halfOpenGate, openGate, probe, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

describe("no result crosses a generation (Rule 12)", () => {
  test("every transition begins a new one", () => {
    const { gate, a } = openGate();
    waitForHalfOpen(gate);
    expect(gate.breaker).toBe("half_open");
    recover(gate, a);
    const generations = gate.events.flatMap((event) => (event.kind === "transition" ? [event.generation] : []));
    const [first = 0] = generations;
    expect(generations).toEqual([first, first + 1, first + 2]);
    expect(a.heard.generation).toBe(first + 2);
  });

  test("a call from the closed state has no vote in the half-open one, but frees its permit", () => {
    const { gate, a, b } = scene(permits(11));
    a.needs(2);
    breakDown(gate, b);
    waitForHalfOpen(gate);
    a.ends(1, "failure");
    expect(gate.breaker).toBe("half_open");
    a.ends(1, "success");
    expect(gate.core).toMatchObject({ successes: 0, failedProbes: 0, permits: { request: 0 } });
  });

  test("a call from before the outage has no vote after it", () => {
    const { gate, a, b } = scene();
    a.needs(1);
    breakDown(gate, b);
    waitForHalfOpen(gate);
    recover(gate, b);
    a.ends(1, "failure");
    expect(gate.core).toMatchObject({ state: "closed", runFailures: 0, lastFailureAt: gate.now - 30_000 });
    expect(gate.core.window.calls).toBe(0);
  });

  test("a probe of an earlier half-open state decides nothing in a later one", () => {
    const { gate, a, b } = halfOpenGate({ probes: 2, recoveryMs: 1_000 });
    b.needs(1);
    probe(a, "failure");
    waitForHalfOpen(gate);
    b.ends(1, "success");
    expect(gate.core).toMatchObject({ state: "half_open", successes: 0, probes: 0 });
  });

  test("nor the end of its lease: what ran on beyond it has no vote", () => {
    const half = halfOpenGate();
    half.a.needs(1);
    half.gate.passes(24_000);
    half.a.ends(1);
    expect(half.gate.core).toMatchObject({ state: "half_open", successes: 0 });
    const { gate, a } = scene({ deadlineMs: { request: 1_000, slow: 0, health: 0 } });
    a.needs(1);
    gate.passes(15_000);
    a.ends(1, "failure");
    expect(gate.core).toMatchObject({ window: { calls: 0 }, runFailures: 0 });
  });

  test("of a renewal that moves the breaker, what comes after that has no vote", () => {
    const { gate, a } = scene({ windowCalls: 5 });
    const { generation } = a.renews({ want: 1 });
    const vote = { generation, probe: false, calls: 5, failures: 5, slow: 0, ignored: 0, retryAfterMs: 0 };
    a.renews({}, { votes: [vote, vote] });
    expect(gate.causes).toEqual(["failure_rate"]);
    expect([...gate.state.seconds.values()].at(-1)?.calls).toBe(5);
  });
});

describe("closing (Rule 8)", () => {
  test("begins an empty window, though its second already held votes", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 3 });
    recover(gate, a);
    expect(gate.core.window).toMatchObject({ calls: 0 });
    a.calls(2, "success");
    expect(gate.core.window).toMatchObject({ calls: 2 });
    expect([...gate.state.seconds.values()].at(-1)).toMatchObject({ calls: 5 });
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
