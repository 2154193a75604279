import { describe, expect, test } from "vitest";
import { PERMIT, refusal, TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

const freeNow = (gate: TestGate) => {
  const { reply } = gate.instance("observer").sends([]);
  if (!reply.known) throw new Error("expected to be known");
  return { request: reply.lanes.request.free, slow: reply.lanes.slow.free, health: reply.lanes.health.free };
};

describe("the ramp after a recovery", () => {
  test("starts at the number of probes and doubles every 250 ms, up to what is configured", () => {
    const { gate, a } = halfOpenGate({ probes: 2, capacity: { request: 12, slow: 3, health: 1 } });
    recover(gate, a);
    const free = [];
    for (let n = 0; n < 5; n++) {
      free.push(freeNow(gate));
      gate.passes(n === 0 ? 249 : n === 1 ? 1 : 250);
    }
    expect(free.map(({ request }) => request)).toEqual([2, 2, 4, 8, 12]);
    expect(free.map(({ slow }) => slow)).toEqual([2, 2, 3, 3, 3]);
    expect(free.every(({ health }) => health === 1)).toBe(true);
    gate.passes(3_600_000);
    expect(freeNow(gate).request).toBe(12);
  });

  test("counts permits from before", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.admits(3, { deadlineMs: 100_000 });
    breakDown(gate, a);
    waitForHalfOpen(gate);
    recover(gate, a);
    expect(a.admit().reply).toEqual(refusal("full", 5_000));
    gate.passes(500);
    expect(a.admit().reply).toMatchObject(PERMIT);
    expect(a.admit().reply).toMatchObject(refusal("full"));
  });

  test("does not follow a closing by an operator", () => {
    const { gate, a } = halfOpenGate();
    a.operate("force_closed");
    expect(freeNow(gate).request).toBe(20);
    a.operate("auto");
    expect(freeNow(gate).request).toBe(20);
  });
});
