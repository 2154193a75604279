import { describe, expect, test } from "vitest";
import { type Instance, permits, scene, TestGate } from "../support/gate.ts";

/** Where all permits but some are with an instance that needs them. */
function taken(capacity: number, by: number) {
  const found = scene(permits(capacity));
  found.a.needs(by);
  return found;
}
/** Permits of each, once nobody has anything to give any more. */
function settle(instances: readonly Instance[]): number[] {
  for (let round = 0; round < 20; round++) {
    for (const by of instances) {
      const { permits, allow } = by.lane();
      by.ends(permits - allow);
      by.waiting.request = Math.max(by.waiting.request, 20 - by.running.request.length);
    }
  }
  return instances.map((by) => by.lane().permits);
}

test("while nobody is hungry, a renewal gets what it wants beyond what it needs, as far as there is room (Rule 5)", () => {
  const { gate, b, c } = taken(10, 2);
  expect(b.needs(3, { want: 5 })).toMatchObject({ permits: 5, allow: 5, crowded: false });
  expect(c.needs(2, { want: 9 })).toMatchObject({ permits: 3, allow: 3, crowded: false });
  expect(gate.state.hungry.request.size).toBe(0);
});

describe("while somebody is hungry (Rule 5)", () => {
  test("a renewal gets what it needs, and nothing beyond it", () => {
    const { a, b, c } = taken(4, 4);
    b.needs(1);
    a.ends(2);
    expect(c.needs(1, { want: 3 })).toMatchObject({ permits: 1, crowded: true });
  });

  test("the poorer is served first, however long the other has waited, and whether or not it can be called", () => {
    for (const pushes of [true, false]) {
      const { gate, a, b, c } = taken(4, 3);
      gate.rules = { ...gate.rules, pushes };
      b.needs(3);
      gate.passes(10);
      c.needs(1);
      a.ends(1);
      expect([b, c, b].map((by) => by.renews().lanes.request.permits)).toEqual([1, 1, 1]);
    }
  });

  test("of those that are as poor, who has waited longest, by its oldest call, where it can be called", () => {
    for (const [pushes, granted] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const { gate, a, b, c } = taken(1, 1);
      gate.rules = { ...gate.rules, pushes };
      b.needs(1);
      gate.passes(20);
      c.needs(1, { waitedMs: 21 });
      a.ends(1);
      expect(gate.told("wake")).toEqual(["c"]);
      expect(b.renews().lanes.request.permits).toBe(granted);
    }
  });

  test("nobody moves in the line by asking again, with whatever it says it has waited", () => {
    const { gate, a, b, c } = taken(2, 2);
    b.needs(1);
    gate.passes(20);
    c.needs(1);
    b.renews({ waitedMs: 0 });
    c.renews({ waitedMs: 500 });
    a.ends(1);
    expect(gate.told("wake")).toEqual(["b"]);
  });

  test("with room for all, all are served in whatever order they come", () => {
    const { a, b, c } = taken(6, 6);
    for (const by of [b, c]) by.needs(2);
    a.ends(4);
    expect([c, b].map((by) => by.renews().lanes.request.permits)).toEqual([2, 2]);
  });
});

describe("who holds more than a hungry one (Rule 5)", () => {
  test("gives at once where it is two or more, until no two are between them", () => {
    const { a, b } = taken(7, 7);
    expect(b.needs(5)).toMatchObject({ permits: 0, crowded: true });
    expect(a.renews().lanes.request).toEqual({ permits: 7, allow: 4, probes: 0, crowded: true, waiting: 5 });
  });

  test("gives no more than is needed, and to several at once", () => {
    const { a, b, c } = taken(6, 6);
    b.needs(1);
    expect(a.renews().lanes.request.allow).toBe(5);
    for (const by of [b, c]) by.needs(9);
    expect(a.renews().lanes.request.allow).toBe(2);
  });

  test("gives one more than the other has only after it has had it for 50 ms, or three round trips", () => {
    for (const [roundTripMs, quantumMs] of [
      [1, 50],
      [100, 300],
    ] as const) {
      const { gate, a, b } = taken(1, 1);
      b.needs(1);
      gate.passes(quantumMs);
      expect(a.renews({}, { roundTripMs }).lanes.request.allow).toBe(1);
      gate.passes(1);
      expect(a.renews({}, { roundTripMs }).lanes.request.allow).toBe(0);
    }
  });

  test("and has had its turn stands behind the others, however long its own calls have waited", () => {
    const { gate, a, b } = taken(1, 2);
    gate.passes(10);
    b.needs(1);
    gate.passes(50);
    expect(a.renews().lanes.request.allow).toBe(0);
    expect(a.ends(1).permits).toBe(0);
    expect(gate.told("wake")).toEqual(["b"]);
  });

  test("gives nothing where there is room for the hungry one anyway", () => {
    const { gate, a, b } = taken(5, 5);
    b.needs(1);
    gate.passes(100);
    expect(a.ends(1)).toMatchObject({ permits: 4, allow: 4, crowded: true });
  });
});

describe("in a fleet that always needs more (Rule 5)", () => {
  test("shares become equal, whoever had all of it", () => {
    const fleet = new TestGate(permits(12)).instances(4);
    for (const by of fleet) by.needs(20);
    expect(settle(fleet)).toEqual([3, 3, 3, 3]);
  });

  test("permits go round where instances outnumber them: nobody has more turns than another", () => {
    const gate = new TestGate(permits(2));
    const fleet = gate.instances(5);
    const turns = new Map(fleet.map((by) => [by.session, 0]));
    for (const by of fleet) by.needs(1);
    for (let round = 0; round < 100; round++) {
      gate.passes(60);
      for (const by of fleet) {
        const held = by.lane().permits;
        by.ends(held - by.lane().allow);
        if (held < by.lane().permits) turns.set(by.session, (turns.get(by.session) ?? 0) + 1);
        by.waiting.request = 1;
      }
    }
    const counts = [...turns.values()];
    expect(Math.min(...counts)).toBeGreaterThan(10);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });
});
