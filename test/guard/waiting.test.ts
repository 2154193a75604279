import { describe, expect, it } from "vitest";
import { Refused } from "../../lib/guard/refusal.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };

describe("waiting for a permit", () => {
  it("serves callers of several instances in the order they came", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const [one, other] = [instance(), instance()];
    const calls = Array.from({ length: 6 }, heldCall);
    calls.forEach((held, index) => void follow((index % 2 === 0 ? one : other).run(held.call)));
    await runtime.advance(0);

    for (const [index, held] of calls.entries()) {
      expect(calls.map(({ started }) => started())).toEqual(calls.map((_, other) => other <= index));
      held.succeed();
      await runtime.advance(0);
    }
  });

  it("is woken by the end of the call before it, long before its next check", async () => {
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
    await runtime.advance(0);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("keeps its place though a later one was told to check much later", async () => {
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_POOL_TIMEOUT: "60" });
    const guard = instance();
    const [long, holder, first, second] = [heldCall(), heldCall(), heldCall(), heldCall()];
    void guard.run(long.call);
    await runtime.advance(50_000);
    long.succeed();
    await runtime.advance(0);
    // Calls here are held for long, so the gate wants to be asked rarely by who stands further back.
    for (const { call } of [holder, first, second]) void follow(guard.run(call));
    await runtime.advance(3_000);
    expect((await guard.view()).lanes.request.waiting).toBe(2);
    holder.succeed();
    await runtime.advance(0);
    expect([first.started(), second.started()]).toEqual([true, false]);
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
    expect((error as Refused).refusal).toEqual({ reason: "full", code: "DB_POOL_EXHAUSTED", retryAfterMs: 5_000 });
    expect(guard.waiting()).toBe(0);
    expect((await guard.view()).lanes.request).toMatchObject({ waiting: 0, held: 1 });
    holder.succeed();
    await runtime.advance(0);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("is left by an abort at once: the ticket goes, and who stood behind moves up", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const [holder, impatient, patient] = [heldCall(), heldCall(), heldCall()];
    const tab = new AbortController();
    void guard.run(holder.call);
    const left = follow(guard.run(impatient.call, { signal: tab.signal }));
    void follow(guard.run(patient.call));
    await runtime.advance(0);
    tab.abort(new Error("closed"));
    await runtime.advance(0);
    expect(left.result()).toEqual({ error: new Error("closed") });
    expect((await guard.view()).lanes.request.waiting).toBe(1);
    holder.succeed();
    await runtime.advance(0);
    expect([impatient.started(), patient.started()]).toEqual([false, true]);
  });

  it("survives a stall of the event loop that cost it its ticket: it asks with a new id for what is left", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const [one, other] = [instance(), instance()];
    const [holder, waiting] = [heldCall(), heldCall()];
    void one.run(holder.call);
    void follow(other.run(waiting.call));
    // The waiter's instance stands still: its timers do not run, but the store's clock does, and somebody else is heard.
    runtime.stall(4_000);
    await one.view();
    expect((await one.view()).lanes.request.waiting).toBe(0);
    await runtime.advance(1);
    expect((await one.view()).lanes.request.waiting).toBe(1);
    holder.succeed();
    await runtime.advance(0);
    expect(waiting.started()).toBe(true);
  });

  it("is refused at once beyond DB_MAX_WAITING", async () => {
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_MAX_WAITING: "2" });
    const guard = instance();
    void guard.run(heldCall().call);
    for (let waiter = 0; waiter < 2; waiter++) void follow(guard.run(heldCall().call));
    const refused = follow(guard.run(heldCall().call));
    await runtime.advance(0);
    expect(refused.result()?.error).toMatchObject({ refusal: { code: "DB_POOL_EXHAUSTED" } });
  });
});
