import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import type { GateEvent } from "../../lib/gate/events.ts";
import { ended, started } from "../../lib/guard/gate-client/holdings.ts";
import { createLocalGate } from "../../lib/guard/gate-client/local-gate.ts";
import { type GuardRules, guardRules } from "../../lib/guard/rules.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { ABOUT } from "../support/gate.ts";
import { at, NOBODY, replied } from "../support/gate-heard.ts";

const ENV = { DB_POOL_SIZE: "7", DB_MAX_OVERFLOW: "0", EXPECTED_INSTANCES: "3", CIRCUIT_MIN_CALLS: "2" };

interface Terms {
  readonly fleet?: { readonly n: number; readonly rank: number } | null;
  readonly fallback?: GuardRules["fallback"];
  readonly stillRuns?: number;
}

function scene({ fleet = null, fallback = "local", stillRuns = 0 }: Terms = {}) {
  const runtime = { ...manualRuntime(), random: () => 0.9 };
  const rules = { ...guardRules(readConfig(ENV), memory().open(runtime).traits), fallback };
  const announced: GateEvent[] = [];
  const running = { count: stillRuns };
  const local = createLocalGate({
    ...{ about: ABOUT, rules, runtime },
    fleet: () => fleet,
    stillRuns: () => running.count,
    announce: (events) => void announced.push(...events),
  });
  const now = () => ({ monotonicMs: runtime.monotonicMs(), wallMs: runtime.wallMs() });
  const needs = (count: number) => local.renew({ ...NOBODY, request: count });
  /** So many calls, one after the other. */
  const calls = (count: number, outcome: "success" | "failure") => {
    for (let n = 0; n < count; n++) {
      needs(1);
      const own = local.own();
      const number = started(own, "request", "permit", 0, now());
      const generation = own.heard?.generation ?? 0;
      ended(own, { lane: "request", probe: false, generation, number }, { outcome, slow: false, ranMs: 1 });
    }
    needs(0);
  };
  return { runtime, rules, local, announced, running, needs, calls, now };
}

describe("the share of an instance (Rule 15)", () => {
  const share = (terms: Terms, lane: "request" | "slow" | "health" = "request") => scene(terms).local.share(lane);

  test("is the capacity over all, and one more for the first of them", () => {
    expect([0, 1, 2].map((rank) => share({ fleet: { n: 3, rank } }))).toEqual([3, 2, 2]);
    expect([0, 6, 7].map((rank) => share({ fleet: { n: 8, rank } }))).toEqual([1, 1, 0]);
  });

  test("is of as many instances as are expected, where fewer were heard of, and the last place where none was", () => {
    expect(share({ fleet: { n: 2, rank: 0 } })).toBe(3);
    expect(share({ fleet: { n: 2, rank: 1 } })).toBe(2);
    expect(share({ fleet: null })).toBe(2);
    expect(share({ fleet: { n: 3, rank: 5 } })).toBe(2);
  });

  test("is one in the health lane, and none elsewhere without a fallback", () => {
    expect([share({}, "health"), share({ fallback: "closed" }, "health")]).toEqual([1, 1]);
    expect([share({ fallback: "closed" }), share({ fallback: "closed" }, "slow")]).toEqual([0, 0]);
  });

  test("is granted, less what still runs of the shared gate", () => {
    const { local, running, needs } = scene({ fleet: { n: 3, rank: 0 } });
    needs(9);
    expect(local.own().lanes.request).toMatchObject({ permits: 3, allow: 3 });
    needs(0);
    running.count = 2;
    needs(9);
    expect(local.own().lanes.request.permits).toBe(1);
    needs(0);
    running.count = 5;
    needs(9);
    expect(local.own().lanes.request.permits).toBe(0);
  });
});

describe("the local gate", () => {
  test("is at hand: what is not needed is not kept, however much ran a moment ago", () => {
    const { local, needs, calls } = scene({ fleet: { n: 1, rank: 0 } });
    calls(3, "success");
    expect(local.own().lanes.request).toMatchObject({ permits: 0, allow: 0 });
    needs(1);
    expect(local.own().lanes.request.permits).toBe(1);
  });

  test("counts what runs by it, of lanes with a line", () => {
    const { local, needs, now } = scene({ fleet: { n: 1, rank: 0 } });
    needs(2);
    const own = local.own();
    started(own, "request", "permit", 0, now());
    started(own, "health", "permit", 0, now());
    expect(local.owed()).toEqual({ request: 1, slow: 0, health: 0 });
  });

  test("announces its own life once, and goes on after a minute of silence, in which it forgets", async () => {
    const { runtime, local, announced, needs } = scene({ fleet: { n: 1, rank: 0 } });
    needs(1);
    expect(announced.map(({ kind }) => kind)).toEqual(["life"]);
    needs(0);
    await runtime.advance(61_000);
    needs(2);
    expect(local.own().lanes.request.permits).toBe(2);
    expect(announced).toHaveLength(1);
  });
});

