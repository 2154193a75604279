import { describe, expect, it } from "vitest";
import { Refused } from "../../lib/guard/refusal.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };

describe("waiting for a permit", () => {
  it("serves the callers of an instance in the order they came", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const calls = Array.from({ length: 6 }, heldCall);
    for (const { call } of calls) void follow(guard.run(call));
    for (const [index, held] of calls.entries()) {
      expect(calls.map(({ started }) => started())).toEqual(calls.map((_, other) => other <= index));
      held.succeed();
      await runtime.advance(0);
    }
  });

  it("lets nobody overtake in the moment when a permit is free again", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const [holder, first, late] = [heldCall(), heldCall(), heldCall()];
    for (const { call } of [holder, first]) void follow(guard.run(call));
    for (let turns = 0; turns < 10 && !first.started(); turns++) {
      holder.succeed();
      await Promise.resolve();
      void follow(guard.run(late.call));
    }
    expect([first.started(), late.started()]).toEqual([true, false]);
    first.succeed();
    await runtime.advance(0);
    expect(late.started()).toBe(true);
  });

  it("is over with the end of the call before it", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const [first, second] = [heldCall(), heldCall()];
    void guard.run(first.call);
    void guard.run(second.call);
    await runtime.advance(20);
    first.succeed();
    await runtime.advance(0);
    expect(second.started()).toBe(true);
    second.succeed();
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("ends after DB_POOL_TIMEOUT with DB_POOL_EXHAUSTED and the configured hint, and leaves nothing behind", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const holder = heldCall();
    void guard.run(holder.call);
    const waiter = follow(guard.run(heldCall().call));
    await runtime.advance(9_999);
    expect(waiter.result()).toBeNull();
    expect(guard.waiting()).toBe(1);
    await runtime.advance(1);
    const { error } = waiter.result() ?? {};
    expect(error).toBeInstanceOf(Refused);
    expect((error as Refused).refusal).toEqual({
      gate: "main",
      lastFailure: null,
      reason: "full",
      code: "DB_POOL_EXHAUSTED",
      retryAfterMs: 5_000,
    });
    expect(guard.waiting()).toBe(0);
    expect((await guard.view()).lanes.request).toMatchObject({ waiting: 0, running: 1 });
    holder.succeed();
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("ends by the instance's own clock where the store does not answer, and the store is told", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_POOL_TIMEOUT: "2", STATE_DEADLINE_MS: "60000" }, adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await answerAll();
    const waiter = follow(guard.run(heldCall().call));
    await runtime.advance(1_999);
    expect(waiter.result()).toBeNull();
    await runtime.advance(1);
    expect(waiter.result()?.error).toMatchObject({ refusal: { reason: "full", retryAfterMs: 5_000 } });
    await answerAll();
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ need: 1, waiting: 0 });
    expect(sent.at(-1)?.renewal.sums.request.refused).toEqual({ full: 1 });
  });

  it("may begin and end at any fraction of a millisecond", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    await runtime.advance(0.3);
    const holder = heldCall();
    void follow(guard.run(holder.call));
    const waiting = follow(guard.run(() => "done"));
    await runtime.advance(1_000.4);
    expect(waiting.result()).toBeNull();
    holder.succeed();
    await runtime.advance(0);
    expect(waiting.result()).toEqual({ value: "done" });
  });

  it("is left by an abort at once, the gate hears of it, and who stood behind moves up", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const [guard, other] = [instance(), instance()];
    const [holder, impatient, patient] = [heldCall(), heldCall(), heldCall()];
    const tab = new AbortController();
    void guard.run(holder.call);
    const left = follow(guard.run(impatient.call, { signal: tab.signal }));
    void follow(guard.run(patient.call));
    await runtime.advance(0);
    tab.abort(new Error("closed"));
    await runtime.advance(0);
    expect(left.result()).toEqual({ error: new Error("closed") });
    expect(guard.waiting()).toBe(1);
    await runtime.advance(250);
    expect((await other.view()).lanes.request.waiting).toBe(1);
    holder.succeed();
    await runtime.advance(0);
    expect([impatient.started(), patient.started()]).toEqual([false, true]);
  });

  it("tells the gate at once that the last of its waiters has gone", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { instance } = fleet(ONE_PERMIT, adapter);
    const [guard, tab] = [instance(), new AbortController()];
    void follow(guard.run(heldCall().call));
    await answerAll();
    void follow(guard.run(heldCall().call, { signal: tab.signal }));
    await answerAll();
    const before = sent.length;
    tab.abort();
    await turn();
    expect(sent[before]?.renewal.lanes.request).toMatchObject({ need: 1, waiting: 0 });
  });

  it("survives a stall of the event loop in which the gate took it for gone: it asks again and keeps its place", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const [one, other] = [instance(), instance()];
    const [holder, first, second] = [heldCall(), heldCall(), heldCall()];
    void one.run(holder.call);
    for (const { call } of [first, second]) void follow(other.run(call));
    // The waiter's instance stands still: its timers do not run, but the store's clock does, and somebody else is heard.
    runtime.stall(4_000);
    expect((await one.view()).lanes.request.waiting).toBe(0);
    await runtime.advance(1);
    expect((await one.view()).lanes.request.waiting).toBe(2);
    holder.succeed();
    await runtime.advance(0);
    expect([first.started(), second.started()]).toEqual([true, false]);
  });

  it("of very many callers takes one message of a bounded size", async () => {
    const { adapter, sent, pass } = farStore();
    const env = { ...ONE_PERMIT, DB_POOL_TIMEOUT: "60", DB_MAX_WAITING: "20000" };
    const { runtime, instance } = fleet(env, adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    for (let waiter = 0; waiter < 10_500; waiter++) void follow(guard.run(heldCall().call));
    await pass(runtime, 100);
    expect(guard.waiting()).toBe(10_500);
    expect(sent.length).toBeLessThanOrEqual(3);
    for (const { renewal } of sent) expect(JSON.stringify(renewal).length).toBeLessThan(4_000);
    const view = follow(Promise.resolve(guard.view()));
    await pass(runtime, 50);
    expect(view.result()?.value).toMatchObject({ lanes: { request: { waiting: 10_500 } } });
  });
});
