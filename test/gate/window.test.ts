import { describe, expect, test } from "vitest";
import { permits, scene, TestGate } from "../support/gate.ts";

const deaf = { failureThreshold: 100 };

describe("the window (Rule 8)", () => {
  test("judges no rate before it has seen enough calls", () => {
    const { gate, a } = scene({ windowCalls: 10, failureThreshold: 5 });
    a.calls(9, "failure");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
    expect(gate.causes).toEqual(["failure_rate"]);
  });

  test("opens at the failure rate, not below it", () => {
    const { gate, a } = scene({ windowCalls: 4 });
    a.calls(10, "success");
    a.calls(9, "failure");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("needs the failure threshold as well as the rate", () => {
    const { gate, a } = scene({ windowCalls: 2, failureThreshold: 7 });
    a.calls(6, "failure");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("is judged by successes, too", () => {
    const { gate, a } = scene({ windowCalls: 10 });
    a.calls(5, "failure");
    a.calls(4, "success");
    expect(gate.breaker).toBe("closed");
    a.calls(1, "success");
    expect(gate.breaker).toBe("open");
  });

  test("takes votes in sums, from all instances", () => {
    const { gate, a, b } = scene({ windowCalls: 100, ...deaf });
    const { generation } = a.renews({ want: 1 });
    b.renews({ want: 1 });
    const vote = { generation, probe: false, calls: 40, failures: 12, slow: 7, ignored: 0, retryAfterMs: 0 };
    a.renews({}, { votes: [vote, { ...vote, calls: 10, failures: 0, slow: 0 }] });
    b.renews({}, { votes: [vote] });
    expect(gate.core.window).toMatchObject({ calls: 90, failures: 24, slow: 14 });
    expect(gate.core).toMatchObject({ lastFailureAt: gate.now, lastSuccessAt: gate.now });
  });

  test("forgets what is older than its seconds", () => {
    const { gate, a } = scene({ windowSeconds: 30 });
    a.calls(9, "failure");
    gate.passes(29_999);
    expect(gate.core.window).toMatchObject({ calls: 9, failures: 9 });
    gate.passes(1);
    expect(gate.core.window).toMatchObject({ calls: 0, failures: 0 });
    gate.passes(1);
    a.calls(9, "failure");
    expect(gate.breaker).toBe("closed");
  });

  test("ages second by second", () => {
    const { gate, a } = scene({ windowSeconds: 3, ...deaf });
    for (const count of [1, 2, 4]) {
      a.calls(count, "failure");
      gate.passes(1_000);
    }
    const calls = () => {
      gate.passes(1_000);
      return gate.core.window.calls;
    };
    expect([gate.core.window.calls, calls(), calls()]).toEqual([6, 4, 0]);
  });

  test("is as long as the renewal's rules say, and may grow back over what the ring still holds", () => {
    const { gate, a } = scene({ windowSeconds: 300, ...deaf });
    const windowOf = (windowSeconds: number) => {
      gate.rules = { ...gate.rules, windowSeconds };
      return gate.core.window;
    };
    a.calls(3, "failure");
    gate.passes(20_000);
    a.calls(2, "success");
    expect(windowOf(10)).toMatchObject({ calls: 2, failures: 0 });
    expect(windowOf(21)).toMatchObject({ calls: 5, failures: 3 });
    gate.passes(299_000);
    expect(windowOf(300)).toMatchObject({ calls: 2, failures: 0 });
  });

  test("uses the ring's places again after five minutes", () => {
    const { gate, a } = scene({ windowSeconds: 300, ...deaf });
    a.calls(3, "failure");
    gate.passes(300_000);
    gate.instance("b").calls(1, "success");
    expect(gate.core.window).toMatchObject({ calls: 1, failures: 0 });
    gate.passes(86_400_000);
    expect(gate.core.window.calls).toBe(0);
    expect(gate.state.seconds.size).toBe(1);
  });

  test("counts no call that ended without an answer to the question", () => {
    const gate = new TestGate({ windowCalls: 1, failureThreshold: 1 });
    gate.instance("a").calls(20, "ignored");
    expect(gate.core.window.calls).toBe(0);
  });

  test("keeps in its ring what was refused, and the peaks of what ran and waited", () => {
    const { gate, a } = scene(permits(2, 1));
    a.needs(1, { lane: "slow" });
    a.needs(1, { lane: "health" });
    a.needs(6);
    a.refuses(7, "full");
    a.refuses(1, "late", "slow");
    a.needs(2);
    a.ends(2);
    const peaks = { refused: 8, running: 3, waiting: 4, calls: 2, failures: 0 };
    expect([...gate.state.seconds.values()]).toEqual([expect.objectContaining(peaks)]);
    gate.passes(1_000);
    a.renews();
    expect([...gate.state.seconds.values()].at(-1)).toMatchObject({ refused: 0, running: 1, waiting: 0, calls: 0 });
  });
});

describe("the slow rate (Rule 8)", () => {
  test("opens the breaker when more than its share of calls are slow, though they succeed", () => {
    const { gate, a } = scene({ slowRate: 5_000 });
    a.calls(5, "success");
    a.calls(5, "success", { slow: true });
    expect(gate.breaker).toBe("closed");
    a.calls(1, "success", { slow: true });
    expect(gate.breaker).toBe("open");
    expect(gate.causes).toEqual(["slow_rate"]);
  });

  test("needs enough calls; of one it is off, since it has to be exceeded", () => {
    const [few, off] = [scene({ slowRate: 5_000 }), scene({ slowRate: 10_000 })];
    few.a.calls(9, "success", { slow: true });
    off.a.calls(100, "success", { slow: true });
    for (const { gate } of [few, off]) expect(gate.breaker).toBe("closed");
  });

  test("takes the calls of the slow lane, which are meant to be slow, for calls alone", () => {
    const gate = new TestGate({ slowRate: 1_000 });
    gate.instance("a").calls(50, "success", { slow: true, lane: "slow" });
    expect(gate.core).toMatchObject({ state: "closed", window: { calls: 50, slow: 0 } });
  });
});
