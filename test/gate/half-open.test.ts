import { describe, expect, test } from "vitest";
import { permits, scene } from "../support/gate.ts";
import { breakDown, halfOpenGate, probe, recover, waitForHalfOpen } from "../support/gate-breaker.ts";

describe("a half-open breaker (Rule 10)", () => {
  test("grants as many probes as configured, over all instances and lanes", () => {
    const { gate, a, b } = halfOpenGate({ probes: 3 });
    expect(a.needs(1)).toMatchObject({ permits: 0, allow: 0, probes: 1 });
    expect(b.needs(1, { lane: "slow" })).toMatchObject({ probes: 1 });
    expect(b.needs(4)).toMatchObject({ probes: 1 });
    expect(a.needs(1, { lane: "slow" })).toMatchObject({ probes: 0 });
    expect(gate.core).toMatchObject({ probes: 3, permits: { request: 2, slow: 1 } });
  });

  test("grants them to calls that wait, never for head room, and counts both lanes of one renewal together", () => {
    const { gate, a } = halfOpenGate({ probes: 3 });
    expect(a.renews({ want: 5 }).lanes.request.probes).toBe(0);
    [a.waiting.request, a.waiting.slow] = [2, 2];
    a.renews();
    expect(gate.core).toMatchObject({ probes: 3, permits: { request: 2, slow: 1 } });
  });

  test("asks for room in the lane of a probe", () => {
    const { gate, a, b } = halfOpenGate({ probes: 3 });
    gate.rules = { ...gate.rules, ...permits(1) };
    expect(a.needs(1).probes).toBe(1);
    expect(b.needs(1).probes).toBe(0);
    expect(b.needs(1, { lane: "slow" }).probes).toBe(1);
  });

  test("uses a probe's place for one call at a time: the next is let in by the renewal that brings the result", () => {
    const { gate, a, b } = halfOpenGate({ successesToClose: 5 });
    a.needs(1);
    expect(b.needs(1).probes).toBe(0);
    a.ends(1);
    expect(gate.core).toMatchObject({ probes: 0, successes: 1 });
    expect(b.needs(1).probes).toBe(1);
  });

  test("closes after several successes, from whatever instance and lane, singly or in a sum", () => {
    const { gate, a, b } = halfOpenGate({ successesToClose: 4, probes: 2 });
    for (const by of [a, b]) by.needs(1);
    for (const by of [a, b]) by.ends(1);
    expect(gate.breaker).toBe("half_open");
    a.needs(2, { lane: "slow" });
    a.ends(2, "success", { lane: "slow", slow: true });
    expect(gate.breaker).toBe("closed");
    expect(gate.causes.at(-1)).toBe("probes_succeeded");
  });

  test("opens again at the first failure, whatever succeeded before", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 5 });
    for (let n = 0; n < 4; n++) probe(a, "success");
    probe(a, "failure");
    expect(gate.core).toMatchObject({ state: "open", lastFailureAt: gate.now });
    expect(gate.causes.at(-1)).toBe("probe_failed");
    waitForHalfOpen(gate);
    expect(gate.core.successes).toBe(0);
  });

  test("takes an ignored probe for no answer, and lets the next one try", () => {
    const { gate, a, b } = halfOpenGate();
    probe(a, "ignored");
    expect(gate.core).toMatchObject({ state: "half_open", successes: 0, probes: 0 });
    recover(gate, b);
  });

  test("allows no new call on permits from before, and takes no vote of those that still run on them", () => {
    const { gate, a } = scene();
    a.needs(2);
    breakDown(gate, gate.instance("b"));
    waitForHalfOpen(gate);
    expect(a.renews().lanes.request).toMatchObject({ permits: 2, allow: 0, probes: 0 });
    a.ends(1, "failure");
    expect(gate.core).toMatchObject({ state: "half_open", failedProbes: 0, permits: { request: 1 } });
  });

  test("counts living probes of earlier half-open states among those of the fleet", () => {
    const { gate, a, b } = halfOpenGate({ probes: 2, recoveryMs: 1_000 });
    b.needs(1);
    probe(a, "failure");
    waitForHalfOpen(gate);
    expect(a.needs(3).probes).toBe(1);
    expect(gate.core.probes).toBe(2);
  });

  test("has its probes go on as permits where it closes under them", () => {
    const { gate, a, b } = halfOpenGate({ probes: 2 });
    b.needs(1);
    recover(gate, a);
    expect(b.renews().lanes.request).toMatchObject({ permits: 1, allow: 1, probes: 0 });
    expect(gate.core).toMatchObject({ probes: 0, permits: { request: 1 } });
  });
});

test("who is refused beside a probe is told to come back in what probes take lately, 1 to 5 s (Rule 10)", () => {
  const { gate, a, b } = halfOpenGate({ successesToClose: 99 });
  const told = () => b.renews().breaker;
  const afterOneOf = (ms: number) => {
    a.needs(1);
    gate.passes(ms);
    a.ends(1);
    return told().retryAfterMs;
  };
  expect(told()).toMatchObject({ state: "half_open", refusal: "probing", retryAfterMs: 1_000 });
  expect(afterOneOf(2_400)).toBe(2_400);
  expect(afterOneOf(3_200)).toBe((7 * 2_400 + 3_200) / 8);
  for (let n = 0; n < 30; n++) afterOneOf(9_000);
  expect(told().retryAfterMs).toBe(5_000);
  for (let n = 0; n < 30; n++) afterOneOf(10);
  expect(told().retryAfterMs).toBe(1_000);
});

describe("a breaker that opened because calls were slow (Rule 10)", () => {
  function slow(successesToClose = 1) {
    const { gate, a } = scene({ slowRate: 1_000, successesToClose });
    a.calls(10, "success", { slow: true });
    waitForHalfOpen(gate);
    return { gate, a };
  }

  test("closes by a probe that is not slow", () => {
    const { gate, a } = slow();
    probe(a, "success");
    expect(gate.breaker).toBe("closed");
  });

  test("opens again by a probe that is, and by the next one too", () => {
    const { gate, a } = slow();
    for (let n = 0; n < 2; n++) {
      probe(a, "success", { slow: true });
      expect(gate.core).toMatchObject({ state: "open", failedRecoveries: n + 1 });
      waitForHalfOpen(gate);
    }
  });

  test("asks as much of no other: where failures opened it, a slow answer is an answer", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 1 });
    probe(a, "success", { slow: true });
    expect(gate.breaker).toBe("closed");
  });

  test("asks it no more once it was closed", () => {
    const { gate, a } = slow();
    probe(a, "success");
    a.operates("force_open");
    a.operates("auto");
    expect(gate.breaker).toBe("half_open");
    probe(a, "success", { slow: true });
    expect(gate.breaker).toBe("closed");
  });
});
