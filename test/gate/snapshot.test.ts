import { describe, expect, test } from "vitest";
import { type GateSnapshot, restore, snapshot } from "../../lib/gate/state.ts";
import { type Call, PERMIT, PLACE, START, TestGate } from "../support/gate.ts";
import { halfOpenGate } from "../support/gate-breaker.ts";

/** A busy gate: votes, permits, a line, an override, sessions heard at several times. */
function busy() {
  const gate = new TestGate({ capacity: { request: 3, slow: 1, health: 1 } });
  const a = gate.instance("a");
  a.calls(7, "failure", { slow: true });
  gate.passes(11_000);
  const b = gate.instance("b");
  const held = b.admits(3);
  const waiting = [a, b, a].map((by) => by.admit({ waitMs: 60_000 }));
  b.operate("observe");
  return { gate, a, b, held, waiting };
}
/** The same entries, listed backwards. */
const reversed = (saved: GateSnapshot): GateSnapshot => ({
  ...saved,
  seconds: saved.seconds.toReversed(),
  permits: saved.permits.toReversed(),
  tickets: saved.tickets.toReversed(),
  sessions: saved.sessions.toReversed(),
});
const view = (gate: TestGate) => {
  const { reply } = gate.send({ session: "a", commands: [{ kind: "view" }] });
  return reply.known ? reply.replies[0] : null;
};

describe("a snapshot", () => {
  test("goes through JSON and back unchanged", () => {
    const { gate } = busy();
    const saved = snapshot(gate.state);
    expect(JSON.parse(JSON.stringify(saved))).toEqual(saved);
    expect(snapshot(restore(saved))).toEqual(saved);
  });

  test("is not changed by what happens to the gate it was taken of, nor to the one made of it", () => {
    const { gate, b, held } = busy();
    const saved = snapshot(gate.state);
    const before = JSON.stringify(saved);
    const other = new TestGate(gate.rules, restore(saved));
    for (const by of [b, other.instance("b", null)]) by.settle(held[0] as Call, "failure");
    expect(JSON.stringify(saved)).toBe(before);
  });

  test("carries on where the gate was: lines, lower bounds and all", () => {
    const { gate, held, waiting } = busy();
    for (const order of [(saved: GateSnapshot) => saved, reversed]) {
      const copy = new TestGate(gate.rules, restore(order(snapshot(gate.state))));
      expect(view(copy)).toEqual(view(gate));
      const settle = { kind: "settle", id: held[0]?.id ?? "", outcome: "success", slow: false } as const;
      expect(copy.send({ session: "b", doneBelow: 99, commands: [settle] }).wake).toEqual([
        { session: "a", lane: "request" },
      ]);
      const asks = waiting.toReversed().map(({ id, asked }) => {
        const { reply } = copy.send({ session: id.slice(0, 1), doneBelow: 99, commands: [{ ...asked }] });
        return reply.known ? reply.replies[0] : null;
      });
      expect(asks).toMatchObject([PLACE, PLACE, PERMIT]);
      copy.passes(3_600_000);
      expect(copy.core).toMatchObject({ override: null, held: { request: 0 } });
      expect(copy.state.sessions.size).toBe(0);
    }
  });

  test("of an empty gate is an empty gate", () => {
    const gate = restore({ core: null, seconds: [], permits: [], tickets: [], sessions: [], transitions: [] });
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
