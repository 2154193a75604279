import { describe, expect, test } from "vitest";
import type { Admit, Settle } from "../../lib/gate/commands.ts";
import { ENDED, firstOpening, NOT_ALIVE, PERMIT, PLACE, refusal, TestGate } from "../support/gate.ts";

const admit = (id: string, how: Partial<Admit> = {}): Admit => ({
  kind: "admit",
  id,
  lane: "request",
  deadlineMs: 1_000,
  waitMs: 0,
  ...how,
});
const settle = (id: string): Settle => ({ kind: "settle", id, outcome: "success", slow: false });

function known() {
  const gate = new TestGate({ capacity: { request: 2, slow: 1, health: 1 } });
  const a = gate.instance("a");
  a.sends([]);
  const doneBelow = () => gate.state.sessions.get("a")?.doneBelow;
  return { gate, a, doneBelow };
}
/** The replies of one hand-made batch of session `a`. */
function replies(gate: TestGate, doneBelow: number, commands: (Admit | Settle | { kind: "cancel"; id: string })[]) {
  const { reply } = gate.send({ session: "a", doneBelow, commands });
  return reply.known ? reply.replies : "unknown";
}

describe("what a store has heard to be done", () => {
  test("mints nothing any more: a late admit is spent", () => {
    const { gate } = known();
    expect(replies(gate, 8, [admit("a.7"), admit("a.8")])).toMatchObject([refusal("spent", 0), PERMIT]);
  });

  test("only grows, also when batches arrive out of order", () => {
    const { gate, doneBelow } = known();
    replies(gate, 8, []);
    replies(gate, 3, [admit("a.3")]);
    expect(doneBelow()).toBe(8);
    expect(gate.state.permits.size).toBe(0);
  });

  test("leaves what is alive alive: a permit is answered, and settles", () => {
    const { gate } = known();
    replies(gate, 1, [admit("a.1")]);
    expect(replies(gate, 9, [admit("a.1"), settle("a.1")])).toMatchObject([PERMIT, ENDED]);
  });

  test("leaves a ticket its place and its turn", () => {
    const { gate } = known();
    const asks = ["a.1", "a.2", "a.3"].map((id) => admit(id, { waitMs: 9_000 }));
    expect(replies(gate, 1, asks)).toMatchObject([PERMIT, PERMIT, PLACE]);
    expect(replies(gate, 4, [settle("a.1"), asks[2] as Admit])).toMatchObject([ENDED, PERMIT]);
  });
});

describe("the mark raises itself over an id that ends exactly there", () => {
  test("by a refusal", () => {
    const { gate, doneBelow } = known();
    replies(gate, 1, [admit("a.1"), admit("a.2"), settle("a.1"), settle("a.2")]);
    expect(doneBelow()).toBe(3);
    replies(gate, 3, [admit("a.3"), admit("a.4"), admit("a.5")]);
    expect(doneBelow()).toBe(3);
    replies(gate, 5, [admit("a.5"), admit("a.6")]);
    expect(doneBelow()).toBe(7);
  });

  test("by a settle or a cancel that found it alive", () => {
    const { gate, doneBelow } = known();
    replies(gate, 1, [admit("a.1"), settle("a.1")]);
    expect(doneBelow()).toBe(2);
    replies(gate, 1, [admit("a.2"), { kind: "cancel", id: "a.2" }]);
    expect(doneBelow()).toBe(3);
    replies(gate, 1, [settle("a.3"), { kind: "cancel", id: "a.3" }]);
    expect(doneBelow()).toBe(3);
  });

  test("by cancelling a ticket, not by giving one", () => {
    const { gate, doneBelow } = known();
    replies(gate, 5, [admit("a.1"), admit("a.5"), admit("a.6")]);
    replies(gate, 7, [admit("a.7", { waitMs: 9_000 })]);
    expect(doneBelow()).toBe(7);
    replies(gate, 7, [{ kind: "cancel", id: "a.7" }]);
    expect(doneBelow()).toBe(8);
  });

  test("not by time passing", () => {
    const { gate, doneBelow } = known();
    replies(gate, 1, [admit("a.1")]);
    gate.passes(60_000);
    expect(gate.core.held.request).toBe(0);
    expect(doneBelow()).toBe(1);
  });

  test("not over one that ends above it", () => {
    const { gate, doneBelow } = known();
    replies(gate, 1, [admit("a.1"), admit("a.2"), settle("a.2")]);
    expect(doneBelow()).toBe(1);
  });
});

describe("a network that repeats, delays and reorders", () => {
  test("grants nothing twice: the repeated batch is answered as the first was", () => {
    const { gate } = known();
    const first = replies(gate, 1, [admit("a.1"), admit("a.2")]);
    expect(replies(gate, 1, [admit("a.1"), admit("a.2")])).toEqual(first);
    expect(gate.core.held.request).toBe(2);
  });

  test("settles nothing twice", () => {
    const { gate } = known();
    replies(gate, 1, [admit("a.1")]);
    expect(replies(gate, 2, [settle("a.1")])).toEqual([ENDED]);
    expect(replies(gate, 2, [settle("a.1")])).toEqual([NOT_ALIVE]);
    expect(gate.core.window.calls).toBe(1);
  });

  test("brings an admit after its own settle to nothing", () => {
    const { gate } = known();
    replies(gate, 1, [admit("a.1"), settle("a.1")]);
    expect(replies(gate, 1, [admit("a.1")])).toEqual([refusal("spent", 0)]);
  });

  test("brings an admit that was given up, and cancelled with a higher mark, to nothing", () => {
    const { gate } = known();
    replies(gate, 5, [{ kind: "cancel", id: "a.4" }]);
    expect(replies(gate, 4, [admit("a.4")])).toEqual([refusal("spent", 0)]);
  });

  test("may grant an ended id once more until a higher mark is heard: the accepted exception", () => {
    const { gate } = known();
    replies(gate, 1, [admit("a.1"), admit("a.2"), settle("a.2")]);
    expect(replies(gate, 1, [admit("a.2")])).toMatchObject([PERMIT]);
    gate.passes(13_000);
    expect(replies(gate, 3, [admit("a.2")])).toEqual([refusal("spent", 0)]);
  });
});

describe("an id", () => {
  test("of another session is no business of this one", () => {
    const { gate } = known();
    const other = gate.instance("b", firstOpening());
    const call = other.admit();
    expect(() => replies(gate, 1, [settle(call.id)])).toThrow(/id must be a\.n, was b\.1/);
  });
});
