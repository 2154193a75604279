import { describe, expect, test } from "vitest";
import { InvalidRenewal } from "../../lib/gate/validate.ts";
import { permits, renewalOf, scene } from "../support/gate.ts";
import { halfOpenGate, openGate, probe } from "../support/gate-breaker.ts";

const VOTE = { probe: false, calls: 1, failures: 1, slow: 0, ignored: 0, retryAfterMs: 0 };

describe("who is silent (Rules 5 and 17)", () => {
  test("and was hungry is known all the same when it is hungry no more", () => {
    const { gate, a, b } = scene(permits(1));
    a.needs(1);
    b.needs(1);
    gate.passes(1_500);
    expect(gate.core.waiting.request).toBe(0);
    expect(gate.sessions).toContain("b");
    gate.passes(58_499);
    expect(gate.sessions).toContain("b");
    gate.passes(1);
    expect(gate.sessions).not.toContain("b");
  });

  test("and wanted nothing is not touched by time before it is due", () => {
    const { gate, a } = scene();
    a.renews();
    gate.passes(1_500);
    expect(gate.send("stranger").touched.sessions).not.toContain("a");
  });
});

describe("slow calls", () => {
  test("leave the window with the seconds in which they ended (Rule 8)", () => {
    const { gate, a } = scene({ windowSeconds: 10 });
    a.calls(3, "success", { slow: true });
    expect(gate.core.window).toMatchObject({ calls: 3, slow: 3 });
    gate.passes(10_000);
    expect(gate.core.window).toMatchObject({ calls: 0, slow: 0 });
  });
});

describe("pings", () => {
  test("begin anew after a bad one, however short the time since the good one before it (Rule 9)", () => {
    const { gate, a } = openGate({ recoveryMs: 300_000 });
    a.pings();
    gate.passes(1_000);
    a.pings(false);
    gate.passes(1_000);
    a.pings();
    expect(gate.core.goodPings).toBe(1);
    gate.passes(4_500);
    a.pings();
    expect(gate.breaker).toBe("half_open");
  });

  test("stand in for no probe within five seconds of a call's end (Rule 10)", () => {
    for (const [ms, state] of [
      [4_999, "half_open"],
      [5_000, "closed"],
    ] as const) {
      const { gate, a, b } = halfOpenGate();
      a.needs(1);
      gate.passes(4_000);
      a.ends(1);
      gate.passes(ms);
      b.pings();
      expect([ms, gate.breaker]).toEqual([ms, state]);
    }
  });
});

describe("a refusal while the breaker is half-open (Rule 10)", () => {
  test("is a call that came, unless it may have been refused five seconds ago or more", () => {
    for (const [silentMs, successes] of [
      [4_999, 0],
      [5_000, 1],
    ] as const) {
      const { gate, a, b } = halfOpenGate();
      a.renews();
      gate.passes(silentMs);
      a.refuses(1, "probing");
      b.pings();
      expect([silentMs, gate.core.successes]).toEqual([silentMs, successes]);
    }
  });
});

describe("probes (Rule 10)", () => {
  test("take what the lane has room for: a call from before still runs on its permit", () => {
    const { gate, a } = scene({ ...permits(1), failureThreshold: 1, windowCalls: 1 });
    a.needs(1);
    a.renews({}, { votes: [{ ...VOTE, generation: gate.core.generation }] });
    expect(gate.breaker).toBe("open");
    for (let n = 0; n < 20; n++) {
      gate.passes(2_000);
      a.renews({ keep: 1, need: 1 });
    }
    expect(gate.breaker).toBe("half_open");
    a.running.request = [{ generation: 1, probe: false }];
    expect(a.needs(2)).toMatchObject({ permits: 1, probes: 0 });
  });

  test("are said to take as long as from their grant, whatever was asked for meanwhile", () => {
    const { gate, a } = halfOpenGate();
    a.needs(1);
    gate.passes(100);
    a.renews();
    gate.passes(100);
    a.ends(1);
    expect(gate.core.probeMs).toBe(200);
    probe(a, "success");
  });
});

test("a breaker that somebody knows to be open is adopted for its last millisecond, too (Rule 15)", () => {
  for (const [remainingMs, state] of [
    [1, "open"],
    [0, "closed"],
  ] as const) {
    const { gate, a } = scene();
    a.renews();
    gate.passes(1_000);
    a.renews({}, { open: { remainingMs, agoMs: 0 } });
    expect([remainingMs, gate.state.core?.state]).toEqual([remainingMs, state]);
  }
});

test.each([-1, 0.5, Number.NaN, 1e14])("a life that is %d is refused", (life) => {
  const { gate } = scene();
  expect(() => gate.send("a", { life })).toThrow(InvalidRenewal);
  expect(renewalOf("a").life).toBeNull();
});
