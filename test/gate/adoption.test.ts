import { describe, expect, test } from "vitest";
import type { Adopt } from "../../lib/gate/commands.ts";
import { ENDED, firstOpening, type Instance, PERMIT, refusal, START, TestGate } from "../support/gate.ts";

/** A life that has just begun and adopts for two seconds. */
function newLife() {
  const gate = new TestGate({ adoptingMs: 2_000, windowCalls: 1, failureThreshold: 1 });
  gate.send({ session: "x" });
  return gate;
}
const NOTHING: Adopt = { kind: "adopt", permits: [], openMs: null, override: null };
type Overriding = NonNullable<Adopt["override"]>;
const overriding = (mode: Overriding["mode"], remainingMs = 50_000): Overriding => ({
  mode,
  remainingMs,
  actor: "ann",
  reason: "drill",
});
let opened = 0;
function opener(gate: TestGate, generation: number, version: number, what: Partial<Adopt> | null): Instance {
  const instance = gate.instance(`i${++opened}`, firstOpening(START, generation, version));
  instance.sends(what ? [{ ...NOTHING, ...what }] : []);
  return instance;
}

describe("adopted permits", () => {
  test("live for what is left of them, even over the capacity, and count", () => {
    const gate = newLife();
    gate.rules = { ...gate.rules, capacity: { request: 1, slow: 0, health: 0 } };
    const permits = (["request", "request", "slow", "health"] as const).map((lane, n) => ({
      id: `a.${n}`,
      lane,
      remainingMs: 5_000 + n,
    }));
    gate.instance("a", firstOpening(START)).sends([{ ...NOTHING, permits }], { doneBelow: 9 });
    expect(gate.core.held).toEqual({ request: 2, slow: 1, health: 1 });
    gate.passes(5_001);
    expect(gate.core.held).toEqual({ request: 0, slow: 1, health: 1 });
  });

  test("vote nothing, and end as others do", () => {
    const gate = newLife();
    const a = gate.instance("a", firstOpening(START));
    const permits = [{ id: a.newId(), lane: "request" as const, remainingMs: 5_000 }];
    a.sends([{ ...NOTHING, permits }]);
    gate.passes(300);
    expect(a.settle(permits[0] ?? { id: "" }, "failure")).toEqual(ENDED);
    expect(gate.core).toMatchObject({ state: "closed", runFailures: 0, held: { request: 0 }, window: { calls: 0 } });
  });

  test("are minted once, and those that have run out are spent", () => {
    const gate = newLife();
    const a = gate.instance("a", firstOpening(START));
    const [one, over] = [a.newId(), a.newId()];
    const permits = [
      { id: one, lane: "request" as const, remainingMs: 5_000 },
      { id: one, lane: "request" as const, remainingMs: 5_000 },
      { id: over, lane: "request" as const, remainingMs: 0 },
    ];
    expect(a.sends([{ ...NOTHING, permits }]).reply).toMatchObject({ replies: [{ kind: "adopted", spent: [over] }] });
    expect(gate.core.held.request).toBe(1);
    expect(a.asksOnce({ ...NOTHING, permits })).toEqual({ kind: "adopted", spent: [over] });
  });

  test("are still taken in after the life has stopped refusing, by whoever opens then", () => {
    const gate = newLife();
    gate.passes(60_000);
    opener(gate, 5, 5, { permits: [{ id: `i${opened + 1}.1`, lane: "request", remainingMs: 5_000 }], openMs: 9_000 });
    expect(gate.core).toMatchObject({ held: { request: 1 }, state: "closed" });
  });
});

