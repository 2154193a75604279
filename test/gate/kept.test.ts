import { describe, expect, test } from "vitest";
import { emptyGate } from "../../lib/gate/state.ts";
import type { GateConfig } from "../../lib/gate/types.ts";
import { scene } from "../support/gate.ts";
import { breakDown } from "../support/gate-breaker.ts";

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;
/** Its instances are missed for a minute. */
const MINUTE_MS = 60_000;
const fresh = (rules: Partial<GateConfig> = {}) => scene({ keptMs: HOUR_MS, ...rules }, emptyGate());

/** Beyond the last moment of what is in force. */
const kept = ({ gate }: ReturnType<typeof scene>) => gate.send("stranger").keptUntil - gate.now;

describe("a gate that nobody uses any more (Rule 17)", () => {
  test("is remembered for as long as is configured, and a quarter at most", () => {
    const { gate } = fresh();
    expect(gate.send("stranger").keptUntil).toBe(gate.now + MINUTE_MS + HOUR_MS + QUARTER_MS);
    expect(gate.state.core?.keptUntil).toBe(gate.send("stranger").keptUntil);
  });

  test("has its end set anew by whoever renews, once less than that is left", () => {
    const one = fresh();
    const least = MINUTE_MS + HOUR_MS;
    expect(kept(one)).toBe(least + QUARTER_MS);
    one.gate.passes(QUARTER_MS);
    expect(kept(one)).toBe(least);
    one.gate.passes(1);
    expect(kept(one)).toBe(least + QUARTER_MS);
    one.gate.passes(7 * HOUR_MS);
    one.a.renews();
    expect(one.gate.core.keptUntil).toBe(one.gate.now + least + QUARTER_MS);
  });

  test("is remembered for longer where its window is", () => {
    expect(kept(fresh({ windowSeconds: 300 }))).toBe(5 * MINUTE_MS + HOUR_MS + QUARTER_MS);
  });

  test.each<[what: string, act: (one: ReturnType<typeof scene>) => unknown, lasts: number]>([
    ["permits are held", ({ a }) => a.needs(1, { lane: "slow" }), 2_000 + 10_000 + 290_000 + 2_000],
    ["an override holds", ({ a }) => a.operates("force_closed", { ttlMs: 86_400_000 }), 86_400_000],
    ["it is open", ({ gate, a }) => breakDown(gate, a), 400_000],
    ["its database asked for time", ({ a }) => a.calls(1, "failure", { retryAfterMs: 399_000 }), 399_000],
  ])("is remembered from the end of what is in force where %s", (_, act, lasts) => {
    const one = fresh({ recoveryMs: 400_000, keptMs: 1_000 });
    act(one);
    expect(kept(one)).toBe(lasts + 1_000 + 250);
  });

  test("is remembered for its probes", () => {
    const one = fresh({ recoveryMs: 1_000, keptMs: 1_000 });
    breakDown(one.gate, one.a);
    one.gate.passes(HOUR_MS);
    one.gate.rules = { ...one.gate.rules, connectTimeoutMs: 500_000 };
    one.a.needs(1);
    expect(one.a.lane().probes).toBe(1);
    expect(kept(one)).toBe(2_000 + 500_000 + 10_000 + 2_000 + 1_000 + 250);
  });

  test("is not forgotten sooner than it was to be, by whatever rules", () => {
    const one = fresh();
    const { keptUntil } = one.gate.send("stranger");
    one.gate.rules = { ...one.gate.rules, keptMs: 1 };
    expect(one.gate.send("stranger").keptUntil).toBe(keptUntil);
    one.gate.now = keptUntil - MINUTE_MS - 1;
    expect(kept(one)).toBe(MINUTE_MS + 1);
    one.gate.passes(1);
    expect(kept(one)).toBe(MINUTE_MS + 1);
  });

  test("is remembered from the beginning of a new life", () => {
    const one = fresh();
    kept(one);
    one.gate.passes(-10_001);
    expect(kept(one)).toBe(MINUTE_MS + HOUR_MS + QUARTER_MS);
  });
});
