import { describe, expect, test } from "vitest";
import { snapshot } from "../../lib/gate/snapshot.ts";
import { ABOUT, firstOpening, LIFE, scene, TestGate } from "../support/gate.ts";

const opens = (gate: TestGate, session: string, ...said: Parameters<typeof firstOpening>) =>
  gate.send(session, { ...firstOpening(...said) }).reply;

describe("a session that the gate does not know (Rule 14)", () => {
  test("is answered unknown, with the name of the life, and changes nothing but time", () => {
    const { gate, a } = scene();
    a.renews();
    const sums = { ended: { success: 5, failure: 5, ignored: 0 }, refused: { full: 5 }, ranMs: 5, waitedMs: 5 };
    const before = snapshot(gate.state);
    const said = { n: 7, pings: [{ ok: true }], sums: { request: sums, slow: sums, health: sums } };
    expect(gate.send("b", said).reply).toEqual({ known: false, n: 7, life: LIFE });
    expect(snapshot(gate.state)).toEqual({ ...before, core: { ...before.core, clock: gate.now } });
  });

  test("opens by naming the life, and is unknown again by naming any other", () => {
    const gate = new TestGate();
    expect(opens(gate, "a", LIFE + 1)).toMatchObject({ known: false, life: LIFE });
    expect(opens(gate, "a", LIFE)).toMatchObject({ known: true, life: LIFE });
    expect(gate.send("a", { n: 2 }).reply.known).toBe(true);
  });

  test("may be new and open naming no life, bringing nothing along", () => {
    const { a } = scene();
    expect(a.renews({ keep: 5 }).lanes.request.permits).toBe(0);
  });

  test("says what it is, which is kept and shown", () => {
    const gate = new TestGate();
    opens(gate, "a");
    expect(gate.state.sessions.get("a")?.about).toEqual(ABOUT);
  });

  test("opens once more, naming the life, where a late copy of its first word had made it known", () => {
    const { gate, a } = scene();
    a.needs(1);
    const { generation } = gate.core;
    const { lanes } = a.renews({ keep: 3, need: 3, want: 3 }, { ...firstOpening(LIFE, generation + 9) });
    expect(lanes.request.permits).toBe(3);
    expect(gate.core.generation).toBe(generation + 10);
  });

  test("is told so, though it is known by such a copy, where what it keeps is of another life", () => {
    const { gate, a } = scene();
    a.renews();
    const before = snapshot(gate.state);
    expect(gate.send("a", { n: 9, life: LIFE - 5 }).reply).toEqual({ known: false, n: 9, life: LIFE });
    expect(snapshot(gate.state)).toEqual(before);
  });

  test("begins with whatever number it is at", () => {
    const gate = new TestGate();
    const said = { ...firstOpening(LIFE), votes: [] };
    expect(gate.send("a", { ...said, n: 40 }).reply).toMatchObject({ known: true, n: 40 });
    expect(gate.state.sessions.get("a")?.n).toBe(40);
  });
});

describe("the numbers of who opens (Rules 12 and 13)", () => {
  test("put the generation above what it has heard: what was granted elsewhere has no vote here", () => {
    const gate = new TestGate({ windowCalls: 1, failureThreshold: 1 });
    const elsewhere = gate.core.generation + 7;
    const vote = { generation: elsewhere, probe: false, calls: 9, failures: 9, slow: 0, ignored: 0, retryAfterMs: 0 };
    const { reply } = gate.send("a", { ...firstOpening(LIFE, elsewhere), votes: [vote] });
    expect(reply).toMatchObject({ generation: elsewhere + 1, breaker: { state: "closed" } });
    expect(gate.core.window.calls).toBe(0);
  });

  test("leave the generation where it is not above it", () => {
    const gate = new TestGate();
    const { generation } = gate.core;
    expect(opens(gate, "a", LIFE, generation - 1)).toMatchObject({ generation });
  });

  test("leave it to who was forgotten in this life and opens again: the votes and hunger of others live on", () => {
    const { gate, a, b } = scene();
    a.renews();
    const { generation } = a.heard;
    gate.passes(60_000);
    b.needs(99);
    expect(a.sends().reply.known).toBe(false);
    expect(a.renews().generation).toBe(generation);
    expect(gate.state.hungry.request.size).toBe(1);
  });

  test("raise the version of overrides to theirs, and never lower it", () => {
    const gate = new TestGate();
    opens(gate, "a", LIFE, 0, LIFE + 9);
    expect(gate.core.overrideVersion).toBe(LIFE + 9);
    opens(gate, "b", LIFE, 0, LIFE + 3);
    expect(gate.core.overrideVersion).toBe(LIFE + 9);
  });

  test("are not asked of who names no life", () => {
    const gate = new TestGate();
    opens(gate, "a", null, 0, LIFE + 9);
    expect(gate.core.overrideVersion).toBe(LIFE);
  });
});
