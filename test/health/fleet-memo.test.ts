import { describe, expect, it } from "vitest";
import { claimMachine } from "../../lib/health/computation-claim.ts";
import { follow } from "../support/guarded.ts";
import { KEY, memoFleet } from "../support/memos.ts";

const PERIOD_MS = 5_000;

describe("the memo of a fleet", () => {
  it("computes once for everybody, and tells the others", async () => {
    const { runtime, computations, instance } = memoFleet();
    const fleet = Array.from({ length: 8 }, instance);
    const reads = fleet.map(({ read }) => follow(read()));
    await runtime.advance(30);
    expect(computations).toHaveLength(1);
    computations[0]?.resolve(7);
    await runtime.advance(100);
    for (const { result } of reads) expect(result()?.value).toMatchObject({ value: 7, stale: false });
    expect(computations).toHaveLength(1);
  });

  it("begins at most one computation per period however many ask, and shows no value older than it", async () => {
    const { runtime, computations, instance } = memoFleet();
    const fleet = Array.from({ length: 8 }, instance);
    const ages: number[] = [];
    for (let step = 0; step < 2_000; step++) {
      for (let turn = 0; turn < fleet.length; turn++) {
        // Another one comes first each time.
        const reading = fleet[(step + turn) % fleet.length]?.read();
        void reading?.then((memoized) => {
          if (memoized && !memoized.stale) ages.push(memoized.ageMs);
        });
      }
      // Each takes as long as it likes, up to what it may.
      for (const { resolve, startedAt } of computations) {
        if (runtime.monotonicMs() - startedAt >= (startedAt * 7) % 750) resolve(step);
      }
      await runtime.advance(17);
    }
    const starts = computations.map(({ startedAt }) => startedAt);
    const gaps = starts.slice(1).map((at, n) => at - (starts[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(PERIOD_MS);
    expect(starts.length).toBeGreaterThan(5);
    expect(Math.max(...ages)).toBeLessThan(PERIOD_MS);
    expect(new Set(computations.map((computation) => computation.instance)).size).toBeGreaterThan(1);
  });

  it("adds the ages of both tiers: who takes over a value late has it for what is left", async () => {
    const { runtime, computations, instance } = memoFleet();
    const [one, other] = [instance(), instance()];
    void one.read();
    await runtime.advance(0);
    computations[0]?.resolve(7);
    await runtime.advance(4_000);
    expect(await other.read()).toEqual({ value: 7, ageMs: 4_000, stale: false });
    await runtime.advance(999);
    expect(await other.read()).toEqual({ value: 7, ageMs: 4_999, stale: false });
    await runtime.advance(1);
    void other.read();
    await runtime.advance(0);
    expect(computations).toHaveLength(2);
    expect(computations[1]).toMatchObject({ instance: 1, previous: { value: 7, ageMs: 5_000 } });
  });

  it("gives the old value to all of the fleet while the new one takes too long", async () => {
    const { runtime, computations, instance } = memoFleet();
    const fleet = Array.from({ length: 3 }, instance);
    void fleet[0]?.read();
    await runtime.advance(0);
    computations[0]?.resolve(7);
    await runtime.advance(6_000);
    // Two of them have never asked before.
    const reads = fleet.map(({ read }) => follow(read()));
    await runtime.advance(800);
    for (const { result } of reads) expect(result()?.value).toMatchObject({ value: 7, ageMs: 6_800, stale: true });
    expect(computations).toHaveLength(2);
  });

  it("lets another one compute when the claim of who died is over", async () => {
    const { runtime, computations, instance } = memoFleet();
    const [died, lives] = [instance(), instance()];
    void died.read();
    await runtime.advance(1_000);
    const waiting = follow(lives.read());
    await runtime.advance(790);
    expect(computations).toHaveLength(1);
    await runtime.advance(110);
    expect(waiting.result()).toEqual({ value: null });
    void lives.read();
    await runtime.advance(0);
    computations[1]?.resolve(8);
    await runtime.advance(0);
    expect(await lives.read()).toMatchObject({ value: 8 });
    // Its time is its own, whenever it got the claim.
    expect(computations[1]?.withinMs).toBe(800);
  });

  it("takes nothing from who comes back after another one has computed", async () => {
    const { runtime, computations, instance } = memoFleet();
    const [frozen, lives, third] = [instance(), instance(), instance()];
    void frozen.read();
    await runtime.advance(2_000);
    void lives.read();
    await runtime.advance(0);
    computations[1]?.resolve(8);
    await runtime.advance(100);
    computations[0]?.resolve(1);
    await runtime.advance(0);
    expect(await third.read()).toMatchObject({ value: 8, ageMs: 100 });
  });

  it("gets over what cannot be read, whoever wrote it", async () => {
    const { runtime, store, computations, instance } = memoFleet();
    const look = { kind: "look", ttlMs: PERIOD_MS, claimMs: 1_800 } as const;
    const granted = await store.transact(claimMachine, KEY, look);
    const generation = granted.kind === "granted" ? granted.generation : 0;
    await store.transact(claimMachine, KEY, { kind: "finish", generation, text: '{"not":"ours' });
    const reading = instance().read();
    await runtime.advance(10);
    computations[0]?.resolve(7);
    expect(await reading).toMatchObject({ value: 7 });
  });
});

describe("the memo of a fleet whose store is in trouble", () => {
  it.each(["failing", "silent", "closed"] as const)(
    "%s: each instance computes for itself, once per period",
    async (way) => {
      const { runtime, computations, instance } = memoFleet();
      const fleet = [instance(), instance()];
      for (const each of fleet) each.way = way;
      for (let step = 0; step < 1_000; step++) {
        for (const { read } of fleet) void read();
        for (const { resolve } of computations) resolve(step);
        await runtime.advance(20);
      }
      const startsOf = (number: number) =>
        computations.filter((one) => one.instance === number).map((one) => one.startedAt);
      for (const starts of [startsOf(0), startsOf(1)]) {
        expect(starts.length).toBeGreaterThanOrEqual(4);
        const gaps = starts.slice(1).map((at, n) => at - (starts[n] ?? 0));
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(PERIOD_MS);
      }
      expect(computations.every(({ scope }) => scope === "instance")).toBe(true);
    },
  );

  it("costs a reader the store's deadline at most, and nothing where it is known to be away", async () => {
    const { runtime, computations, instance } = memoFleet();
    const [silent, closed] = [instance(), instance()];
    silent.way = "silent";
    closed.way = "closed";
    void silent.read();
    void closed.read();
    await runtime.advance(1_000);
    expect(computations.map(({ startedAt }) => startedAt)).toEqual([0, 200]);
  });

  it("does not ask a store again at once that did not answer", async () => {
    const { runtime, computations, instance } = memoFleet({ sharesIo: false });
    const silent = instance();
    silent.way = "silent";
    void silent.read();
    const waiting = follow(silent.read());
    await runtime.advance(300);
    computations[0]?.resolve(7);
    await runtime.advance(100);
    // Each asked once; who waits has looked at what this instance knows from then on.
    expect([silent.asked, waiting.result()?.value]).toMatchObject([2, { value: 7 }]);
  });

  it("keeps its own value where the fleet could not be told, and has the fleet compute again later", async () => {
    const { runtime, computations, instance } = memoFleet();
    const [one, other] = [instance(), instance()];
    void one.read();
    await runtime.advance(0);
    one.way = "failing";
    computations[0]?.resolve(7);
    await runtime.advance(3_000);
    expect(await one.read()).toEqual({ value: 7, ageMs: 3_000, stale: false });
    void other.read();
    await runtime.advance(0);
    expect(computations[1]).toMatchObject({ instance: 1, scope: "fleet" });
  });

  it("goes back to the fleet's value when the store is back", async () => {
    const { runtime, computations, instance } = memoFleet();
    const [one, other] = [instance(), instance()];
    one.way = "closed";
    void one.read();
    void other.read();
    await runtime.advance(0);
    for (const { resolve, instance: number } of computations) resolve(number);
    await runtime.advance(4_000);
    one.way = "open";
    await runtime.advance(1_000);
    void other.read();
    await runtime.advance(0);
    computations[2]?.resolve(3);
    await runtime.advance(0);
    expect(await one.read()).toMatchObject({ value: 3 });
    expect(computations).toHaveLength(3);
  });
});
