import { describe, expect, test } from "vitest";
import { emptyGate } from "../../lib/gate/state.ts";
import { firstOpening, PERMIT, refusal, START, TestGate } from "../support/gate.ts";
import { openGate } from "../support/gate-breaker.ts";

describe("a life", () => {
  test("begins with the first batch, by the store's milliseconds, which number it", () => {
    const gate = new TestGate();
    const { core } = gate;
    expect(core).toMatchObject({ life: START, generation: START, overrideVersion: START, state: "closed" });
    expect(gate.events).toEqual([{ kind: "life", at: START, life: START }]);
  });

  test("goes on while the clock falls back ten seconds or less: time stands still", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.admit({ deadlineMs: 1_000 });
    gate.passes(-10_000);
    expect(gate.core).toMatchObject({ life: START, clock: START, held: { request: 1 } });
    gate.passes(22_999);
    expect(gate.core.held.request).toBe(1);
    gate.passes(1);
    expect(gate.core.held.request).toBe(0);
  });

  test("ends when the clock falls back further: empty but for its numbers, and those grow", () => {
    const { gate, a } = openGate({ capacity: { request: 1, slow: 1, health: 1 } });
    a.operate("force_closed");
    const holder = a.admit();
    a.admit({ waitMs: 60_000 });
    const { generation, overrideVersion } = gate.core;
    gate.passes(-10_001);
    expect(gate.core).toMatchObject({
      life: START + 1,
      clock: START - 10_001,
      generation: generation + 1,
      overrideVersion: overrideVersion + 1,
      state: "closed",
      override: null,
      held: { request: 0, slow: 0, health: 0 },
    });
    const { core: _, due: __, ...rest } = gate.state;
    const { core: ___, due: ____, ...empty } = emptyGate();
    expect(rest).toEqual(empty);
    expect(gate.send({ session: "a", commands: [] }).reply).toEqual({ known: false, life: START + 1 });
    const late = { kind: "settle", id: holder.id, outcome: "failure", slow: false } as const;
    expect(gate.send({ session: "a", opens: firstOpening(START + 1), commands: [late] }).reply).toMatchObject({
      known: true,
      replies: [{ alive: false }],
    });
  });

  test("takes the clock for its mark and its numbers where that is larger", () => {
    const gate = new TestGate();
    expect(gate.core.life).toBe(START);
    gate.passes(600_000);
    expect(gate.core.clock).toBe(START + 600_000);
    gate.passes(-300_000);
    expect(gate.core).toMatchObject({ life: START + 300_000, generation: START + 300_000 });
  });

  test("answers admits with adopting at first, and what is left of it", () => {
    const gate = new TestGate({ adoptingMs: 2_000 });
    const a = gate.instance("a");
    expect(a.admit({ waitMs: 9_000 }).reply).toEqual(refusal("adopting", 2_000));
    gate.passes(1_999);
    expect(a.admit({ lane: "slow" }).reply).toEqual(refusal("adopting", 1));
    gate.passes(1);
    expect(a.admit().reply).toMatchObject(PERMIT);
  });

  test("finds a living permit before it says adopting", () => {
    const gate = new TestGate({ adoptingMs: 2_000 });
    gate.send({ session: "x" });
    const a = gate.instance("a", firstOpening(START));
    const id = a.newId();
    a.sends([{ kind: "adopt", permits: [{ id, lane: "request", remainingMs: 9_000 }], openMs: null, override: null }]);
    expect(a.admit({ id }).reply).toMatchObject({ kind: "permit", remainingMs: 9_000 });
  });

  test("says adopting before spent", () => {
    const gate = new TestGate({ adoptingMs: 2_000 });
    const a = gate.instance("a");
    const { id } = a.admit();
    expect(a.admit({ id }).reply).toMatchObject(refusal("adopting"));
  });
});
