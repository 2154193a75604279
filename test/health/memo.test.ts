import { describe, expect, it } from "vitest";
import { follow } from "../support/guarded.ts";
import { memoFleet } from "../support/memos.ts";

const fresh = (value: number, ageMs = 0) => ({ value, ageMs, stale: false });

describe("the memo of one instance", () => {
  it("computes once for all who ask meanwhile", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read } = instance();
    const reads = [read(), read(), read()];
    await runtime.advance(0);
    computations[0]?.resolve(7);
    expect(await Promise.all(reads)).toEqual(Array(3).fill(fresh(7)));
    expect(computations).toHaveLength(1);
  });

  it("counts the age from when the computation began, so that it is never understated", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read } = instance();
    const reading = read();
    await runtime.advance(700);
    computations[0]?.resolve(7);
    expect(await reading).toEqual(fresh(7, 700));
    await runtime.advance(4_299);
    expect(await read()).toEqual(fresh(7, 4_999));
    void read();
    await runtime.advance(1);
    void read();
    await runtime.advance(0);
    expect(computations).toHaveLength(2);
  });

  it("past its period gives the old value as stale to who has waited long enough, and says how old it is", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read } = instance();
    void read();
    await runtime.advance(0);
    computations[0]?.resolve(7);
    await runtime.advance(6_000);
    const late = follow(read());
    await runtime.advance(799);
    expect(late.result()).toBeNull();
    await runtime.advance(1);
    expect(late.result()).toEqual({ value: { value: 7, ageMs: 6_800, stale: true } });
  });

  it("knows nothing past ten seconds, and nothing before the first value", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read } = instance();
    const first = follow(read());
    await runtime.advance(800);
    expect(first.result()).toEqual({ value: null });
    computations[0]?.resolve(7);
    await runtime.advance(9_201);
    const late = follow(read());
    await runtime.advance(800);
    expect(late.result()).toEqual({ value: null });
  });

  it("has one computation under way however long it takes", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read } = instance();
    void read();
    for (let second = 0; second < 20; second++) {
      void read();
      await runtime.advance(1_000);
    }
    expect(computations).toHaveLength(1);
  });

  it("computes again when the claim of a computation that failed is over", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read } = instance();
    const failing = follow(read());
    await runtime.advance(0);
    computations[0]?.reject(new Error("no"));
    await runtime.advance(0);
    expect(failing.result()).toEqual({ value: null });
    const early = follow(read());
    await runtime.advance(800);
    expect([computations.length, early.result()]).toEqual([1, { value: null }]);
    await runtime.advance(1_000);
    const next = read();
    await runtime.advance(0);
    computations[1]?.resolve(8);
    expect(await next).toMatchObject({ value: 8 });
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("takes a machine that was asleep for one whose value has aged", async () => {
    const { runtime, computations, instance } = memoFleet();
    const { read } = instance();
    void read();
    await runtime.advance(0);
    computations[0]?.resolve(7);
    await runtime.advance(0);
    // Only the wall clock went on.
    runtime.jumpWall(3_600_000);
    const reading = read();
    await runtime.advance(0);
    // The store's clock slept too, and knows no better.
    expect(await reading).toEqual(fresh(7));
    runtime.jumpWall(-3_600_000);
    expect(await read()).toEqual(fresh(7));
    expect(computations).toHaveLength(1);
  });

  it("keeps nothing with a period of 0, and those who ask meanwhile still share the computation", async () => {
    const { runtime, computations, instance } = memoFleet({ ttlMs: 0 });
    const { read } = instance();
    const reads = [read(), read()];
    computations[0]?.resolve(1);
    expect(await Promise.all(reads)).toEqual([fresh(1), fresh(1)]);
    void read();
    await runtime.advance(0);
    expect(computations).toHaveLength(2);
  });
});

describe("the memo of one instance, where requests may not wait for each other", () => {
  it("lets the request that began it wait for the computation, and the others look for its result", async () => {
    const { runtime, computations, instance } = memoFleet({ sharesIo: false });
    const { read } = instance();
    const first = follow(read());
    await runtime.advance(5);
    const second = follow(read());
    await runtime.advance(100);
    computations[0]?.resolve(7);
    await runtime.advance(0);
    expect([first.result(), second.result()]).toEqual([{ value: fresh(7, 105) }, null]);
    await runtime.advance(100);
    expect(second.result()).toMatchObject({ value: { value: 7, stale: false } });
    expect(computations).toHaveLength(1);
  });

  it("leaves a computation the time to tell the fleet before its request has waited long enough", async () => {
    const { runtime, computations, instance } = memoFleet({ sharesIo: false });
    void instance().read();
    await runtime.advance(0);
    expect(computations[0]?.withinMs).toBe(600);
  });

  it("claims nothing for a request that has waited already: its time would not do", async () => {
    const { runtime, computations, instance } = memoFleet({ sharesIo: false });
    const { read } = instance();
    void read();
    // Its claim ends after 1,800 ms; the one who came at 1,500 does not get it, the one at 1,900 does.
    await runtime.advance(1_500);
    const waiting = follow(read());
    await runtime.advance(800);
    expect([computations.length, waiting.result()]).toEqual([1, { value: null }]);
    void read();
    await runtime.advance(0);
    expect(computations).toHaveLength(2);
  });
});
