import { describe, expect, test } from "vitest";
import { permits, scene } from "../support/gate.ts";

describe("who is called first (Rule 5)", () => {
  test("is the poorest of the hungry, however much later it came", () => {
    const { gate, a, b, c, d } = scene(permits(4));
    a.needs(2);
    b.needs(1);
    c.needs(1);
    b.needs(2);
    gate.passes(50);
    d.needs(1);
    a.ends(1);
    expect(gate.told("wake")).toEqual(["d"]);
  });
});

describe("while another is hungry (Rule 5)", () => {
  test("a renewal gets what it needs and nothing ahead, also where there is room for both, and only one other waits", () => {
    const { a, b, c } = scene(permits(6));
    a.needs(6);
    b.needs(1);
    a.ends(5);
    expect(c.needs(1, { want: 3 })).toMatchObject({ permits: 1, allow: 1, crowded: true });
  });
});

describe("one more than a hungry instance (Rule 5)", () => {
  test("is kept for eight round trips where nobody is called, and for 50 ms at least", () => {
    for (const [roundTripMs, quantumMs] of [
      [1, 50],
      [20, 160],
    ] as const) {
      const { gate, a, b } = scene({ ...permits(1), pushes: false });
      a.needs(1);
      b.needs(1);
      gate.passes(quantumMs);
      expect(a.renews({}, { roundTripMs }).lanes.request.allow).toBe(1);
      gate.passes(1);
      expect(a.renews({}, { roundTripMs }).lanes.request.allow).toBe(0);
    }
  });

  test("is asked back from who has had its time, and never from who holds as many as who asks", () => {
    const { gate, a, b } = scene(permits(2));
    a.needs(1);
    b.needs(1);
    gate.passes(1_000);
    b.needs(2);
    expect(gate.told("reclaim")).toEqual([]);
    const { gate: other, a: rich, b: poor } = scene(permits(1));
    rich.needs(1);
    other.passes(51);
    poor.needs(1);
    expect(other.told("reclaim")).toEqual(["a"]);
  });
});

describe("who needs more than it holds, though nobody waits there (Rule 5)", () => {
  test("is hungry as well, and not any more after 1.5 s of silence", () => {
    const { gate, a, b } = scene(permits(1));
    a.needs(1);
    b.renews({ need: 2, waiting: 0 });
    gate.passes(1_499);
    expect(a.renews().lanes.request.crowded).toBe(true);
    gate.passes(1);
    expect(a.renews().lanes.request.crowded).toBe(false);
  });
});
