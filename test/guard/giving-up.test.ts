import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const QUICK = { DB_CALL_TIMEOUT_MS: "10000", DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };

describe("a caller who gives up", () => {
  it("in any turn between the grant and the start leaves nothing running that cannot hear of it", async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { runtime, instance } = fleet(QUICK);
      const guard = instance();
      const [holder, waiting] = [heldCall(), heldCall()];
      const tab = new AbortController();
      void guard.run(holder.call);
      const left = follow(guard.run(waiting.call, { signal: tab.signal }));
      await runtime.advance(0);
      holder.succeed();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      tab.abort(new Error("closed"));
      await runtime.advance(0);
      expect(left.result()).toEqual({ error: new Error("closed") });
      expect(waiting.started() && !waiting.aborted()).toBe(false);
      if (waiting.started()) waiting.succeed();
      await runtime.advance(0);
      expect((await guard.view()).lanes.request.running).toBe(0);
      await runtime.advance(UNTIL_SILENT_MS);
      expect(runtime.pendingTimers()).toBe(0);
    }
  });

  it("keeps the permit of a call that is deaf to it until that has ended, or is given up for lost", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const tab = new AbortController();
    void follow(guard.run(heldCall().call, { signal: tab.signal }));
    await runtime.advance(1_000);
    tab.abort();
    await runtime.advance(11_249);
    expect((await guard.view()).lanes.request.running).toBe(1);
    await runtime.advance(1);
    expect(await guard.view()).toMatchObject({ lanes: { request: { running: 0 } }, window: { calls: 0 } });
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("after the deadline changes neither the verdict on the call nor when it is given up for lost", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const tab = new AbortController();
    const late = follow(guard.run(heldCall().call, { signal: tab.signal }));
    await runtime.advance(11_000);
    tab.abort();
    expect(late.result()?.error).toMatchObject({ fault: "timeout" });
    await runtime.advance(1_250);
    expect(await guard.view()).toMatchObject({ lanes: { request: { running: 0 } }, window: { calls: 1, failures: 1 } });
  });

  it("counts for nothing even where the call comes to a good end all the same", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const tab = new AbortController();
    const held = heldCall();
    void follow(guard.run(held.call, { signal: tab.signal }));
    tab.abort();
    held.succeed();
    await runtime.advance(0);
    expect(await guard.view()).toMatchObject({ lanes: { request: { running: 0 } }, window: { calls: 0 } });
  });

  it("while the store has not answered is told so at once; what the store granted is kept idle, then given back", async () => {
    const { adapter, sent, answerAll, pass } = farStore();
    const { runtime, instance } = fleet(QUICK, adapter);
    const guard = instance();
    const tab = new AbortController();
    const call = heldCall();
    const left = follow(guard.run(call.call, { signal: tab.signal }));
    await turn();
    tab.abort(new Error("closed"));
    await runtime.advance(0);
    expect(left.result()).toEqual({ error: new Error("closed") });
    await answerAll();
    await pass(runtime, UNTIL_SILENT_MS);
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ keep: 0, need: 0, waiting: 0 });
    expect([call.started(), runtime.pendingTimers()]).toEqual([false, 0]);
  });

  it("gives the permit that comes for it to who stood behind", async () => {
    const { adapter, answerAll } = farStore();
    const { instance } = fleet(QUICK, adapter);
    const guard = instance();
    const tab = new AbortController();
    const [left, patient] = [heldCall(), heldCall()];
    void follow(guard.run(left.call, { signal: tab.signal }));
    void follow(guard.run(patient.call));
    await turn();
    tab.abort();
    await answerAll();
    expect([left.started(), patient.started()]).toEqual([false, true]);
  });
});

describe("a deadline of one's own", () => {
  it.each([0, -1, Number.NaN])("of %s is refused as a mistake of the caller, in a promise", async (deadlineMs) => {
    const guard = fleet(QUICK).instance();
    await expect(guard.run(() => "never", { deadlineMs })).rejects.toThrow(RangeError);
    expect((await guard.view()).lanes.request.running).toBe(0);
  });

  it("may have a fraction, as what is left of a budget has", async () => {
    const guard = fleet(QUICK).instance();
    expect(await guard.run(({ deadlineMs }) => deadlineMs, { deadlineMs: 0.5 })).toBe(1);
  });

  it("that is over is a timeout, which a fast answer just before it is not", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const held = heldCall();
    const done = follow(guard.run(held.call, { deadlineMs: 100 }));
    await runtime.advance(99);
    held.succeed();
    await runtime.advance(10);
    expect(done.result()).toEqual({ value: "done" });
    const error = await guard.run(() => Promise.reject(new DatabaseError("timeout", ""))).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect((await guard.view()).window).toMatchObject({ calls: 2, failures: 1 });
  });
});
