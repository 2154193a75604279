import { describe, expect, test } from "vitest";
import type { GateView } from "../../lib/gate/replies.ts";
import { ABOUT, type Instance, TestGate } from "../support/gate.ts";
import { halfOpenGate } from "../support/gate-breaker.ts";

const viewOf = (by: Instance) => by.asksOnce({ kind: "view" }) as GateView;

describe("a view", () => {
  test("shows breaker, lanes, window and override as they are now", () => {
    const gate = new TestGate({ capacity: { request: 2, slow: 1, health: 1 } });
    const a = gate.instance("a");
    a.calls(3, "failure", { slow: true });
    a.admits(2);
    a.admit({ waitMs: 9_000 });
    a.operate("observe", { ttlMs: 5_000 });
    gate.passes(1_000);
    expect(viewOf(a)).toMatchObject({
      at: gate.now,
      breaker: { state: "closed", openUntil: 0, openMs: 0, lastFailureAt: gate.now - 1_000 },
      window: { calls: 3, failures: 3, slow: 3 },
      override: { mode: "observe", remainingMs: 4_000 },
      lanes: {
        request: { capacity: 2, held: 2, free: 0, waiting: 1 },
        slow: { capacity: 1, held: 0, free: 1, waiting: 0 },
        health: { capacity: 1, held: 0, free: 1, waiting: 0 },
      },
    });
  });

  test("shows probes, successes and what is left of an open period", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 3 });
    a.calls(1, "success");
    const probe = a.admit();
    expect(viewOf(a).breaker).toMatchObject({ state: "half_open", probes: 1, successes: 1, openMs: 0 });
    a.settle(probe, "failure");
    gate.passes(1_000);
    expect(viewOf(a).breaker).toMatchObject({ state: "open", openMs: 59_000, failedRecoveries: 1 });
  });

  test("shows the seconds of the last five minutes, in order, and the last fifty events", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    for (let n = 0; n < 3; n++) {
      a.calls(1, "success");
      gate.passes(200_000);
    }
    expect(viewOf(a).seconds.map(({ at }) => gate.now / 1_000 - at)).toEqual([200]);
    for (let n = 0; n < 60; n++) a.operate("auto");
    const { transitions } = viewOf(a);
    expect(transitions).toEqual(gate.events.slice(-50));
  });

  test("counts the instances heard in the last minute, and their places by opening", () => {
    const gate = new TestGate();
    const [a, b, c] = ["a", "b", "c"].map((name) => gate.instance(name)) as [Instance, Instance, Instance];
    for (const by of [c, a, b]) by.sends([]);
    expect([c, a, b].map((by) => viewOf(by).rank)).toEqual([0, 1, 2]);
    gate.passes(60_000);
    expect(viewOf(a)).toMatchObject({ n: 3, rank: 1 });
    gate.passes(10_000);
    expect(viewOf(b)).toMatchObject({ n: 2, rank: 1 });
    gate.passes(70_000);
    expect(viewOf(c)).toMatchObject({ n: 1, rank: 0 });
  });

  test("lists instances by when they were heard and by name, in whatever order they spoke", () => {
    const gate = new TestGate();
    for (const name of ["d", "b", "c"]) gate.instance(name).sends([]);
    gate.passes(10_000);
    const { instances } = viewOf(gate.instance("a"));
    expect(instances.map(({ session }) => session)).toEqual(["b", "c", "d", "a"]);
    expect(instances[0]).toEqual({ session: "b", about: ABOUT, heard: gate.now - 10_000 });
  });

  test("is a copy: what happens later does not change it", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.calls(1, "failure");
    const before = viewOf(a);
    const text = JSON.stringify(before);
    a.calls(20, "failure");
    a.operate("observe");
    expect(JSON.stringify(before)).toBe(text);
  });
});
