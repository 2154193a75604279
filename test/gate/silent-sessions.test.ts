import { describe, expect, test } from "vitest";
import { SESSIONS_KEPT } from "../../lib/gate/state.ts";
import { step } from "../../lib/gate/step.ts";
import { firstOpening, PERMIT, START, TestGate } from "../support/gate.ts";

const TEN_MINUTES = 600_000;
const HOUR = 3_600_000;
const known = (gate: TestGate): string[] => [...(gate.core && gate.state.sessions.keys())];

describe("a silent session", () => {
  test("is dropped after ten minutes, counted in steps of ten seconds", () => {
    const gate = new TestGate();
    gate.instance("a").sends([]);
    gate.passes(TEN_MINUTES + 9_999);
    expect(known(gate)).toEqual(["a"]);
    gate.passes(1);
    expect(known(gate)).toEqual([]);
  });

  test("is kept by whatever it sends", () => {
    const gate = new TestGate();
    const [a, b] = [gate.instance("a"), gate.instance("b")];
    a.sends([]);
    b.sends([]);
    gate.passes(TEN_MINUTES);
    a.sends([]);
    gate.passes(TEN_MINUTES);
    expect(known(gate)).toEqual(["a"]);
  });

  test("is kept as long as it holds a permit, which still counts", () => {
    const gate = new TestGate();
    gate.instance("a").admit({ deadlineMs: HOUR });
    gate.passes(HOUR);
    expect(known(gate)).toEqual(["a"]);
    gate.passes(12_000);
    expect(known(gate)).toEqual([]);
    expect(gate.core.held.request).toBe(0);
  });

  test("is dropped in time also where its last permit ended in the ten seconds of its last look", () => {
    const gate = new TestGate({ connectTimeoutMs: 0 });
    const a = gate.instance("a");
    const [short, long] = [a.admit({ deadlineMs: 0, lane: "slow" }), a.admit({ deadlineMs: HOUR })];
    gate.passes(2_000);
    expect(a.settle(short)).toMatchObject({ alive: false });
    a.settle(long);
    gate.passes(TEN_MINUTES + 8_000);
    expect(known(gate)).toEqual([]);
  });

  test("opens again in the same life, with a mark above every id it gave out before", () => {
    const gate = new TestGate();
    gate.instance("a").sends([]);
    gate.passes(HOUR);
    expect(gate.send({ session: "a", doneBelow: 4 }).reply).toEqual({ known: false, life: START });
    const { reply } = gate.send({ session: "a", opens: firstOpening(START), doneBelow: 4 });
    expect(reply.known).toBe(true);
    expect(gate.state.sessions.get("a")).toMatchObject({ doneBelow: 4, opened: 2 });
  });
});

describe("more sessions than are kept", () => {
  /** Straight to the gate: the checks of every step would take their time over so many. */
  function crowded(holding: (n: number) => boolean): TestGate {
    const gate = new TestGate({ capacity: { request: 1_000_000, slow: 1, health: 1 } });
    for (let n = 0; n < SESSIONS_KEPT; n++)
      opensAt(gate, nameOf(n), holding(n), START + Math.floor(n / 1_000) * 10_000);
    gate.now = START + 200_000;
    return gate;
  }
  /** Who comes later is earlier by name. */
  const nameOf = (n: number) => `s${99_999 - n}`;
  function opensAt(gate: TestGate, session: string, holds: boolean, now: number) {
    const admit = { kind: "admit", id: `${session}.1`, lane: "request", deadlineMs: HOUR, waitMs: 0 } as const;
    const commands = holds ? [admit] : [];
    const batch = { session, opens: firstOpening(), doneBelow: 1, jitter: 0, refusedLocally: 0, commands };
    return step(gate.state, { ...batch, config: gate.rules }, now).reply;
  }

  test("drop the longest silent without permits, of those the first by name", () => {
    const gate = crowded((n) => n < 500);
    opensAt(gate, "new", false, gate.now);
    expect(gate.state.sessions.size).toBe(SESSIONS_KEPT);
    const gone = () => [499, 500, 997, 998, 999, 1_000].filter((n) => !gate.state.sessions.has(nameOf(n)));
    expect(gone()).toEqual([999]);
    opensAt(gate, "newer", false, gate.now);
    expect(gone()).toEqual([998, 999]);
  });

  test("are as many as the home can carry", () => {
    const gate = crowded(() => false);
    gate.rules = { ...gate.rules, sessionsKept: 1_024 };
    opensAt(gate, "new", false, gate.now);
    expect(gate.state.sessions.size).toBe(1_024);
  });

  test("are kept where all hold permits, until those have ended", () => {
    const gate = crowded(() => true);
    for (let n = 0; n < 3; n++) {
      expect(opensAt(gate, `more${n}`, true, gate.now)).toMatchObject({ replies: [PERMIT] });
    }
    expect(gate.state.sessions.size).toBe(SESSIONS_KEPT + 3);
    for (let n = 0; n < 10; n++) {
      const settle = { kind: "settle", id: `${nameOf(n)}.1`, outcome: "success", slow: false } as const;
      const batch = { session: nameOf(n), opens: null, doneBelow: 2, jitter: 0, refusedLocally: 0, commands: [settle] };
      step(gate.state, { ...batch, config: gate.rules }, gate.now);
    }
    opensAt(gate, "new", false, gate.now);
    expect(gate.state.sessions.size).toBe(SESSIONS_KEPT);
    expect([9, 6, 5, 0].map((n) => gate.state.sessions.has(nameOf(n)))).toEqual([false, false, true, true]);
  });
});
