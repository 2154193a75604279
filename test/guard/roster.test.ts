import { describe, expect, it } from "vitest";
import type { Guard } from "../../lib/guard/guard.ts";
import { createRoster, type Entry, GATE_REST_MS, MOST_GATES } from "../../lib/guard/roster.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

const SWEEP_MS = 1_000;
const REST_SWEEP_MS = 60_000;

interface FakeGuard {
  isIdle: boolean;
  isAtRest: boolean;
  ageMs: number | null;
  ends: number;
}

/** A roster of guards that are as busy as a test says. */
function scene({ freezes = false } = {}) {
  const runtime = manualRuntime();
  const fakes = new Map<string, FakeGuard>();
  const created: string[] = [];
  const create = ({ name }: Entry): Guard => {
    const fake: FakeGuard = { isIdle: true, isAtRest: false, ageMs: 0, ends: 0 };
    fakes.set(name, fake);
    created.push(name);
    const guard: Partial<Guard> = {
      isIdle: () => fake.isIdle,
      isAtRest: () => fake.isAtRest,
      standing: () => ({ ageMs: fake.ageMs, forced: "observe" }) as ReturnType<Guard["standing"]>,
      end: async () => void fake.ends++,
    };
    return guard as Guard;
  };
  const roster = createRoster({ runtime, freezes, create, retryAfterMs: 5_000 });
  const wakes = (name: string) => roster.wake(roster.call(name));
  const fake = (name: string) => fakes.get(name) ?? expect.fail(`${name} was never awake`);
  return { runtime, roster, created, wakes, fake };
}

