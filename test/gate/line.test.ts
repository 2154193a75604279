import { describe, expect, test } from "vitest";
import type { Call } from "../support/gate.ts";
import { ENDED, NOT_ALIVE, PERMIT, PLACE, refusal, TestGate } from "../support/gate.ts";

const one = { capacity: { request: 1, slow: 1, health: 1 } };
const waiting = { waitMs: 60_000 };

function lineOf(rules = {}) {
  const gate = new TestGate({ ...one, ...rules });
  const [a, b, c] = [gate.instance("a"), gate.instance("b"), gate.instance("c")];
  return { gate, a, b, c, holder: a.admit() };
}

describe("a waiting line", () => {
  test("serves in order of arrival, over all instances", () => {
    const { a, b, c, holder } = lineOf();
    const [first, second] = [b.admit(waiting), c.admit(waiting)];
    expect([first.reply, second.reply]).toMatchObject([
      { kind: "place", ahead: 0 },
      { kind: "place", ahead: 1 },
    ]);
    a.settle(holder);
    expect(c.again(second)).toMatchObject({ kind: "place", ahead: 1 });
    expect(b.again(first)).toMatchObject(PERMIT);
    expect(c.again(second)).toMatchObject({ kind: "place", ahead: 0 });
    b.settle(first);
    expect(c.again(second)).toMatchObject(PERMIT);
  });

  test("lets nobody overtake, not even a call that would not wait", () => {
    const { a, b, c, holder } = lineOf();
    const first = b.admit(waiting);
    a.settle(holder);
    expect(c.admit().reply).toEqual(refusal("full", 5_000));
    expect(c.admit(waiting).reply).toMatchObject({ kind: "place", ahead: 1 });
    expect(b.again(first)).toMatchObject(PERMIT);
  });

  test("offers and reserves nothing: with room for two, the second may ask before the first", () => {
    const { gate, a, b, c, holder } = lineOf({ capacity: { request: 2, slow: 1, health: 1 } });
    const other = a.admit();
    const [first, second] = [b.admit(waiting), c.admit(waiting)];
    a.settle(holder);
    expect(c.again(second)).toMatchObject(PLACE);
    a.settle(other);
    expect(c.again(second)).toMatchObject(PERMIT);
    expect(gate.state.lines.request).toEqual([first.id]);
    expect(b.again(first)).toMatchObject(PERMIT);
  });

  test("is one for each lane", () => {
    const { a, b } = lineOf();
    a.admit({ lane: "slow" });
    expect(b.admit(waiting).reply).toMatchObject({ ahead: 0 });
    expect(b.admit({ ...waiting, lane: "slow" }).reply).toMatchObject({ ahead: 0 });
  });

  test("gives one id one place, with the lane and deadline of the first asking", () => {
    const { gate, a, b, holder } = lineOf();
    const call = b.admit({ ...waiting, deadlineMs: 1_234 });
    b.admit({ id: call.id, lane: "slow", deadlineMs: 9, waitMs: 60_000 });
    expect(gate.state.lines).toEqual({ request: [call.id], slow: [] });
    a.settle(holder);
    expect(b.admit({ id: call.id, lane: "slow", deadlineMs: 9 }).reply).toMatchObject({ deadlineMs: 1_234 });
    expect(gate.core.held).toMatchObject({ request: 1, slow: 0 });
    expect(gate.state.tickets.size).toBe(0);
  });

  test("has places for so many, and no more, a lane", () => {
    const { b, c } = lineOf({ maxWaiting: 2 });
    const [first] = b.admits(2, waiting);
    expect(c.admit(waiting).reply).toEqual(refusal("full", 5_000));
    expect(b.again(first as Call)).toMatchObject(PLACE);
    c.admit({ lane: "slow" });
    expect(c.admit({ ...waiting, lane: "slow" }).reply).toMatchObject(PLACE);
  });

  test("ends a ticket when its wait is over: room, or full", () => {
    const { gate, a, b, holder } = lineOf();
    const [first, second] = b.admits(2, waiting);
    expect(b.again(second as Call, 0)).toEqual(refusal("full", 5_000));
    expect(gate.state.tickets.has((second as Call).id)).toBe(false);
    a.settle(holder);
    expect(b.again(first as Call, 0)).toMatchObject(PERMIT);
  });

  test("is left by cancelling, which moves the others up", () => {
    const { b, c } = lineOf();
    const [first, second] = [b.admit(waiting), c.admit(waiting)];
    expect(b.cancel(first)).toEqual(ENDED);
    expect(b.cancel(first)).toEqual(NOT_ALIVE);
    expect(c.again(second)).toMatchObject({ ahead: 0 });
  });

  test("takes no outcome for a ticket", () => {
    const { gate, b } = lineOf();
    const call = b.admit(waiting);
    expect(b.settle(call, "failure")).toEqual(NOT_ALIVE);
    expect(gate.state.tickets.size).toBe(1);
  });
});

describe("a ticket nobody asks for", () => {
  test("is gone a second after its next check, with its place, and its id is spent", () => {
    const { gate, b, c } = lineOf();
    const [lost, other] = [b.admit(waiting), c.admit(waiting)];
    gate.passes(1_000);
    expect(c.again(other)).toMatchObject({ ahead: 1 });
    gate.passes(999);
    expect(c.again(other)).toMatchObject({ ahead: 1 });
    gate.passes(1);
    expect(c.again(other)).toMatchObject({ ahead: 0 });
    expect(b.again(lost)).toEqual(refusal("spent", 0));
    expect(b.admit({ waitMs: 50_000 }).reply).toMatchObject({ kind: "place", ahead: 1 });
  });

  test("of a dead instance goes together with its others", () => {
    const { gate, a, b, c, holder } = lineOf();
    b.admits(5, waiting);
    const living = c.admit(waiting);
    gate.passes(1_500);
    c.again(living);
    gate.passes(500);
    a.settle(holder);
    expect(c.again(living)).toMatchObject(PERMIT);
  });
});

describe("a line while the breaker is not closed", () => {
  test("is empty: who asks is refused with the reason, later as spent", () => {
    const { gate, b } = lineOf({ recoveryMs: 1_000 });
    const tickets = b.admits(3, waiting);
    b.operate("force_open", { ttlMs: 500 });
    expect(gate.state.tickets.size).toBe(0);
    expect(b.again(tickets[0] as Call)).toEqual(refusal("forced", 500));
    gate.passes(500);
    expect(gate.breaker).toBe("half_open");
    expect(b.again(tickets[1] as Call)).toEqual(refusal("spent", 0));
    b.operate("force_closed");
    expect(b.again(tickets[2] as Call)).toEqual(refusal("spent", 0));
  });

  test("is left by an opening breaker too, which says open", () => {
    const gate = new TestGate({ ...one, windowCalls: 1, failureThreshold: 1, failureRate: 1 });
    const a = gate.instance("a");
    const holder = a.admit();
    const ticket = a.admit(waiting);
    a.settle(holder, "failure");
    expect(gate.state.lines.request).toEqual([]);
    expect(a.again(ticket)).toEqual(refusal("open", 30_000));
  });

  test("stays as it is where an operator closes what was closed", () => {
    const { gate, a } = lineOf();
    const ticket = a.admit(waiting);
    a.operate("force_closed");
    expect(gate.state.lines.request).toEqual([ticket.id]);
  });
});
