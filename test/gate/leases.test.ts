import { describe, expect, test } from "vitest";
import { permits, scene } from "../support/gate.ts";

describe("a renewal gives back and is given: permits = min(keep, permits) + grant (Rule 3)", () => {
  test("a permit lasts over many calls, without being asked for again", () => {
    const { gate, a } = scene();
    expect(a.needs(3)).toMatchObject({ permits: 3, allow: 3, crowded: false });
    for (let n = 0; n < 5; n++) expect(a.renews().lanes.request.permits).toBe(3);
    expect(gate.core.permits.request).toBe(3);
  });

  test("what is not kept is free at once, and no more is granted than there is, over all instances", () => {
    const { gate, a, b } = scene(permits(4));
    a.needs(4);
    expect(a.ends(3).permits).toBe(1);
    expect(b.needs(4)).toMatchObject({ permits: 3, allow: 3 });
    expect(gate.core.permits.request).toBe(4);
  });

  test("keeping more than it holds brings nothing: what it believes to hold may be long over", () => {
    const { a } = scene();
    a.needs(2);
    expect(a.renews({ keep: 9 }).lanes.request.permits).toBe(2);
  });

  test("no permit is taken back but by its holder: who is told to give still holds", () => {
    const { gate, a, b } = scene(permits(4));
    for (const by of [a, b]) by.needs(4);
    expect(a.renews().lanes.request).toMatchObject({ permits: 4, allow: 2 });
    expect(b.renews().lanes.request.permits).toBe(0);
    expect(gate.core.permits.request).toBe(4);
    a.ends(1);
    expect(b.renews().lanes.request.permits).toBe(1);
  });

  test("a lower capacity leaves what is out, and grants nothing until that is below it", () => {
    const { gate, a, b } = scene(permits(3));
    a.needs(3);
    gate.rules = { ...gate.rules, ...permits(2) };
    expect(b.needs(1).permits).toBe(0);
    a.ends(1);
    expect(b.renews().lanes.request.permits).toBe(0);
    a.ends(1);
    expect(b.renews().lanes.request.permits).toBe(1);
  });

  test("who hold more than is in force are told to give their part of it, though nobody waits", () => {
    const { gate, a, b } = scene(permits(8));
    for (const by of [a, b]) by.needs(4);
    gate.rules = { ...gate.rules, ...permits(4) };
    for (const by of [a, b]) expect(by.renews().lanes.request).toMatchObject({ permits: 4, allow: 2 });
  });

  test("lanes do not concern each other, and one of capacity zero grants nothing", () => {
    const { gate, a } = scene(permits(2, 1));
    expect(a.needs(3)).toMatchObject({ permits: 2, crowded: true });
    expect(a.needs(1, { lane: "slow" })).toMatchObject({ permits: 1, crowded: false });
    expect(a.needs(1, { lane: "health" })).toMatchObject({ permits: 1 });
    gate.rules = { ...gate.rules, capacity: { request: 0, slow: 0, health: 0 } };
    for (const lane of ["request", "slow", "health"] as const) {
      expect(gate.instance("none").needs(1, { lane }).permits).toBe(0);
    }
  });
});

describe("what runs of a local share is owed, and counts against the room until it ends (Rule 15)", () => {
  test("for everybody, and for who owes it", () => {
    const { gate, a, b } = scene(permits(5));
    a.renews({ owed: 3 });
    expect(b.needs(5).permits).toBe(2);
    expect(a.needs(1, { owed: 2 }).permits).toBe(1);
    expect(gate.core).toMatchObject({ owed: { request: 2 }, permits: { request: 3 } });
    a.ends(1);
    expect(gate.told("wake")).toEqual(["b"]);
    expect(b.renews().lanes.request.permits).toBe(5);
  });

  test("beyond the capacity too, where instances were many while the store was away", () => {
    const { gate, a, b } = scene(permits(2));
    for (const by of [a, b]) by.renews({ owed: 2 });
    expect(gate.core.owed.request).toBe(4);
    a.renews();
    expect(b.needs(1, { owed: 1 }).permits).toBe(1);
  });

  test("until the lease of a silent debtor and its longest statement are over", () => {
    const { gate, a, b } = scene(permits(2));
    a.renews({ owed: 2 });
    gate.passes(2_000 + 10_000 + 55_000 + 2_000 - 1);
    expect(b.needs(1).permits).toBe(0);
    gate.passes(1);
    expect(b.renews().lanes.request.permits).toBe(1);
  });
});
