import { describe, expect, test } from "vitest";
import { SESSIONS_KEPT } from "../../lib/gate/state.ts";
import { step } from "../../lib/gate/step.ts";
import { firstOpening, LIFE, NOTHING, permits, RULES, renewalOf, scene, TestGate } from "../support/gate.ts";

describe("a silent session (Rule 17)", () => {
  test("is forgotten after a minute, where it holds nothing, and kept by whatever it says", () => {
    const { gate, a, b } = scene();
    for (const by of [b, a]) by.renews();
    gate.passes(59_999);
    a.renews();
    expect(gate.sessions).toEqual(["b", "a"]);
    gate.passes(59_999);
    expect(gate.sessions).toEqual(["a"]);
    gate.passes(1);
    expect(gate.sessions).toEqual([]);
  });

  test("is kept as long as it holds something, which still counts, and forgotten when that runs out", () => {
    const { gate, a, b } = scene();
    a.needs(1, { lane: "slow" });
    b.needs(1, { lane: "health" });
    expect(gate.sessions).toEqual(["a", "b"]);
    gate.passes(59_999);
    expect(gate.core.permits).toMatchObject({ slow: 1, health: 0 });
    expect(gate.sessions).toEqual(["a"]);
    gate.passes(244_000);
    expect(gate.core.permits.slow).toBe(1);
    expect(gate.sessions).toEqual(["a"]);
    gate.passes(1);
    expect(gate.core.permits.slow).toBe(0);
    expect(gate.sessions).toEqual([]);
  });

  test("opens again in the same life, behind those that are there", () => {
    const { gate, a, b } = scene();
    a.renews();
    gate.passes(60_000);
    b.renews();
    expect(a.sends().reply).toEqual({ known: false, n: 2, life: LIFE });
    expect(a.renews().fleet).toEqual({ n: 2, rank: 1 });
  });
});

describe("the instances that are there (Rule 4)", () => {
  test("have ranks by opening, whoever speaks", () => {
    const { c, a, b } = scene();
    for (const by of [c, a, b]) by.renews();
    expect([b, c, a].map((by) => by.renews().fleet)).toEqual([2, 0, 1].map((rank) => ({ n: 3, rank })));
  });

  test("are without those that hold something and have missed their lease by a second: ranks go to the living", () => {
    const { gate, a, b } = scene();
    a.needs(1);
    b.renews();
    gate.passes(2_999);
    expect(b.renews().fleet).toEqual({ n: 2, rank: 1 });
    gate.passes(1);
    expect(b.renews().fleet).toEqual({ n: 1, rank: 0 });
    expect(a.renews().fleet).toEqual({ n: 2, rank: 0 });
  });
});

describe("the larger the fleet, the less often it renews (Rule 7)", () => {
  /** So many instances with a permit, and some that are idle. */
  function fleet(active: number, renewalsPerSecond: number) {
    const gate = new TestGate({ renewalsPerSecond, ...permits(1_000) });
    for (let n = 0; n < 3; n++) gate.instance(`idle${n}`).renews();
    for (let n = 0; n < active; n++) gate.instance(`busy${n}`).needs(1);
    return gate;
  }

  test("every 250 ms, with a lease of two seconds, while the home carries that", () => {
    expect(fleet(10, 40).instance("idle").renews()).toMatchObject({ renewWithinMs: 250, leaseMs: 2_000 });
  });

  test("as often as its home carries beyond that, of those that hold something or are hungry; the lease is longer", () => {
    expect(fleet(13, 20).instance("idle").renews()).toMatchObject({ renewWithinMs: 650, leaseMs: 2_600 });
  });

  test("and a lease is always four times as long as it may be silent, for who has just become one of them too", () => {
    const gate = new TestGate({ renewalsPerSecond: 1, ...permits(3) });
    const fleet = [gate.instance("a"), gate.instance("b"), gate.instance("c"), gate.instance("d")] as const;
    for (const by of [...fleet, ...fleet]) {
      by.needs(1);
      expect(by.heard.leaseMs).toBeGreaterThanOrEqual(4 * by.heard.renewWithinMs);
    }
    const [first] = fleet;
    const { leaseMs, renewWithinMs } = first.repeats();
    expect(leaseMs).toBeGreaterThanOrEqual(4 * renewWithinMs);
  });

  test("and permits of the silent are held for as long as they were told", () => {
    const gate = fleet(13, 20);
    const a = gate.instance("a");
    a.needs(1);
    a.renews();
    expect(a.heard.leaseMs).toBeGreaterThanOrEqual(2_600);
    gate.passes(a.heard.leaseMs + 10_000 + 55_000 + 2_000 - 1);
    expect(gate.core.permits.request).toBe(1);
    gate.passes(1);
    expect(gate.core.permits.request).toBe(0);
  });
});

describe("more sessions than are kept (Rule 17)", () => {
  /** Straight to the gate: the checks of every step would take their time over so many. */
  function crowded(holding: (n: number) => boolean): TestGate {
    const gate = new TestGate(permits(1_000_000));
    for (let n = 0; n < SESSIONS_KEPT; n++) opensAt(gate, nameOf(n), holding(n), gate.now + Math.floor(n / 1_000));
    gate.now += 1_000;
    return gate;
  }
  /** Who comes later is earlier by name. */
  const nameOf = (n: number) => `s${99_999 - n}`;
  function opensAt(gate: TestGate, session: string, holds: boolean, now: number, kept = SESSIONS_KEPT) {
    const request = holds ? { ...NOTHING, need: 1, want: 1, waiting: 1 } : NOTHING;
    const lanes = { request, slow: NOTHING, health: NOTHING };
    const config = { ...RULES, capacity: gate.rules.capacity, sessionsKept: kept };
    return step(gate.state, renewalOf(session, { config, lanes, ...firstOpening() }), now).reply;
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
    opensAt(gate, "new", false, gate.now, 1_024);
    expect(gate.state.sessions.size).toBe(1_024);
    expect(gate.state.sessions.has("new")).toBe(true);
  });

  test("are kept where all hold permits, until those are given back", () => {
    const gate = crowded(() => true);
    for (let n = 0; n < 3; n++) {
      expect(opensAt(gate, `more${n}`, true, gate.now)).toMatchObject({ lanes: { request: { permits: 1 } } });
    }
    expect(gate.state.sessions.size).toBe(SESSIONS_KEPT + 3);
    for (let n = 0; n < 10; n++) step(gate.state, renewalOf(nameOf(n), { n: 2, config: gate.rules }), gate.now);
    opensAt(gate, "new", false, gate.now);
    expect(gate.state.sessions.size).toBe(SESSIONS_KEPT);
    expect(gate.state.sessions.has("new")).toBe(true);
  });
});
