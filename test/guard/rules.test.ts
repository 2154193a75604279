import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { guardRules, saidRules, unsaidRules } from "../../lib/guard/rules.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

const { traits } = memory().open(manualRuntime());
const CONFIG = readConfig({ STATE_MAX_SKEW_MS: "700", DB_TCP_CONNECT_TIMEOUT: "3" });
const BASE = guardRules(CONFIG, { ...traits, ownClock: true });

describe("the rules of a guard", () => {
  it("pad what outlives an instance by the skew of clocks, where the store has none of its own", () => {
    const own = guardRules(CONFIG, { ...traits, ownClock: true });
    const theirs = guardRules(CONFIG, { ...traits, ownClock: false });
    const connectTimeoutMs = 3_000;
    expect([own.padMs, own.connectTimeoutMs, own.gate.connectTimeoutMs]).toEqual([
      0,
      connectTimeoutMs,
      connectTimeoutMs,
    ]);
    expect([theirs.padMs, theirs.connectTimeoutMs, theirs.gate.connectTimeoutMs]).toEqual([
      700,
      connectTimeoutMs,
      connectTimeoutMs + 700,
    ]);
  });

  it("wait for the store as long as the environment says, or as the store does", () => {
    expect(guardRules(CONFIG, { ...traits, deadlineMs: 123 }).storeDeadlineMs).toBe(123);
    const said = readConfig({ STATE_DEADLINE_MS: "90" });
    expect(guardRules(said, { ...traits, deadlineMs: 123 }).storeDeadlineMs).toBe(90);
  });

  it("of a gate of one's own are remembered for ten minutes, and for the rest are the database's", () => {
    expect(unsaidRules(BASE)).toEqual({ ...BASE, gate: { ...BASE.gate, keptMs: 600_000 } });
    const { capacity } = BASE.gate;
    expect(saidRules(BASE, {})).toEqual({
      ...BASE,
      gate: { ...BASE.gate, keptMs: 600_000, capacity: { ...capacity, slow: 0 } },
    });
  });

  it("of a gate of one's own are rounded to parts of ten thousand", () => {
    const breaker = { failureRate: 0.123_456, slowRate: 1, backoff: { factor: 1.5, jitter: 0 } };
    expect(saidRules(BASE, { breaker }).gate).toMatchObject({
      ...{ failureRate: 1_235, slowRate: 10_000, backoffFactor: 15_000, backoffJitter: 0 },
    });
  });

  it("have no more probes than calls, unless they are said", () => {
    const many = { ...BASE, gate: { ...BASE.gate, probes: 5 } };
    expect(saidRules(many, { capacity: 3 }).gate.probes).toBe(3);
    expect(saidRules(many, { capacity: 9 }).gate.probes).toBe(5);
    expect(saidRules(many, { capacity: 9, breaker: { probes: 7 } }).gate.probes).toBe(7);
  });

  it("take what is there and undefined for what is not said", () => {
    const { request } = BASE.gate.capacity;
    const said = saidRules(BASE, { lanes: { request: { capacity: undefined, deadlineMs: 5 } } });
    expect(said.gate).toMatchObject({ capacity: { request }, deadlineMs: { request: 5 } });
    expect(saidRules(BASE, { capacity: 7, lanes: { request: { capacity: undefined } } }).gate.capacity.request).toBe(7);
  });
});