describe("an open breaker is adopted", () => {
  test("with what is left of its period", () => {
    const gate = newLife();
    const a = opener(gate, 5, 0, { openMs: 20_000 });
    expect(gate.core).toMatchObject({ state: "open", openUntil: START + 20_000 });
    gate.passes(2_000);
    expect(a.admit().reply).toEqual(refusal("open", 18_000));
    expect(gate.causes).toEqual(["adopted"]);
  });

  test("from those of the highest generation only", () => {
    const gate = newLife();
    opener(gate, 5, 0, { openMs: 20_000 });
    opener(gate, 4, 0, { openMs: 90_000 });
    expect(gate.core.openUntil).toBe(START + 20_000);
    opener(gate, 5, 0, { openMs: 21_000 });
    expect(gate.core.openUntil).toBe(START + 21_000);
    opener(gate, 5, 0, {});
    expect(gate.breaker).toBe("open");
    opener(gate, 6, 0, { openMs: 10_000 });
    expect(gate.core.openUntil).toBe(START + 10_000);
    opener(gate, 7, 0, {});
    expect(gate.breaker).toBe("closed");
    opener(gate, 6, 0, { openMs: 10_000 });
    expect(gate.breaker).toBe("closed");
  });

  test("not from a lower generation than that of somebody who brought nothing at all", () => {
    const gate = newLife();
    opener(gate, 6, 6, null);
    opener(gate, 5, 5, { openMs: 20_000, override: overriding("force_open") });
    expect(gate.core).toMatchObject({ state: "closed", override: null });
  });

  test("not after the life has stopped adopting", () => {
    const gate = newLife();
    gate.passes(2_000);
    opener(gate, 5, 0, { openMs: 20_000 });
    expect(gate.breaker).toBe("closed");
  });
});

describe("an override is adopted", () => {
  test("with what is left of it, and is reported", () => {
    const gate = newLife();
    const a = opener(gate, 0, 5, { override: overriding("force_open", 20_000) });
    gate.passes(2_000);
    expect(a.admit().reply).toEqual(refusal("forced", 18_000));
    expect(gate.events).toContainEqual(expect.objectContaining({ kind: "override", mode: "force_open" }));
  });

  test("from those of the highest version only; a higher one replaces it, also by nothing", () => {
    const gate = newLife();
    opener(gate, 0, 5, { override: overriding("force_open") });
    opener(gate, 0, 4, { override: overriding("force_closed") });
    expect(gate.core.override?.mode).toBe("force_open");
    opener(gate, 0, 6, { override: overriding("observe") });
    expect(gate.core).toMatchObject({ state: "closed", override: { mode: "observe" } });
    opener(gate, 0, 7, {});
    expect(gate.core.override).toBe(null);
    opener(gate, 0, 6, { override: overriding("force_open") });
    expect(gate.core).toMatchObject({ state: "closed", override: null });
  });

  test("by nothing: forced open is closed then", () => {
    const gate = newLife();
    opener(gate, 0, 5, { override: overriding("force_open") });
    opener(gate, 0, 6, null);
    expect(gate.core).toMatchObject({ state: "closed", override: null });
  });

  test("by nothing, and the open breaker of the same opener counts", () => {
    const gate = newLife();
    opener(gate, 5, 5, { override: overriding("observe") });
    opener(gate, 6, 6, { openMs: 20_000 });
    expect(gate.core).toMatchObject({ state: "open", openUntil: START + 20_000, override: null });
  });

  test("before what is known of the breaker", () => {
    const gate = newLife();
    opener(gate, 5, 5, { openMs: 20_000, override: overriding("force_closed") });
    expect(gate.breaker).toBe("closed");
    expect(gate.core.overrideVersion).toBe(START);
  });

  test("never in place of what an operator did in the new life", () => {
    for (const mode of ["observe", "auto"] as const) {
      const gate = newLife();
      opener(gate, 0, 0, null).operate(mode);
      opener(gate, 9, 9, { openMs: 20_000, override: overriding("force_open") });
      expect(gate.breaker).toBe("closed");
      expect(gate.core.override?.mode ?? "auto").toBe(mode);
    }
  });

  test("not by a batch that opens nothing, nor by one that names no life", () => {
    const gate = newLife();
    const a = gate.instance("a");
    a.sends([{ ...NOTHING, openMs: 9_000, override: overriding("force_open") }]);
    a.sends([{ ...NOTHING, openMs: 9_000, override: overriding("force_open") }]);
    expect(gate.core).toMatchObject({ state: "closed", override: null });
    gate.passes(2_000);
    expect(a.admit().reply).toMatchObject(PERMIT);
  });
});
