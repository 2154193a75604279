import { describe, expect, test } from "vitest";
import { scene, TestGate } from "../support/gate.ts";
import { afterFailedProbe, breakDown, failProbe, halfOpenGate, openGate, recover } from "../support/gate-breaker.ts";

describe("an open breaker (Rule 9)", () => {
  test("refuses and says what is left of its period", () => {
    const { gate, a } = openGate();
    gate.passes(10_000);
    expect(a.renews().breaker).toMatchObject({ state: "open", refusal: "open", retryAfterMs: 20_000 });
    gate.passes(19_999);
    expect(a.renews().breaker.retryAfterMs).toBe(1);
  });

  test("is told to everybody at once", () => {
    const { gate, a } = scene();
    a.calls(9, "failure");
    expect(gate.told("changed")).toEqual([]);
    const { generation } = a.renews({ want: 1 });
    a.renews(
      {},
      { votes: [{ generation, probe: false, calls: 1, failures: 1, slow: 0, ignored: 0, retryAfterMs: 0 }] },
    );
    expect(gate.told("changed")).toEqual([null]);
  });

  test("allows nothing on the permits that are out, and grants none; what runs ends", () => {
    const { gate, a, b } = scene();
    a.needs(2);
    a.needs(1, { lane: "slow" });
    breakDown(gate, b);
    const { request, slow } = a.renews().lanes;
    expect([request, slow]).toMatchObject([
      { permits: 2, allow: 0, crowded: true },
      { permits: 1, allow: 0, crowded: true },
    ]);
    expect(a.needs(5)).toMatchObject({ permits: 2, allow: 0 });
    expect(gate.state.hungry.request.size).toBe(0);
    expect(a.ends(1).permits).toBe(1);
    expect(gate.core.permits).toMatchObject({ request: 1, slow: 1 });
  });

  test("becomes half-open as of the moment it was due, however late it is noticed", () => {
    const { gate } = openGate();
    const due = gate.core.openUntil;
    gate.passes(500_000);
    expect(gate.breaker).toBe("half_open");
    expect(gate.core.since).toBe(due);
    expect(gate.events.at(-1)).toMatchObject({ at: due, from: "open", to: "half_open", cause: "open_period_over" });
  });

  test("stays open twice as long with each failed recovery, up to five minutes", () => {
    const opened = halfOpenGate();
    const lengths = Array.from({ length: 5 }, () => afterFailedProbe(opened));
    expect(lengths).toEqual([60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  test("stays open as long as configured where that is longer than five minutes", () => {
    const opened = halfOpenGate({ recoveryMs: 400_000 });
    expect([afterFailedProbe(opened), afterFailedProbe(opened)]).toEqual([400_000, 400_000]);
  });

  test("stays open up to a fifth longer by the jitter of the renewal that opened it", () => {
    for (const [jitter, longer] of [
      [0, 0],
      [1, 6],
      [500, 3_000],
      [999, 5_994],
    ] as const) {
      const gate = new TestGate();
      gate.jitter = jitter;
      breakDown(gate, gate.instance("a"));
      expect(gate.core.openUntil - gate.now).toBe(30_000 + longer);
    }
  });

  test("counts a reopening soon after closing as a failed recovery", () => {
    const { gate, a } = halfOpenGate();
    recover(gate, a);
    gate.passes(29_999);
    breakDown(gate, a);
    expect(gate.core.openUntil - gate.now).toBe(60_000);
  });

  test("starts again at the first period once a recovery has lasted", () => {
    const { gate, a } = halfOpenGate();
    failProbe(gate, a);
    recover(gate, a);
    gate.passes(30_000);
    breakDown(gate, a);
    expect(gate.core.openUntil - gate.now).toBe(30_000);
  });
});
