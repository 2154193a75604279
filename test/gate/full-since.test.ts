import { describe, expect, test } from "vitest";
import { permits, scene, TestGate } from "../support/gate.ts";

function full() {
  const { gate, a, b } = scene(permits(2));
  a.needs(1);
  gate.passes(700);
  b.needs(1);
  return { gate, a, b, since: gate.now, fullSince: () => gate.core.fullSince.request };
}

describe("how long a lane has been full without an end", () => {
  test("counts from when as many calls ran as may, over all instances", () => {
    const { gate, a, b, since, fullSince } = full();
    expect(fullSince()).toBe(since);
    for (const by of [a, b, a]) {
      gate.passes(1_000);
      by.needs(3);
    }
    expect(fullSince()).toBe(since);
    expect(gate.core.fullSince).toMatchObject({ slow: 0, health: 0 });
  });

  test("begins anew where a call has ended, though the next has already begun in its place", () => {
    const { gate, a, b, fullSince } = full();
    a.needs(2);
    gate.passes(5_000);
    b.renews();
    a.ends(1);
    expect(a.running.request).toHaveLength(1);
    expect(fullSince()).toBe(gate.now);
  });

  test("begins anew by calls that ended in whatever way", () => {
    for (const outcome of ["success", "failure", "ignored"] as const) {
      const { gate, a, b, fullSince } = full();
      a.needs(2);
      gate.passes(1_000);
      b.renews();
      a.ends(1, outcome);
      expect(fullSince(), outcome).toBe(gate.now);
    }
  });

  test("is over where fewer run, whoever holds the permits", () => {
    const { gate, a, fullSince } = full();
    gate.passes(1_000);
    a.running.request.length = 0;
    a.renews({ keep: 1, need: 0, want: 1 });
    expect(gate.core.permits.request).toBe(2);
    expect(fullSince()).toBe(0);
  });

  test("is over where who ran them has died", () => {
    const { gate, a, fullSince } = full();
    gate.passes(60_000);
    a.renews();
    expect(fullSince()).toBeGreaterThan(0);
    gate.passes(9_000);
    a.renews();
    expect(fullSince()).toBe(0);
  });

  test("is told of no lane that has no permits at all", () => {
    const gate = new TestGate(permits(1, 0));
    gate.instance("a").needs(1, { lane: "slow" });
    expect(gate.core.fullSince.slow).toBe(0);
  });

  test("is shown in a view", () => {
    const { gate, b, since } = full();
    gate.passes(100);
    expect(b.views().lanes).toMatchObject({ request: { fullSince: since }, slow: { fullSince: 0 } });
  });
});