describe("a gate that is called", () => {
  it("wakes once, and stands in the order of its first call", () => {
    const { roster, created, wakes } = scene();
    const guard = wakes("a");
    wakes("b");
    expect(wakes("a")).toBe(guard);
    expect([created, roster.all().map(({ name }) => name)]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    expect(roster.get("c")).toBeUndefined();
  });

  it("comes to rest within a second where nothing would be lost with it, and ends its guard", async () => {
    const { runtime, roster, wakes, fake } = scene();
    wakes("a");
    fake("a").isAtRest = true;
    fake("a").ageMs = 300;
    await runtime.advance(SWEEP_MS - 1);
    expect(roster.get("a")?.guard).not.toBeNull();
    await runtime.advance(1);
    expect(roster.get("a")).toMatchObject({ guard: null, heardAt: SWEEP_MS - 300, forced: "observe" });
    expect([fake("a").ends, runtime.pendingTimers()]).toEqual([1, 1]);
  });

  it("is looked at every second, however many others wake meanwhile", async () => {
    const { runtime, roster, wakes, fake } = scene();
    wakes("a");
    fake("a").isAtRest = true;
    await runtime.advance(SWEEP_MS - 100);
    wakes("b");
    await runtime.advance(100);
    expect(roster.get("a")?.guard).toBeNull();
  });

  it("that never heard of its gate has heard of none at rest", async () => {
    const { runtime, roster, wakes, fake } = scene();
    wakes("a");
    Object.assign(fake("a"), { isAtRest: true, ageMs: null });
    await runtime.advance(SWEEP_MS);
    expect(roster.get("a")).toMatchObject({ guard: null, heardAt: null });
  });

  it("comes to rest where nobody has called it for ten minutes and no call runs, whatever is remembered of it", async () => {
    const { runtime, roster, wakes, fake } = scene();
    wakes("a");
    fake("a").isIdle = false;
    // It was called since the first look, and not since.
    await runtime.advance(SWEEP_MS + GATE_REST_MS);
    expect(roster.get("a")?.guard).not.toBeNull();
    fake("a").isIdle = true;
    await runtime.advance(SWEEP_MS);
    expect(roster.get("a")?.guard ?? null).toBeNull();
  });

  it("stays awake for ten minutes after its last call", async () => {
    const { runtime, roster, wakes } = scene();
    wakes("a");
    await runtime.advance(GATE_REST_MS - 500);
    roster.call("a");
    await runtime.advance(SWEEP_MS + GATE_REST_MS - SWEEP_MS);
    expect(roster.get("a")?.guard).not.toBeNull();
    await runtime.advance(SWEEP_MS);
    expect(roster.get("a")?.guard ?? null).toBeNull();
  });
});

describe("a gate at rest", () => {
  it("is looked at once a minute, given up after ten minutes, and then nobody looks any more", async () => {
    const { runtime, roster, wakes, fake } = scene();
    wakes("a");
    fake("a").isAtRest = true;
    await runtime.advance(SWEEP_MS);
    expect(runtime.pendingTimers()).toBe(1);
    await runtime.advance(GATE_REST_MS - REST_SWEEP_MS);
    expect(roster.get("a")).toBeDefined();
    await runtime.advance(REST_SWEEP_MS);
    expect([roster.get("a"), runtime.pendingTimers()]).toEqual([undefined, 0]);
  });

  it("is looked at within a second again where another wakes", async () => {
    const { runtime, roster, wakes, fake } = scene();
    wakes("a");
    fake("a").isAtRest = true;
    await runtime.advance(SWEEP_MS);
    wakes("b");
    expect(runtime.pendingTimers()).toBe(1);
    fake("b").isAtRest = true;
    await runtime.advance(SWEEP_MS);
    expect(roster.get("b")?.guard).toBeNull();
  });

  it("makes room for one more where a thousand are known, the one that has rested longest first", async () => {
    const { runtime, roster, wakes, fake } = scene();
    wakes("g0");
    fake("g0").isAtRest = true;
    await runtime.advance(SWEEP_MS);
    for (let n = 1; n < MOST_GATES; n++) wakes(`g${n}`);
    fake("g1").isAtRest = true;
    fake("g2").isAtRest = true;
    expect(roster.all()).toHaveLength(MOST_GATES);
    wakes("more");
    expect([roster.get("g0"), roster.get("g1")?.guard, roster.all().length]).toEqual([undefined, null, MOST_GATES]);
    roster.call("another");
    expect(roster.get("g1")).toBeUndefined();
    expect(roster.get("g2")).toBeDefined();
  });

  it("is none where a thousand are awake: one more is refused", () => {
    const { roster, wakes } = scene();
    for (let n = 0; n < MOST_GATES; n++) wakes(`g${n}`);
    expect(() => roster.call("more")).toThrow(/as many gates in use as there may be/);
    expect(() => roster.call("g5")).not.toThrow();
  });
});

describe("on a platform that freezes instances", () => {
  it("no timer is left, and each waking is the occasion for a look", async () => {
    const { runtime, roster, wakes, fake } = scene({ freezes: true });
    wakes("a");
    fake("a").isAtRest = true;
    wakes("a");
    expect([roster.get("a")?.guard === null, runtime.pendingTimers()]).toEqual([false, 0]);
    wakes("b");
    expect(roster.get("a")?.guard).toBeNull();
  });

  it("a gate is as old as its last call", async () => {
    const { runtime, roster, wakes } = scene({ freezes: true });
    wakes("a");
    await runtime.advance(GATE_REST_MS - 1);
    roster.call("a");
    await runtime.advance(GATE_REST_MS - 1);
    wakes("b");
    expect(roster.get("a")?.guard).not.toBeNull();
    await runtime.advance(1);
    wakes("c");
    expect(roster.get("a")?.guard).toBeNull();
  });
});

it("a roster that has stopped looks no more", async () => {
  const { runtime, roster, wakes, fake } = scene();
  wakes("a");
  roster.stop();
  expect(runtime.pendingTimers()).toBe(0);
  fake("a").isAtRest = true;
  wakes("b");
  await runtime.advance(5_000);
  expect([roster.get("a")?.guard === null, runtime.pendingTimers()]).toEqual([false, 0]);
});
