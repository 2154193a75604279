/** The bounds of what may be said about a gate, each at its ends. */
import { describe, expect, it } from "vitest";
import { type GateOptions, gateOptions, sameOptions, shownOptions } from "../../lib/guard/gate-options.ts";

const DAY_MS = 86_400_000;
const MILLION = 1_000_000;

type Said = (value: number) => GateOptions;
const BOUNDS: readonly (readonly [name: string, said: Said, least: number, most: number])[] = [
  ["capacity", (capacity) => ({ capacity }), 1, MILLION],
  ["deadlineMs", (deadlineMs) => ({ deadlineMs }), 1, DAY_MS],
  ["lanes.slow.capacity", (capacity) => ({ lanes: { slow: { capacity } } }), 1, MILLION],
  ["waitMs", (waitMs) => ({ waitMs }), 0, DAY_MS],
  ["maxWaiting", (maxWaiting) => ({ maxWaiting }), 0, MILLION],
  ["breaker.failureThreshold", (failureThreshold) => ({ breaker: { failureThreshold } }), 1, MILLION],
  ["breaker.windowSeconds", (windowSeconds) => ({ breaker: { windowSeconds } }), 1, 300],
  ["breaker.windowCalls", (windowCalls) => ({ breaker: { windowCalls } }), 1, MILLION],
  ["breaker.recoveryMs", (recoveryMs) => ({ breaker: { recoveryMs } }), 1, DAY_MS],
  ["breaker.backoff.maxMs", (maxMs) => ({ breaker: { backoff: { maxMs } } }), 1, DAY_MS],
  ["breaker.probes", (probes) => ({ breaker: { probes } }), 1, 100],
  ["breaker.successesToClose", (successesToClose) => ({ breaker: { successesToClose } }), 1, 1_000],
  ["breaker.slowMs", (slowMs) => ({ breaker: { slowMs } }), 1, DAY_MS],
];
const SHARES: readonly (readonly [name: string, said: Said, least: number, most: number])[] = [
  ["breaker.failureRate", (failureRate) => ({ breaker: { failureRate } }), 0, 1],
  ["breaker.backoff.factor", (factor) => ({ breaker: { backoff: { factor } } }), 1, 100],
  ["breaker.backoff.jitter", (jitter) => ({ breaker: { backoff: { jitter } } }), 0, 1],
  ["breaker.slowRate", (slowRate) => ({ breaker: { slowRate } }), 0, 1],
];

describe("what is said about a gate", () => {
  it.each(BOUNDS)("%s is a whole number within its bounds", (name, said, least, most) => {
    for (const value of [least, most]) expect(gateOptions("billing", said(value))).toEqual(said(value));
    for (const value of [least - 1, most + 1, least + 0.5, Number.NaN]) {
      const fault = `tide.gate("billing"): ${name} must be a whole number from ${least} to ${most}, was ${value}`;
      expect(() => gateOptions("billing", said(value))).toThrow(fault);
    }
  });

  it.each(SHARES)("%s is a number within its bounds", (name, said, least, most) => {
    for (const value of [least, most, least + 0.5]) expect(gateOptions("billing", said(value))).toEqual(said(value));
    for (const value of [least - 0.1, most + 0.1, Number.NaN]) {
      expect(() => gateOptions("billing", said(value))).toThrow(`${name} must be a number from ${least} to ${most}`);
    }
  });

  it.each([null, [], new Map(), new Date(), "capacity", 7])("%j is no object that says anything", (said) => {
    expect(() => gateOptions("billing", said)).toThrow(/options must be an object such as/);
  });

  it("may be an object without a prototype", () => {
    expect(gateOptions("billing", Object.assign(Object.create(null), { capacity: 1 }))).toEqual({ capacity: 1 });
  });

  it("has at most as many probes as calls, where both are said", () => {
    for (const said of [{ capacity: 4 }, { lanes: { request: { capacity: 4 } } }]) {
      expect(() => gateOptions("billing", { ...said, breaker: { probes: 4 } })).not.toThrow();
      expect(() => gateOptions("billing", { ...said, breaker: { probes: 5 } })).toThrow(
        /at most the capacity, 4, was 5/,
      );
    }
    expect(() => gateOptions("billing", { breaker: { probes: 100 } })).not.toThrow();
  });

  it("is said once", () => {
    expect(() => gateOptions("billing", { capacity: 1, lanes: { request: { deadlineMs: 2 } } })).not.toThrow();
    expect(() => gateOptions("billing", { capacity: 1, lanes: { request: { capacity: 2 } } })).toThrow(
      "capacity was said twice, 1 and 2 in lanes.request",
    );
    expect(() => gateOptions("billing", { deadlineMs: 1, lanes: { request: { deadlineMs: 2 } } })).toThrow(
      "deadlineMs was said twice",
    );
  });

  it("that has several faults is told of all of them", () => {
    expect(() => gateOptions("billing", { capacity: 0, waitMs: -1, colour: 1 })).toThrow(
      /capacity must be .*; waitMs must be .*; there is no option colour/,
    );
  });
});

describe("two sayings", () => {
  const call = () => true;

  it("are one where they hold the same values and functions, in whatever order", () => {
    expect(sameOptions({ capacity: 1, waitMs: 2, isFailure: call }, { isFailure: call, waitMs: 2, capacity: 1 })).toBe(
      true,
    );
    expect(sameOptions({ breaker: { probes: 1 } }, { breaker: { probes: 1 } })).toBe(true);
    for (const other of [{ capacity: 2 }, {}, { capacity: 1, waitMs: 0 }, null, 7, { capacity: null }]) {
      expect([other, sameOptions({ capacity: 1 }, other), sameOptions(other, { capacity: 1 })]).toEqual([
        other,
        false,
        false,
      ]);
    }
    expect(sameOptions({ isFailure: call }, { isFailure: () => true })).toBe(false);
    expect([sameOptions(7, {}), sameOptions({}, 7), sameOptions(null, {}), sameOptions({}, null)]).toEqual(
      Array(4).fill(false),
    );
    expect(sameOptions({ breaker: { probes: 1 } }, { breaker: null })).toBe(false);
  });

  it("are shown alike where they hold the same values, in whatever order", () => {
    const shown = '{"breaker":{"probes":1,"recoveryMs":2},"capacity":3,"isFailure":"a function"}';
    expect(shownOptions({ isFailure: call, capacity: 3, breaker: { recoveryMs: 2, probes: 1 } })).toBe(shown);
    expect(shownOptions({ capacity: 3, breaker: { probes: 1, recoveryMs: 2 }, isFailure: () => false })).toBe(shown);
  });
});
