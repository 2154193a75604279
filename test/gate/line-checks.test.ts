import { describe, expect, test } from "vitest";
import type { Call } from "../support/gate.ts";
import { firstOpening, PLACE, TestGate } from "../support/gate.ts";
import { halfOpenGate, recover } from "../support/gate-breaker.ts";

const waiting = { waitMs: 60_000 };
const checkOf = ({ reply }: Call): number => (reply.kind === "place" ? reply.nextCheckMs : Number.NaN);

/** A full lane of two whose permits are held 8 s on average. */
function busy(rules = {}) {
  const gate = new TestGate({ capacity: { request: 2, slow: 1, health: 1 }, ...rules });
  const a = gate.instance("a");
  const call = a.admit();
  gate.passes(6_400);
  a.settle(call);
  expect(gate.core.heldMs.request).toBe(800);
  a.admits(2);
  return { gate, a };
}

describe("the next check of a ticket", () => {
  test("comes when as many permits have ended as stand before it: between one and five seconds where the home wakes", () => {
    const { a } = busy();
    const checks = a.admits(14, waiting).map(checkOf);
    expect(checks.slice(0, 5)).toEqual([1_000, 1_000, 1_000, 1_200, 1_600]);
    expect(checks.at(-1)).toBe(5_000);
  });

  test("comes between 10 ms and a second where it does not", () => {
    const { a } = busy({ wakes: false });
    expect(a.admits(5, waiting).map(checkOf)).toEqual([10, 400, 800, 1_000, 1_000]);
  });

  test("never comes after the wait has ended", () => {
    const { a } = busy();
    expect(checkOf(a.admit({ waitMs: 300 }))).toBe(300);
  });

  test("counts with the capacity of the ramp", () => {
    const { gate, a } = halfOpenGate({ wakes: false });
    recover(gate, a);
    const long = a.admit();
    gate.passes(250);
    a.settle(long);
    expect(gate.core.heldMs.request).toBe(31);
    a.admits(2);
    expect(a.admits(4, waiting).map(checkOf)).toEqual([10, 15, 31, 46]);
  });
});

describe("how long permits are held", () => {
  test("is a moving average over eight settles, in whole milliseconds, for each lane", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    const [one, two, slow] = [a.admit(), a.admit(), a.admit({ lane: "slow" })];
    gate.passes(1_001);
    a.settle(one);
    gate.passes(1_000);
    a.settle(two, "failure");
    a.settle(slow, "ignored");
    expect(gate.core.heldMs).toEqual({
      request: Math.floor((7 * Math.floor(1_001 / 8) + 2_001) / 8),
      slow: Math.floor(2_001 / 8),
    });
  });

  test("takes a very long call for a minute", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    const call = a.admit({ deadlineMs: 500_000 });
    gate.passes(400_000);
    a.settle(call);
    expect(gate.core.heldMs.request).toBe(7_500);
  });

  test("learns nothing from what was cancelled, expired or adopted", () => {
    const gate = new TestGate();
    gate.instance("z").sends([]);
    const a = gate.instance("a", firstOpening(gate.core.life));
    const adopted = { id: a.newId(), lane: "request" as const, remainingMs: 90_000 };
    a.sends([{ kind: "adopt", permits: [adopted], openMs: null, override: null }]);
    const [cancelled] = a.admits(2, { deadlineMs: 10_000 });
    gate.passes(30_000);
    a.cancel(cancelled as Call);
    a.settle(adopted);
    expect(gate.core.heldMs.request).toBe(0);
  });
});

describe("waking", () => {
  test("names the first of a line that fits, at the end of the batch that made room", () => {
    const { gate, a } = busy();
    const b = gate.instance("b");
    const held = [...gate.state.permits.keys()];
    const first = b.admit(waiting);
    expect(first.reply).toMatchObject(PLACE);
    gate.instance("c").admit(waiting);
    expect(a.sends([]).wake).toEqual([]);
    const settle = { kind: "settle", id: held[0] ?? "", outcome: "success", slow: false } as const;
    expect(a.sends([settle]).wake).toEqual([{ session: "b", lane: "request" }]);
    const ask = b.sends([{ ...first.asked }]);
    expect(ask.wake).toEqual([]);
  });

  test("happens when a permit expires, whoever's batch lets that time pass", () => {
    const gate = new TestGate({ capacity: { request: 1, slow: 1, health: 1 }, connectTimeoutMs: 0 });
    gate.instance("a").admit({ deadlineMs: 0 });
    gate.passes(1_000);
    gate.instance("b").admit(waiting);
    gate.passes(999);
    expect(gate.send({ session: "stranger" }).wake).toEqual([]);
    gate.passes(1);
    expect(gate.send({ session: "stranger" })).toMatchObject({
      reply: { known: false },
      wake: [{ session: "b", lane: "request" }],
    });
  });

  test("names both lanes where both have room", () => {
    const gate = new TestGate({ capacity: { request: 1, slow: 1, health: 1 } });
    const a = gate.instance("a");
    const held = [a.admit(), a.admit({ lane: "slow" })];
    const b = gate.instance("b");
    b.admit(waiting);
    b.admit({ ...waiting, lane: "slow" });
    const settles = held.map(({ id }) => ({ kind: "settle", id, outcome: "success", slow: false }) as const);
    expect(a.sends(settles).wake).toEqual([
      { session: "b", lane: "request" },
      { session: "b", lane: "slow" },
    ]);
  });
});
