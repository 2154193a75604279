import { describe, expect, test } from "vitest";
import { permits, scene } from "../support/gate.ts";
import { breakDown, halfOpenGate, waitForHalfOpen } from "../support/gate-breaker.ts";

/** Lease, connecting, cancelling. */
const BESIDE_THE_CALL_MS = 2_000 + 10_000 + 2_000;

describe("the permits of a silent instance (Rule 4)", () => {
  test("are free after the lease and the longest statement that may have begun at its end, not before", () => {
    for (const [lane, deadlineMs] of [
      ["request", 55_000],
      ["slow", 290_000],
      ["health", 5_000],
    ] as const) {
      const { gate, a, b } = scene(permits(1, 1));
      a.needs(1, { lane });
      gate.passes(1_000);
      a.renews();
      gate.passes(BESIDE_THE_CALL_MS + deadlineMs - 1);
      expect(b.needs(1, { lane }).permits, lane).toBe(0);
      gate.passes(1);
      expect(b.renews().lanes[lane].permits, lane).toBe(1);
    }
  });

  test("are lost until then, used or not, by the timeouts of their holder, who is then unknown", () => {
    const { gate, a, b } = scene(permits(2));
    gate.rules = { ...gate.rules, connectTimeoutMs: 0, deadlineMs: { request: 100, slow: 100, health: 100 } };
    a.needs(1, { want: 2 });
    expect(b.needs(1).permits).toBe(0);
    gate.passes(2_000 + 100 + 2_000);
    expect(gate.core).toMatchObject({ running: { request: 0 }, permits: { request: 0 }, active: 0 });
    expect(b.needs(2).permits).toBe(2);
    expect(a.sends({ keep: 1 }).reply).toMatchObject({ known: false });
  });
});

describe("a probe of a silent instance (Rule 4)", () => {
  test("is free after the deadline of probes, long before that of calls, without a vote", () => {
    const { gate, a, b } = halfOpenGate();
    a.needs(1);
    gate.passes(BESIDE_THE_CALL_MS + 10_000 - 1);
    expect(b.needs(1).probes).toBe(0);
    gate.passes(1);
    expect(b.needs(1).probes).toBe(1);
    expect(gate.core).toMatchObject({ probes: 1, failedProbes: 0, state: "half_open" });
  });

  test("does not have the permits beside it expire with it", () => {
    const { gate, a } = scene();
    a.needs(1);
    breakDown(gate, a);
    waitForHalfOpen(gate);
    a.needs(2);
    expect(gate.core).toMatchObject({ probes: 1, permits: { request: 2 } });
    gate.passes(BESIDE_THE_CALL_MS + 10_000);
    expect(gate.core).toMatchObject({ probes: 0, permits: { request: 1 } });
    gate.passes(45_000);
    expect(gate.core.permits.request).toBe(0);
  });
});

describe("an instance that leaves (Rule 4)", () => {
  test("gives back what it held and is gone at once, from the list of instances too", () => {
    const { gate, a, b, c } = scene(permits(2));
    a.needs(2);
    b.renews();
    a.running.request.length = 0;
    a.leaves();
    c.leaves();
    expect(gate.sessions).toEqual(["b"]);
    expect(b.needs(2).permits).toBe(2);
    expect(b.heard.fleet).toEqual({ n: 1, rank: 0 });
  });

  test("while calls run keeps their permits until they end, and is no more among the living", () => {
    const { gate, a, b } = scene(permits(1));
    a.needs(1);
    b.renews();
    a.leaves();
    expect(b.needs(1).permits).toBe(0);
    expect(b.heard.fleet).toEqual({ n: 1, rank: 0 });
    a.running.request.length = 0;
    a.leaves();
    expect(gate.sessions).toEqual(["b"]);
    expect(b.renews().lanes.request.permits).toBe(1);
  });

  test("and never speaks again has its permits end as those of the silent", () => {
    const { gate, a } = scene();
    a.needs(1);
    a.leaves();
    gate.passes(BESIDE_THE_CALL_MS + 55_000 - 1);
    expect(gate.core.permits.request).toBe(1);
    gate.passes(1);
    expect(gate.core.permits.request).toBe(0);
    expect(gate.sessions).toEqual([]);
  });
});
