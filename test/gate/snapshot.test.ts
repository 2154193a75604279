import { describe, expect, test } from "vitest";
import { type GateSnapshot, restore, snapshot } from "../../lib/gate/snapshot.ts";
import { emptyGate, noTotals } from "../../lib/gate/state.ts";
import { savedGate } from "../../lib/store/saved-gate.ts";
import { NOTHING, permits, START, scene, TestGate } from "../support/gate.ts";
import { halfOpenGate } from "../support/gate-breaker.ts";

/** A busy gate: votes, permits, hunger, an override, sessions heard at several times. */
function busy() {
  const { gate, a, b, c } = scene(permits(3));
  a.calls(7, "failure", { slow: true });
  gate.passes(11_000);
  b.needs(3);
  c.needs(1);
  gate.passes(1);
  a.needs(2);
  b.operates("observe");
  return { gate, a, b, c };
}
/** The same entries, listed backwards. */
const reversed = (saved: GateSnapshot): GateSnapshot => ({
  ...saved,
  seconds: saved.seconds.toReversed(),
  sessions: saved.sessions.toReversed(),
});
const saying = (session: string, keep: number, need: number, waiting: number) => (gate: TestGate) =>
  gate.send(session, {
    n: 99,
    lanes: { request: { ...NOTHING, keep, need, want: need, waiting }, slow: NOTHING, health: NOTHING },
    commands: [{ kind: "view" }],
  });

describe("a snapshot", () => {
  test("goes through JSON and back unchanged", () => {
    const saved = snapshot(busy().gate.state);
    expect(JSON.parse(JSON.stringify(saved))).toEqual(saved);
    expect(snapshot(restore(saved))).toEqual(saved);
  });

  test("is not changed by what happens to the gate it was taken of, nor to the one made of it", () => {
    const { gate, b } = busy();
    const saved = snapshot(gate.state);
    const before = JSON.stringify(saved);
    saying("b", 0, 0, 0)(new TestGate(gate.rules, restore(saved)));
    b.ends(3, "failure");
    expect(JSON.stringify(saved)).toBe(before);
  });

  test("carries on where the gate was, in whatever order its entries were listed", () => {
    for (const order of [(saved: GateSnapshot) => saved, reversed]) {
      const { gate } = busy();
      const copy = new TestGate(gate.rules, restore(order(snapshot(gate.state))));
      const steps = [saying("b", 2, 2, 0), saying("c", 0, 1, 1), saying("a", 0, 2, 2), saying("b", 1, 1, 0)];
      for (const act of steps) expect(act(copy)).toEqual(act(gate));
      for (const one of [copy, gate]) one.passes(3_600_000);
      expect(copy.core).toEqual(gate.core);
      expect(copy.core).toMatchObject({ override: null, active: 0, permits: { request: 0 } });
      expect(copy.sessions).toEqual([]);
    }
  });

  test("of an older release counts on from there, with what it did not count at nothing", () => {
    const saved = snapshot(halfOpenGate().gate.state);
    const { causes: _, tallies, ...older } = saved.totals;
    const found = JSON.parse(JSON.stringify({ ...saved, totals: { ...older, tallies: { kept_fresh: 3, tides: 2 } } }));
    const { totals } = restore(found);
    expect(totals).toEqual({
      ...saved.totals,
      causes: noTotals().causes,
      tallies: { ...tallies, kept_fresh: 3, tides: 2 },
    });
    expect(savedGate(found)?.totals).toEqual(totals);
  });

  test("of an empty gate is an empty gate", () => {
    const gate = restore({ core: null, seconds: [], sessions: [], transitions: [], totals: noTotals() });
    expect(snapshot(gate)).toEqual(snapshot(emptyGate()));
    expect(new TestGate({}, gate).core.life).toBe(START);
  });

  test("names its schema: another one is not read, but additions to this one are kept", () => {
    const saved = snapshot(halfOpenGate().gate.state);
    expect(saved.core?.schema).toBe(1);
    const newer = JSON.parse(JSON.stringify(saved).replace('"schema":1', '"schema":2'));
    expect(() => restore(newer)).toThrow("restore a gate: its schema must be 1, was 2; run a newer release");
    const added = JSON.parse(JSON.stringify(saved).replace('"schema":1', '"schema":1,"tides":2'));
    expect(snapshot(restore(added))).toEqual(added);
  });
});
