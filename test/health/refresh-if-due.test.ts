/** Who refuses callers has the fleet's database asked, whatever monitors do: the memo's part of it. */
import { describe, expect, it } from "vitest";
import { follow } from "../support/guarded.ts";
import { type Instance, type MemoFleet, type MemoFleetOptions, memoFleet } from "../support/memos.ts";

const APART_MS = 5_000;

interface Refusing extends MemoFleet {
  readonly instances: readonly Instance[];
}

/** Instances that refuse a caller each in every 10 ms; computations take 40 ms. */
async function refusing(size: number, forMs: number, options: MemoFleetOptions = {}): Promise<Refusing> {
  const fleet = memoFleet(options);
  const instances = Array.from({ length: size }, fleet.instance);
  await refuse({ ...fleet, instances }, forMs);
  return { ...fleet, instances };
}

async function refuse({ runtime, computations, instances }: Refusing, forMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 10) {
    for (const { refreshIfDue } of instances) void refreshIfDue();
    for (const { startedAt, resolve } of computations) if (runtime.monotonicMs() - startedAt >= 40) resolve(passedMs);
    await runtime.advance(10);
  }
}

const startsOf = ({ computations }: MemoFleet): number[] => computations.map(({ startedAt }) => startedAt);

describe("refreshes of who refuses", () => {
  it.each([
    ["the longest period", { ttlMs: 5_000 }],
    ["a short period", { ttlMs: 1_000 }],
    ["no period at all", { ttlMs: 0 }],
    ["requests that may not wait for each other", { sharesIo: false }],
  ])("begin one computation in 5 s for the fleet, with %s", async (_, options) => {
    const fleet = await refusing(8, 24_000, options);
    expect(startsOf(fleet)).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
  });

  it("cost the store one question of each instance in 5 s, however many are refused", async () => {
    const { instances, computations } = await refusing(8, 24_000);
    const asked = instances.map((instance) => instance.asked);
    // Who computes tells as well.
    expect(asked.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(8 * 5 + computations.length);
  });

  it("do nothing while there is a value of the last 5 s, whoever asked for it", async () => {
    const fleet = memoFleet({ ttlMs: 1_000 });
    const instance = fleet.instance();
    void instance.read();
    await fleet.runtime.advance(0);
    fleet.computations[0]?.resolve(7);
    await fleet.runtime.advance(APART_MS - 1);
    const askedBefore = instance.asked;
    expect([instance.refreshIfDue(), instance.asked]).toEqual([null, askedBefore]);
    await fleet.runtime.advance(1);
    expect(instance.refreshIfDue()).not.toBeNull();
    await fleet.runtime.advance(0);
    expect(startsOf(fleet)).toEqual([0, APART_MS]);
  });

  it("do nothing beside a reader's computation", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read, refreshIfDue } = instance();
    void read();
    await runtime.advance(0);
    expect([refreshIfDue(), computations.length]).toEqual([null, 1]);
  });

  it.each([5_000, 0])("share their computation with readers who come meanwhile (period %i)", async (ttlMs) => {
    const { runtime, computations, instance } = memoFleet({ ttlMs });
    const { read, refreshIfDue } = instance();
    void refreshIfDue();
    await runtime.advance(0);
    const reading = follow(read());
    await runtime.advance(300);
    computations[0]?.resolve(7);
    await runtime.advance(0);
    expect(reading.result()).toEqual({ value: { value: 7, ageMs: 300, stale: false } });
    expect(computations).toHaveLength(1);
  });

  it("take over from who died with the computation, 5 s after they were told of it", async () => {
    const fleet = memoFleet();
    const [died, lives] = [fleet.instance(), fleet.instance()];
    void died.refreshIfDue();
    await fleet.runtime.advance(0);
    fleet.computations[0]?.reject(new Error("killed"));
    await refuse({ ...fleet, instances: [lives] }, 6_000);
    expect(startsOf(fleet)).toEqual([0, APART_MS]);
    expect(fleet.computations[1]?.instance).toBe(1);
  });

  it("end without an error where the computation fails", async () => {
    const { runtime, computations, instance } = memoFleet();
    const ended = follow(instance().refreshIfDue() ?? Promise.reject(new Error("nothing was begun")));
    await runtime.advance(0);
    computations[0]?.reject(new Error("no"));
    await runtime.advance(0);
    expect(ended.result()).toEqual({ value: undefined });
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("end when the fleet has been told, where a request has to do that", async () => {
    const { runtime, computations, instance } = memoFleet({ sharesIo: false });
    const { read, refreshIfDue } = instance();
    const ended = follow(refreshIfDue() ?? Promise.reject(new Error("nothing was begun")));
    await runtime.advance(0);
    expect([computations[0]?.withinMs, ended.result()]).toEqual([600, null]);
    computations[0]?.resolve(7);
    await runtime.advance(0);
    expect(ended.result()).toEqual({ value: undefined });
    expect(await instance().read()).toMatchObject({ value: 7 });
    expect(await read()).toMatchObject({ value: 7 });
  });

  it.each(["failing", "silent", "closed"] as const)(
    "are each instance's own while the store is %s: one computation in 5 s",
    async (way) => {
      const fleet = memoFleet();
      const instances = [fleet.instance(), fleet.instance()];
      for (const instance of instances) instance.way = way;
      await refuse({ ...fleet, instances }, 20_000);
      for (const number of [0, 1]) {
        const starts = fleet.computations.filter(({ instance }) => instance === number).map((one) => one.startedAt);
        const gaps = starts.slice(1).map((at, n) => at - (starts[n] ?? 0));
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(APART_MS);
        expect(starts.length).toBeGreaterThanOrEqual(4);
      }
    },
  );
});