describe("standing in for the shared gate", () => {
  test("begins anew, and as it was where something still runs by it", () => {
    const { local, needs, now } = scene({ fleet: { n: 1, rank: 0 } });
    needs(1);
    const before = local.own();
    local.standIn();
    const stands = local.own();
    expect(stands).not.toBe(before);
    local.standIn();
    expect(local.own()).toBe(stands);
    needs(1);
    started(stands, "request", "permit", 0, now());
    local.standDown();
    local.standIn();
    expect(local.own()).toBe(stands);
  });

  test("ends with the breaker that it has found open, for as long as that is to last", async () => {
    const { runtime, local, calls, rules } = scene({ fleet: { n: 1, rank: 0 } });
    local.standIn();
    calls(20, "failure");
    const { recoveryMs, backoffJitter } = rules.gate;
    await runtime.advance(700);
    const open = local.standDown();
    expect(open?.agoMs).toBe(700);
    const periodMs = recoveryMs + (recoveryMs * backoffJitter * 0.9) / 10_000;
    expect(open?.remainingMs).toBe(periodMs - 700);
    expect(local.standDown()).toBeNull();
    local.standIn();
    calls(20, "failure");
    await runtime.advance(periodMs - 1);
    expect(local.standDown()).toEqual({ remainingMs: 1, agoMs: periodMs - 1 });
    local.standIn();
    calls(20, "failure");
    await runtime.advance(periodMs);
    expect(local.standDown()).toBeNull();
  });

  test("ends with nothing where nobody has come meanwhile", () => {
    const { local } = scene();
    local.standIn();
    expect(local.standDown()).toBeNull();
  });

  test("ends with nothing where its breaker is closed, or its open period over", async () => {
    const { runtime, local, calls } = scene({ fleet: { n: 1, rank: 0 } });
    local.standIn();
    calls(2, "success");
    expect(local.standDown()).toBeNull();
    local.standIn();
    calls(20, "failure");
    await runtime.advance(3_600_000);
    expect(local.standDown()).toBeNull();
  });
});

describe("a view without the shared gate", () => {
  const override = { mode: "force_open", remainingMs: 5_000, actor: "ann", reason: "drill" } as const;
  const shared = (retryAfterMs: number, more: object = {}) => ({
    ...replied({ breaker: { state: "open", refusal: "open", retryAfterMs }, ...more }),
  });

  test("is of the local one", () => {
    const { local, needs, runtime } = scene({ fleet: { n: 1, rank: 0 } });
    needs(3);
    const view = local.view(null);
    expect(view).toMatchObject({ kind: "view", at: runtime.wallMs(), override: null, breaker: { state: "closed" } });
    expect(local.view({ ...replied(), at: at(0) }).breaker.state).toBe("closed");
    const probing = { state: "half_open", refusal: "probing", retryAfterMs: 1e9 } as const;
    expect(local.view({ ...replied({ breaker: probing }), at: at(0) }).breaker.state).toBe("closed");
  });

  test("has the shared breaker for as long as that was to be open, and its override for as long as that holds", () => {
    const { local, now, runtime } = scene({ fleet: { n: 1, rank: 0 } });
    const heardAt = now();
    runtime.stall(1_000);
    const view = local.view({ ...shared(3_000, { override }), at: heardAt });
    expect(view.breaker).toMatchObject({ state: "open", openMs: 2_000, openUntil: view.at + 2_000 });
    expect(view.override).toEqual({ ...override, remainingMs: 4_000, until: view.at + 4_000 });
    expect(local.view({ ...shared(3_000), at: heardAt }).override).toBeNull();
    runtime.stall(1_999);
    expect(local.view({ ...shared(3_000), at: heardAt }).breaker).toMatchObject({ state: "open", openMs: 1 });
    runtime.stall(1);
    expect(local.view({ ...shared(3_000), at: heardAt }).breaker.state).toBe("closed");
    const held = local.view({ ...shared(30_000, { override: { ...override, remainingMs: 3_000 } }), at: heardAt });
    expect([held.breaker.state, held.override]).toEqual(["open", null]);
  });
});
