import { describe, expect, test } from "vitest";
import { ENDED, firstOpening, NOT_ALIVE, PERMIT, refusal, TestGate } from "../support/gate.ts";

const small = { capacity: { request: 2, slow: 1, health: 1 } };

describe("a lane", () => {
  test("never has more permits out than its capacity, over all instances", () => {
    const gate = new TestGate(small);
    const [a, b] = [gate.instance("a"), gate.instance("b")];
    a.admit();
    b.admit();
    expect(a.admit().reply).toEqual(refusal("full", 5_000));
    expect(b.admit().reply).toEqual(refusal("full", 5_000));
  });

  test("is not concerned by other lanes", () => {
    const gate = new TestGate(small);
    const a = gate.instance("a");
    a.admits(2);
    expect(a.admit({ lane: "slow" }).reply).toMatchObject(PERMIT);
    expect(a.admit({ lane: "slow" }).reply).toMatchObject(refusal("full"));
    expect(a.admit({ lane: "health" }).reply).toMatchObject(PERMIT);
  });

  test("gives a permit for connecting, the deadline and the cancel grace", () => {
    const gate = new TestGate({ connectTimeoutMs: 3_000 });
    const { reply } = gate.instance("a").admit({ deadlineMs: 700 });
    const remainingMs = 3_000 + 700 + 2_000;
    const expiresAt = gate.now + remainingMs;
    expect(reply).toEqual({ kind: "permit", expiresAt, remainingMs, deadlineMs: 700, probe: false });
  });

  test("answers the same admit with the same permit: the lane and deadline of the first asking count", () => {
    const gate = new TestGate(small);
    const a = gate.instance("a");
    const call = a.admit({ deadlineMs: 1_000 });
    gate.passes(400);
    const { reply } = a.admit({ id: call.id, lane: "slow", deadlineMs: 9_000 });
    expect(reply).toMatchObject({ kind: "permit", deadlineMs: 1_000, remainingMs: 12_600 });
    expect(gate.core.held).toEqual({ request: 1, slow: 0, health: 0 });
  });

  test("has its room back when a permit expires, not before, and the late settle is a no-op that says so", () => {
    const gate = new TestGate(small);
    const [a, b] = [gate.instance("a"), gate.instance("b")];
    const [late] = a.admits(2, { deadlineMs: 1_000 });
    gate.passes(12_999);
    expect(b.admit().reply).toMatchObject(refusal("full"));
    gate.passes(1);
    expect(b.admit().reply).toMatchObject(PERMIT);
    expect(a.settle(late ?? { id: "" }, "failure")).toEqual(NOT_ALIVE);
    expect(gate.core).toMatchObject({ held: { request: 1 }, window: { calls: 0 } });
  });

  test("releases a permit exactly once", () => {
    const gate = new TestGate(small);
    const a = gate.instance("a");
    const call = a.admit();
    expect(a.settle(call)).toEqual(ENDED);
    expect(a.settle(call)).toEqual(NOT_ALIVE);
    expect(a.cancel(call)).toEqual(NOT_ALIVE);
    expect(gate.core).toMatchObject({ held: { request: 0 }, window: { calls: 1 } });
  });

  test("keeps what is out when its capacity is lowered, and only grants less", () => {
    const gate = new TestGate(small);
    const a = gate.instance("a");
    const [one, two] = a.admits(2);
    gate.rules = { ...gate.rules, capacity: { request: 1, slow: 1, health: 1 } };
    a.settle(one ?? { id: "" });
    expect(a.admit().reply).toMatchObject(refusal("full"));
    expect(a.settle(two ?? { id: "" })).toEqual(ENDED);
    expect(a.admit().reply).toMatchObject(PERMIT);
  });

  test("that is over its capacity by adopted permits grants nothing until it is below", () => {
    const gate = new TestGate(small);
    gate.instance("a").sends([]);
    const b = gate.instance("b", firstOpening(gate.core.life));
    const permits = [1, 2, 3].map(() => ({ id: b.newId(), lane: "request" as const, remainingMs: 5_000 }));
    b.sends([{ kind: "adopt", permits, openMs: null, override: null }]);
    expect(gate.core.held.request).toBe(3);
    b.settle(permits[0] ?? { id: "" });
    expect(b.admit().reply).toMatchObject(refusal("full"));
    b.settle(permits[1] ?? { id: "" });
    expect(b.admit().reply).toMatchObject(PERMIT);
  });

  test("of capacity zero grants nothing", () => {
    const gate = new TestGate({ capacity: { request: 0, slow: 0, health: 0 } });
    const a = gate.instance("a");
    expect(a.admit().reply).toMatchObject(refusal("full"));
    expect(a.admit({ waitMs: 9_000 }).reply).toMatchObject({ kind: "place", ahead: 0, nextCheckMs: 5_000 });
  });
});
