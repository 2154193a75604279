import { describe, expect, test } from "vitest";
import { permits, scene } from "../support/gate.ts";
import { breakDown, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

/** All permits are out, and b waits for one. */
function waiting(capacity = 1) {
  const found = scene(permits(capacity));
  found.a.needs(capacity);
  found.b.needs(1);
  return found;
}

describe("who is hungry (Rule 5)", () => {
  test("is called when there is room: as many as there is room for, in their order, in their lane", () => {
    const { gate, a, b, c, d, e } = scene(permits(3, 1));
    a.needs(3);
    e.needs(1, { lane: "slow" });
    for (const by of [c, d, b]) {
      gate.passes(1);
      by.needs(1);
    }
    c.needs(1, { lane: "slow" });
    a.ends(2);
    expect(gate.told("wake")).toEqual(["c", "d"]);
    e.ends(1, "success", { lane: "slow" });
    expect(gate.told("wake")).toEqual(["c", "d", "c"]);
  });

  test("is called for the permits of the dead by whoever renews then", () => {
    const { gate, a, b, c } = scene({
      ...permits(1),
      deadlineMs: { request: 0, slow: 0, health: 0 },
      connectTimeoutMs: 0,
    });
    a.needs(1);
    gate.passes(3_900);
    b.needs(1);
    gate.passes(100);
    c.renews();
    expect(gate.told("wake")).toEqual(["b"]);
  });

  test("has no claim for having been called when it does not come in time, until it is heard again", () => {
    for (const [roundTripMs, comesWithinMs] of [
      [1, 150],
      [200, 600],
    ] as const) {
      const { gate, a, b, c } = waiting();
      b.renews({}, { roundTripMs });
      a.ends(1);
      gate.passes(comesWithinMs);
      expect(c.needs(1).permits).toBe(0);
      gate.passes(1);
      expect(c.renews().lanes.request).toMatchObject({ permits: 1, crowded: false });
      b.renews();
      gate.passes(60);
      expect(c.renews().lanes.request).toMatchObject({ allow: 0, crowded: true });
    }
  });

  test("is so for 1.5 s after it was heard, and its waiters with it", () => {
    const { gate, a } = waiting();
    gate.passes(1_499);
    expect(a.renews().lanes.request).toMatchObject({ crowded: true, waiting: 1 });
    gate.passes(1);
    expect(a.renews().lanes.request).toMatchObject({ allow: 1, crowded: false, waiting: 0 });
    expect(gate.core).toMatchObject({ waiting: { request: 0 }, active: 1 });
  });

  test("is so no more when its waiters have given up, and begins again behind those who wait", () => {
    const { gate, a, b, c } = waiting();
    gate.passes(10);
    b.needs(0);
    expect(a.renews().lanes.request).toMatchObject({ crowded: false, waiting: 0 });
    c.needs(1);
    gate.passes(10);
    b.needs(1);
    a.ends(1);
    expect(gate.told("wake")).toEqual(["c"]);
  });

  test("is so in its generation: what it waited for before the breaker opened gives it no place afterwards", () => {
    const { gate, a, c, d } = scene({ ...permits(2), recoveryMs: 5_000 });
    a.needs(2);
    c.needs(1);
    breakDown(gate, a);
    expect(gate.state.hungry.request.size).toBe(0);
    waitForHalfOpen(gate);
    a.ends(2);
    recover(gate, a);
    gate.passes(1_000);
    a.needs(2);
    for (const by of [d, c]) {
      gate.passes(10);
      by.needs(1);
    }
    a.ends(1);
    expect(gate.told("wake")).toEqual(["d"]);
  });
});

describe("a hungry renewal with no room (Rule 5)", () => {
  test("asks who has most of what it does not use to give it back, were it only one", () => {
    const { gate, a, b, c, d, e } = scene(permits(9));
    a.needs(5);
    b.needs(0, { want: 1 });
    c.needs(1, { want: 3 });
    d.needs(1);
    expect(gate.told("reclaim")).toEqual(["c"]);
    c.renews({ keep: 1, want: 1 });
    expect(gate.told("wake")).toEqual(["d"]);
    d.needs(2);
    e.needs(1);
    expect(gate.told("reclaim")).toEqual(["b"]);
  });

  test("asks who holds two more than it, where nobody has any to spare", () => {
    const { gate, a, b, c } = scene(permits(5));
    a.needs(3);
    b.needs(2);
    c.needs(1);
    expect(gate.told("reclaim")).toEqual(["a"]);
  });

  test("asks who holds one more only when that has had its time", () => {
    const { gate, b } = waiting();
    expect(gate.told("reclaim")).toEqual([]);
    gate.passes(51);
    b.renews();
    expect(gate.told("reclaim")).toEqual(["a"]);
  });

  test("never asks itself, though it is the richest, and nobody while there is room", () => {
    const { gate, a, b, c } = scene(permits(4));
    b.needs(1);
    a.needs(9);
    expect(gate.pushes).toEqual([]);
    gate.passes(1);
    c.needs(1);
    a.waiting.request = 0;
    a.ends(1);
    gate.passes(60);
    gate.instance("late").needs(1);
    expect(gate.pushes).toEqual([{ session: "c", message: "wake" }]);
  });
});

describe("waiters (Rules 5 and 6)", () => {
  test("are told of to everybody, each lane for itself, without those who may start now", () => {
    const { gate, a, b } = scene(permits(2, 1));
    expect(a.needs(5).waiting).toBe(3);
    expect(b.needs(2, { lane: "slow" }).waiting).toBe(1);
    expect(b.lane().waiting).toBe(3);
    expect(gate.core).toMatchObject({ running: { request: 2, slow: 1 }, waiting: { request: 3, slow: 1 } });
  });

  test("of an instance that is not heard for 1.5 s are counted no more, though it was not hungry", () => {
    const { gate, a, b } = scene(permits(4));
    a.renews({ keep: 0, need: 4, want: 4, waiting: 2 });
    b.needs(9);
    a.renews({ keep: 4, need: 4, want: 4, waiting: 2 });
    expect(a.lane()).toMatchObject({ permits: 4, allow: 2 });
    gate.passes(1_500);
    expect(b.renews().lanes.request.waiting).toBe(9);
  });

  test("of an instance that died as the breaker moved are counted no more after 1.5 s", () => {
    const { gate, a } = waiting();
    a.operates("force_open");
    gate.passes(1_500);
    expect(a.renews().lanes.request.waiting).toBe(0);
  });
});
