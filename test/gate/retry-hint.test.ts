import { describe, expect, test } from "vitest";
import { scene, type TestGate } from "../support/gate.ts";
import { breakDown, halfOpenGate, pingsGood, probe } from "../support/gate-breaker.ts";

const openFor = ({ core, now }: TestGate): number => core.openUntil - now;

describe("a database that says for how long it wants to be left alone (Rule 9)", () => {
  test("is left alone for as long", () => {
    const { gate, a } = scene();
    breakDown(gate, a, { retryAfterMs: 45_000 });
    expect(openFor(gate)).toBe(45_000);
    expect(a.renews().breaker).toMatchObject({ refusal: "open", retryAfterMs: 45_000 });
    gate.passes(44_999);
    expect(gate.breaker).toBe("open");
    gate.passes(1);
    expect(gate.breaker).toBe("half_open");
  });

  test("is not tried again sooner than without its word", () => {
    const { gate, a } = scene();
    breakDown(gate, a, { retryAfterMs: 5_000 });
    expect(openFor(gate)).toBe(30_000);
  });

  test("is left alone from when it said so, though the breaker opens later", () => {
    const { gate, a } = scene();
    a.calls(1, "failure", { retryAfterMs: 60_000 });
    expect(gate.breaker).toBe("closed");
    gate.passes(10_000);
    breakDown(gate, a);
    expect(openFor(gate)).toBe(50_000);
  });

  test("is taken by its longest word", () => {
    const { gate, a, b } = scene();
    a.calls(1, "failure", { retryAfterMs: 60_000 });
    b.calls(1, "failure", { retryAfterMs: 40_000 });
    breakDown(gate, a, { retryAfterMs: 1 });
    expect(openFor(gate)).toBe(60_000);
  });

  test("is left alone no longer than an open period may be", () => {
    for (const [rules, longest] of [
      [{}, 300_000],
      [{ backoffMaxMs: 40_000 }, 40_000],
      [{ recoveryMs: 400_000 }, 400_000],
    ] as const) {
      const { gate, a } = scene(rules);
      breakDown(gate, a, { retryAfterMs: 1e13 });
      expect(openFor(gate)).toBe(longest);
    }
  });

  test("says so by a probe too, within the same bound", () => {
    for (const [retryAfterMs, length] of [
      [90_000, 90_000],
      [1e13, 300_000],
      [59_999, 60_000],
    ] as const) {
      const { gate, a } = halfOpenGate();
      probe(a, "failure", { retryAfterMs });
      expect(openFor(gate)).toBe(length);
    }
  });

  test("has not said so where nothing failed, or by calls of another generation", () => {
    const { gate, a } = scene({ backoffMaxMs: 200_000 });
    a.needs(1);
    const { generation } = a.heard;
    const vote = { generation, probe: false, calls: 1, failures: 0, slow: 0, ignored: 0, retryAfterMs: 200_000 };
    a.renews({}, { votes: [vote, { ...vote, failures: 1, generation: generation - 1 }] });
    expect(gate.core.retryAt).toBe(0);
    a.renews({}, { votes: [{ ...vote, failures: 1 }] });
    expect(gate.core.retryAt).toBe(gate.now + 200_000);
  });

  test("is taken at its word until the breaker is closed, whoever closes it", () => {
    const { gate, a } = scene();
    breakDown(gate, a, { retryAfterMs: 200_000 });
    a.operates("force_open", { ttlMs: 1_000 });
    gate.passes(1_000);
    expect(gate.core).toMatchObject({ state: "half_open", retryAt: gate.now + 199_000 });
    probe(a, "failure");
    expect(openFor(gate)).toBe(199_000);
    a.operates("force_closed");
    expect(gate.core.retryAt).toBe(0);
    a.operates("auto");
    breakDown(gate, a);
    expect(openFor(gate)).toBe(30_000);
  });

  test("is tried no sooner because pings are good", () => {
    const { gate, a, b } = scene({ recoveryMs: 300_000 });
    breakDown(gate, a, { retryAfterMs: 20_000 });
    pingsGood(gate, b, 3);
    expect(gate.breaker).toBe("open");
    pingsGood(gate, b, 1);
    expect(gate.breaker).toBe("half_open");
    expect(gate.causes.at(-1)).toBe("pings_succeeded");
  });

  test("has no breaker closed by good pings alone until then", () => {
    const { gate, a, b } = scene({ successesToClose: 1 });
    breakDown(gate, a, { retryAfterMs: 60_000 });
    a.operates("force_open");
    a.operates("auto");
    pingsGood(gate, b, 11);
    expect(gate.core).toMatchObject({ state: "half_open", successes: 0 });
    pingsGood(gate, b, 1);
    expect(gate.breaker).toBe("closed");
  });

  test("is what an observer says that the breaker would have heeded", () => {
    const { gate, a } = scene({ mode: "observe", windowCalls: 5 });
    const wouldOpen = () => gate.events.filter(({ kind }) => kind === "would_open").length;
    a.calls(5, "failure", { retryAfterMs: 60_000 });
    expect(wouldOpen()).toBe(1);
    gate.passes(59_999);
    a.calls(5, "failure");
    expect(wouldOpen()).toBe(1);
    gate.passes(1);
    a.calls(5, "failure");
    expect(wouldOpen()).toBe(2);
  });
});
