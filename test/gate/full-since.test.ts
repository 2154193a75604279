import { describe, expect, test } from "vitest";
import { restore, snapshot } from "../../lib/gate/state.ts";
import { type Call, PLACE, TestGate } from "../support/gate.ts";

const HOLDING = { deadlineMs: 1_000 };
/** Connecting, the deadline, the cancel grace. */
const LIFE_MS = 13_000;

function full() {
  const gate = new TestGate({ capacity: { request: 2, slow: 1, health: 1 } });
  const a = gate.instance("a");
  const held = [a.admit(HOLDING)];
  gate.passes(700);
  held.push(a.admit(HOLDING));
  return { gate, a, held, since: gate.now, fullSince: () => gate.core.fullSince.request };
}

describe("how long a lane has been full without an end", () => {
  test("counts from when the last free permit went out", () => {
    const { gate, a, since, fullSince } = full();
    expect(fullSince()).toBe(since);
    gate.passes(5_000);
    expect(a.admit({ waitMs: 60_000 }).reply).toMatchObject(PLACE);
    expect(fullSince()).toBe(since);
    expect(gate.core.fullSince).toMatchObject({ slow: 0, health: 0 });
  });

  test("begins anew whenever a holder gives one back, in whatever way", () => {
    for (const end of ["settle", "cancel"] as const) {
      const { gate, a, held, fullSince } = full();
      gate.passes(5_000);
      a[end](held[0] as Call);
      expect(fullSince()).toBe(0);
      a.admit(HOLDING);
      expect(fullSince()).toBe(gate.now);
    }
  });

  test("goes on over permits that expire while others wait for them", () => {
    const { gate, a, since, fullSince } = full();
    gate.passes(LIFE_MS - 1_000);
    const waiting = a.admit({ waitMs: 60_000 });
    gate.passes(400);
    expect(a.again(waiting)).toMatchObject({ kind: "permit" });
    expect(fullSince()).toBe(since);
  });

  test("is over where a permit expires and nobody wants it", () => {
    const { gate, a, fullSince } = full();
    gate.passes(LIFE_MS);
    a.sends([]);
    expect(fullSince()).toBe(0);
  });

  test("is unknown of a gate that an older release kept", () => {
    const { gate } = full();
    const saved = snapshot(gate.state);
    if (saved.core) delete (saved.core as { fullSince?: unknown }).fullSince;
    expect(restore(saved).core?.fullSince).toEqual({ request: 0, slow: 0, health: 0 });
  });
});
