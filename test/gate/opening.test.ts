import { describe, expect, test } from "vitest";
import type { Opening } from "../../lib/gate/commands.ts";
import { ABOUT, firstOpening, PERMIT, refusal, START, TestGate } from "../support/gate.ts";

const admit = (id: string) => ({ kind: "admit", id, lane: "request", deadlineMs: 1_000, waitMs: 0 }) as const;
const adopt = (id: string) => {
  const permits = [{ id, lane: "request" as const, remainingMs: 9_000 }];
  return { kind: "adopt", permits, openMs: null, override: null } as const;
};
const sends = (gate: TestGate, opens: Opening | null, id = "a.1") =>
  gate.send({ session: "a", opens, commands: [admit(id), adopt(`${id}0`)] }).reply;
const replies = (gate: TestGate, opens: Opening | null, id?: string) => {
  const reply = sends(gate, opens, id);
  return reply.known ? reply.replies : "unknown";
};

describe("a session the store does not know", () => {
  test("is answered unknown, with the name of the life, and changes nothing but time", () => {
    const gate = new TestGate();
    expect(sends(gate, null)).toEqual({ known: false, life: START });
    expect(gate.state.sessions.size).toBe(0);
    expect(gate.state.permits.size).toBe(0);
    gate.send({ session: "a", refusedLocally: 5 });
    expect(gate.state.seconds.size).toBe(0);
  });

  test("opens by naming the life, and is unknown again by naming any other", () => {
    const gate = new TestGate();
    sends(gate, null);
    gate.passes(5);
    expect(replies(gate, firstOpening(START + 1))).toBe("unknown");
    expect(replies(gate, firstOpening(START))).toMatchObject([PERMIT, { spent: [] }]);
    expect(replies(gate, null, "a.2")).toMatchObject([PERMIT, { spent: ["a.20"] }]);
  });

  test("may be new and open naming no life, bringing nothing along", () => {
    const gate = new TestGate();
    expect(replies(gate, firstOpening(null))).toMatchObject([PERMIT, { spent: ["a.10"] }]);
  });

  test("brings along the highest numbers it ever heard, and the store takes the larger", () => {
    const gate = new TestGate();
    const { generation, overrideVersion } = gate.core;
    sends(gate, firstOpening(START, generation + 7, overrideVersion - 7));
    expect(gate.core).toMatchObject({ generation: generation + 7, overrideVersion });
    gate.instance("b", firstOpening(START, 3, overrideVersion + 9)).sends([]);
    expect(gate.core).toMatchObject({ generation: generation + 7, overrideVersion: overrideVersion + 9 });
  });

  test("says what it is, which is kept and shown", () => {
    const gate = new TestGate();
    sends(gate, firstOpening(null));
    expect(gate.state.sessions.get("a")?.about).toEqual(ABOUT);
  });

  test("has its admits judged as in any batch, below its mark too", () => {
    const gate = new TestGate();
    gate.send({ session: "x" });
    const opens = firstOpening(START);
    const { reply } = gate.send({ session: "a", opens, doneBelow: 9, commands: [admit("a.3"), adopt("a.4")] });
    expect(reply).toMatchObject({ replies: [refusal("spent", 0), { kind: "adopted", spent: [] }] });
    expect([...gate.state.permits.keys()]).toEqual(["a.4"]);
  });
});

describe("a first batch that arrives late, in a life its sender has not heard of", () => {
  test("opens a session that may open once more, naming the life, and adopt", () => {
    const gate = new TestGate();
    sends(gate, firstOpening(null));
    expect(replies(gate, firstOpening(START), "a.5")).toMatchObject([PERMIT, { spent: [] }]);
    expect(gate.state.permits.has("a.50")).toBe(true);
    expect(replies(gate, firstOpening(START), "a.6")).toMatchObject([PERMIT, { spent: ["a.60"] }]);
  });

  test("is ignored as an opening when the session is known already", () => {
    const gate = new TestGate();
    sends(gate, null);
    sends(gate, firstOpening(START));
    const { generation } = gate.core;
    expect(replies(gate, firstOpening(null, generation + 50), "a.2")).toMatchObject([PERMIT, { spent: ["a.20"] }]);
    expect(gate.core.generation).toBe(generation);
  });

  test("may have queued what is then adopted: one id is one permit", () => {
    const gate = new TestGate({ capacity: { request: 1, slow: 1, health: 1 } });
    gate.instance("b").admit();
    gate.send({ session: "a", opens: firstOpening(null), commands: [{ ...admit("a.1"), waitMs: 9_000 }] });
    expect(gate.state.tickets.has("a.1")).toBe(true);
    gate.send({ session: "a", opens: firstOpening(START), doneBelow: 2, commands: [adopt("a.1")] });
    expect(gate.state.tickets.size).toBe(0);
    expect(gate.core.held.request).toBe(2);
  });

  test("names another life than the living one in vain, though its session is known", () => {
    const gate = new TestGate();
    sends(gate, firstOpening(null));
    expect(replies(gate, firstOpening(START - 5), "a.2")).toMatchObject([PERMIT, { spent: ["a.20"] }]);
    expect(replies(gate, firstOpening(START), "a.3")).toMatchObject([PERMIT, { spent: [] }]);
  });
});
