import { describe, expect, it } from "vitest";
import { createMemo } from "../../lib/health/memo.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { follow } from "../support/guarded.ts";

function counted(ttlMs = 5_000) {
  const runtime = manualRuntime();
  const computations: ReturnType<typeof Promise.withResolvers<number>>[] = [];
  const compute = () => {
    const computation = Promise.withResolvers<number>();
    computations.push(computation);
    return computation.promise;
  };
  return { runtime, computations, read: createMemo({ ttlMs, waitMs: 800, compute, runtime }) };
}

describe("the memo", () => {
  it("computes once for all who ask meanwhile", async () => {
    const { computations, read } = counted();
    const reads = [read(), read(), read()];
    computations[0]?.resolve(7);
    expect(await Promise.all(reads)).toEqual(Array(3).fill({ value: 7, ageMs: 0, stale: false }));
    expect(computations).toHaveLength(1);
  });

  it("past its period gives the old value as stale to who has waited long enough, and says how old it is", async () => {
    const { runtime, computations, read } = counted();
    const first = read();
    computations[0]?.resolve(7);
    await first;
    await runtime.advance(6_000);
    const late = follow(read());
    await runtime.advance(799);
    expect(late.result()).toBeNull();
    await runtime.advance(1);
    expect(late.result()).toEqual({ value: { value: 7, ageMs: 6_800, stale: true } });
  });

  it("knows nothing past ten seconds, and nothing before the first value", async () => {
    const { runtime, computations, read } = counted();
    const first = follow(read());
    await runtime.advance(800);
    expect(first.result()).toEqual({ value: null });
    computations[0]?.resolve(7);
    await runtime.advance(10_001);
    const late = follow(read());
    await runtime.advance(800);
    expect(late.result()).toEqual({ value: null });
  });

  it("has one computation under way however long it takes, and recovers from one that fails", async () => {
    const { runtime, computations, read } = counted();
    void read();
    await runtime.advance(20_000);
    const waiting = follow(read());
    expect(computations).toHaveLength(1);
    computations[0]?.reject(new Error("no"));
    await runtime.advance(0);
    expect(waiting.result()).toEqual({ value: null });
    const next = read();
    computations[1]?.resolve(8);
    expect(await next).toMatchObject({ value: 8 });
    expect(runtime.pendingTimers()).toBe(0);
  });
});
