import { describe, expect, test } from "vitest";
import { step } from "../../lib/gate/step.ts";
import { INSTANCES_SHOWN } from "../../lib/gate/view.ts";
import { ABOUT, firstOpening, permits, renewalOf, scene, TestGate } from "../support/gate.ts";
import { halfOpenGate, probe } from "../support/gate-breaker.ts";

describe("a view", () => {
  test("shows breaker, lanes, window, override and totals as they are now", () => {
    const { gate, a } = scene(permits(3, 1));
    a.calls(3, "failure", { slow: true });
    a.needs(2, { want: 3 });
    a.operates("observe", { ttlMs: 5_000 });
    gate.passes(1_000);
    a.needs(5);
    const view = a.views();
    expect(view).toMatchObject({
      at: gate.now,
      breaker: { state: "closed", openUntil: 0, openMs: 0, lastFailureAt: gate.now - 1_000 },
      window: { calls: 3, failures: 3, slow: 3 },
      override: { mode: "observe", remainingMs: 4_000 },
      overrideVersion: gate.core.overrideVersion,
      lanes: {
        request: { capacity: 3, held: 3, running: 3, waiting: 2 },
        slow: { capacity: 1, held: 0, running: 0, waiting: 0 },
        health: { capacity: 1, held: 0, running: 0, waiting: 0 },
      },
      n: 1,
      rank: 0,
    });
    expect(view.totals.calls.request.failure).toBe(3);
  });

  test("shows permits that are held and not used", () => {
    const { gate, a } = scene(permits(9));
    a.needs(1, { want: 4 });
    expect(gate.instance("b").views().lanes.request).toMatchObject({ held: 4, running: 1 });
  });

  test("shows what its own renewal brought", () => {
    const a = new TestGate().instance("a");
    const view = a.renews({ need: 2, want: 2, waiting: 2 }, { commands: [{ kind: "view" }] }).replies[0];
    expect(view).toMatchObject({ lanes: { request: { held: 2, running: 2, waiting: 0 } } });
  });

  test("shows probes, successes and what is left of an open period", () => {
    const { gate, a, b } = halfOpenGate({ successesToClose: 3, probes: 2 });
    probe(a, "success");
    b.needs(1);
    expect(a.views().breaker).toMatchObject({ state: "half_open", probes: 1, successes: 1, openMs: 0 });
    b.ends(1, "failure");
    gate.passes(1_000);
    expect(a.views().breaker).toMatchObject({ state: "open", openMs: 59_000, failedRecoveries: 1 });
  });

  test("shows the seconds of the last five minutes, in order, and the last fifty events", () => {
    const { gate, a } = scene();
    for (let n = 0; n < 3; n++) {
      a.calls(1, "success");
      gate.passes(150_000);
    }
    expect(a.views().seconds.map(({ at }) => gate.now / 1_000 - at)).toEqual([150]);
    a.calls(1, "success");
    expect(a.views().seconds.map(({ at }) => gate.now / 1_000 - at)).toEqual([150, 0]);
    for (let n = 0; n < 60; n++) a.operates("auto");
    expect(a.views().transitions).toEqual(gate.events.slice(-50));
  });

  test("lists the instances that are there in the order of their opening, with when they were heard", () => {
    const gate = new TestGate();
    for (const name of ["d", "b", "c"]) gate.instance(name).renews();
    gate.passes(10_000);
    const { instances, n, rank } = gate.instance("a").views();
    expect(instances.map(({ session }) => session)).toEqual(["d", "b", "c", "a"]);
    expect(instances[0]).toEqual({ session: "d", about: ABOUT, heard: gate.now - 10_000 });
    expect({ n, rank }).toEqual({ n: 4, rank: 3 });
  });

  test("lists so many of them at most, those that came last, and counts them all", () => {
    const gate = new TestGate();
    const most = INSTANCES_SHOWN + 5;
    for (let n = 0; n < most; n++) step(gate.state, renewalOf(`i${n}`, { ...firstOpening() }), gate.now);
    const { reply } = step(gate.state, renewalOf("i0", { n: 2, commands: [{ kind: "view" }] }), gate.now);
    const view = reply.known ? reply.replies[0] : null;
    expect(view).toMatchObject({ kind: "view", n: most });
    const names = Array.from({ length: INSTANCES_SHOWN }, (_, n) => ({ session: `i${n + 5}` }));
    expect(view).toMatchObject({ instances: names });
  });

  test("is a copy: what happens later does not change it", () => {
    const { a } = scene();
    a.calls(1, "failure");
    const before = a.views();
    const text = JSON.stringify(before);
    a.calls(20, "failure");
    a.operates("observe");
    expect(JSON.stringify(before)).toBe(text);
  });
});
