/** Permits that an instance keeps and uses again: when it may, how many, and when it gives them back. */
import { describe, expect, it } from "vitest";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, type HeldCall, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const FOUR = { DB_POOL_SIZE: "4", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "30", STATE_DEADLINE_MS: "60000" };
const running = (calls: readonly HeldCall[]) => calls.filter(({ started }) => started()).length;

/** Holds four permits, and nothing runs. */
async function leased() {
  const store = farStore();
  const { runtime, instance } = fleet(FOUR, store.adapter);
  const guard = instance();
  const calls = Array.from({ length: 4 }, heldCall);
  for (const { call } of calls) void follow(guard.run(call));
  await store.answerAll();
  for (const { succeed } of calls) succeed();
  await runtime.advance(0);
  const run = (count: number) => {
    const begun = Array.from({ length: count }, heldCall);
    for (const { call } of begun) void follow(guard.run(call));
    return begun;
  };
  return { ...store, runtime, guard, instance, run };
}

describe("a lease", () => {
  it("lets calls begin from memory, without any message, for as long as it lasts", async () => {
    const { sent, guard, runtime } = await leased();
    // The renewal that is due every quarter of a second is not answered.
    await runtime.advance(250);
    const before = sent.length;
    for (let call = 0; call < 100; call++) {
      expect(await guard.run(() => "done")).toBe("done");
      runtime.stall(17);
    }
    expect(runtime.monotonicMs()).toBeLessThan(2_000);
    expect(sent).toHaveLength(before);
    runtime.stall(2_000 - runtime.monotonicMs());
    const late = heldCall();
    void follow(guard.run(late.call));
    await turn();
    expect(late.started()).toBe(false);
  });

  it("lasts two seconds from the first sending of its renewal, however often that was repeated", async () => {
    const { adapter, sent } = farStore();
    const env = { ...FOUR, STATE_DEADLINE_MS: "100", DB_TCP_CONNECT_TIMEOUT: "3" };
    const { runtime, instance } = fleet(env, adapter);
    const guard = instance();
    void follow(guard.run(() => "by the local share"));
    await runtime.advance(1_600);
    await sent.at(-1)?.answer();
    expect(guard.attached()).toBe(true);
    expect(runtime.monotonicMs()).toBe(1_600);
    expect(await guard.run(({ startBy }) => startBy)).toBe(2_000 + 3_000);
  });

  it("is frozen while a renewal is in flight: nothing begins above what that keeps", async () => {
    const { sent, answerAll, runtime, run } = await leased();
    // Its recent peak fades, so that it keeps fewer than it has.
    for (let round = 0; round < 2; round++) {
      await runtime.advance(250);
      if (round === 0) await answerAll();
    }
    const keep = sent.at(-1)?.renewal.lanes.request.keep ?? 0;
    expect(keep).toBe(3);
    const before = sent.length;
    const calls = run(4);
    await runtime.advance(0);
    expect([running(calls), sent.length]).toEqual([3, before]);
    await answerAll();
    expect(running(calls)).toBe(4);
  });

  it("never keeps less than what runs", async () => {
    const { sent, pass, runtime, run } = await leased();
    const calls = run(4);
    await pass(runtime, 3_000);
    expect(running(calls)).toBe(4);
    for (const { renewal } of sent.slice(1)) expect(renewal.lanes.request.keep).toBe(4);
  });

  it("is given back after an idle second, and then there is no message and no timer any more", async () => {
    const { sent, pass, runtime } = await leased();
    await pass(runtime, 900);
    expect(sent.at(-1)?.renewal.lanes.request.keep).toBeGreaterThan(0);
    await pass(runtime, UNTIL_SILENT_MS - 900);
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ keep: 0, need: 0, want: 0 });
    const before = sent.length;
    await pass(runtime, 10_000);
    expect([sent.length, runtime.pendingTimers()]).toEqual([before, 0]);
  });

  it("is given back after an idle second to the gate in this process too", async () => {
    const { runtime, instance } = fleet(FOUR);
    const guard = instance();
    await guard.run(() => "done");
    expect((await guard.view()).lanes.request).toMatchObject({ running: 0, held: 2 });
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
    expect((await guard.view()).lanes.request).toMatchObject({ running: 0, held: 0 });
    expect(runtime.pendingTimers()).toBe(0);
  });
});

describe("permits that several instances want", () => {
  /** Callers of one instance: each begins its next call when one has ended. */
  function busy(guard: ReturnType<ReturnType<typeof fleet>["instance"]>, callers: number) {
    const calls: HeldCall[] = [];
    const next = () => {
      const one = heldCall();
      calls.push(one);
      void guard.run(one.call).then(next, () => {});
    };
    for (let caller = 0; caller < callers; caller++) next();
    const now = () => calls.filter(({ started, ended }) => started() && !ended());
    return { running: () => now().length, endOne: () => now()[0]?.succeed() };
  }

  it("are shared equally: who has more gives one up whenever a call of its own ends", async () => {
    const { runtime, instance } = fleet(FOUR);
    const one = busy(instance(), 8);
    expect(one.running()).toBe(4);
    const other = busy(instance(), 8);
    await runtime.advance(0);
    expect([one.running(), other.running()]).toEqual([4, 0]);
    for (const shares of [
      [3, 1],
      [2, 2],
      [2, 2],
    ]) {
      one.endOne();
      await runtime.advance(10);
      expect([one.running(), other.running()]).toEqual(shares);
    }
  });

  it("go round where there are more instances than permits: everybody gets a turn", async () => {
    const { runtime, instance } = fleet({ ...FOUR, DB_POOL_SIZE: "1" });
    const many = Array.from({ length: 5 }, () => busy(instance(), 2));
    const served = new Set<number>();
    for (let call = 0; call < 40; call++) {
      const holders = many.flatMap(({ running }, index) => (running() > 0 ? [index] : []));
      expect(holders.length).toBeLessThanOrEqual(1);
      for (const index of holders) {
        served.add(index);
        many[index]?.endOne();
      }
      await runtime.advance(20);
    }
    expect(served.size).toBe(5);
  });

  it("come from who does not use them, without waiting for its next renewal", async () => {
    const { runtime, instance } = fleet(FOUR);
    const [one, other] = [instance(), instance()];
    // In its first two seconds a life gives nobody more than its share.
    await one.view();
    await runtime.advance(2_000);
    await Promise.all(Array.from({ length: 4 }, () => one.run(() => "done")));
    const calls = Array.from({ length: 4 }, heldCall);
    for (const { call } of calls) void follow(other.run(call));
    await runtime.advance(1);
    expect(running(calls)).toBe(4);
  });
});
