import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, heldReplies } from "../support/guarded.ts";

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
      expect((await guard.view()).lanes.request.held).toBe(0);
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
    expect((await guard.view()).lanes.request.held).toBe(1);
    await runtime.advance(1);
    expect(await guard.view()).toMatchObject({ lanes: { request: { held: 0 } }, window: { calls: 0 } });
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
    expect(await guard.view()).toMatchObject({ lanes: { request: { held: 0 } }, window: { calls: 1, failures: 1 } });
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
    expect(await guard.view()).toMatchObject({ lanes: { request: { held: 0 } }, window: { calls: 0 } });
  });

  it("while the store has not answered is told so at once; what the store granted is given back", async () => {
    const replies = heldReplies(memory());
    const { runtime, instance } = fleet(QUICK, replies.adapter);
    const guard = instance();
    const tab = new AbortController();
    const call = heldCall();
    const left = follow(guard.run(call.call, { signal: tab.signal }));
    tab.abort(new Error("closed"));
    await runtime.advance(0);
    expect(left.result()).toEqual({ error: new Error("closed") });
    await replies.deliver();
    const view = follow(Promise.resolve(guard.view()));
    await replies.deliver();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { held: 0 } } });
    expect(call.started()).toBe(false);
  });

  it("leaves no ticket behind, though its cancel overtakes an ask on the way", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ ...QUICK, STATE_DEADLINE_MS: "60000" }, adapter);
    const [one, other] = [instance(), instance()];
    void one.run(heldCall().call);
    await turn();
    await sent[0]?.answer();
    // An older ask of the same instance is still under way, so that the mark of what is done stays below the other's.
    void follow(other.run(heldCall().call));
    await turn();
    const tab = new AbortController();
    void follow(other.run(heldCall().call, { signal: tab.signal }));
    await turn();
    const left = (kind: string) =>
      sent.filter(({ batch }) =>
        batch.commands.some((command) => command.kind === kind && "id" in command && /\.2$/.test(command.id)),
      );
    await left("admit")[0]?.answer();
    await runtime.advance(1_000);
    tab.abort();
    await runtime.advance(0);
    const [, ask] = left("admit");
    const [cancel] = left("cancel");
    await cancel?.answer();
    await ask?.answer();
    await turn();
    expect(left("cancel")).toHaveLength(2);
  });
});

describe("a guard that closes", () => {
  it("refuses who waits and who comes, and leaves neither tickets nor timers", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const holder = heldCall();
    const held = follow(guard.run(holder.call));
    const waiter = follow(guard.run(heldCall().call));
    await runtime.advance(0);
    guard.close();
    const late = follow(guard.run(heldCall().call));
    await runtime.advance(0);
    for (const refused of [waiter, late]) {
      expect(refused.result()?.error).toMatchObject({ refusal: { reason: "closing", code: "SERVICE_UNAVAILABLE" } });
    }
    expect((await guard.view()).lanes.request).toMatchObject({ waiting: 0, held: 1 });
    holder.succeed();
    await runtime.advance(0);
    expect(held.result()).toEqual({ value: "done" });
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("listens to the store no more, which it does from its first call on", async () => {
    const near = memory();
    let listening = 0;
    const adapter: StoreAdapter = {
      ...near,
      open: (runtime) => ({
        ...near.open(runtime),
        onWake: () => {
          listening += 1;
          return () => {
            listening -= 1;
          };
        },
      }),
    };
    const guard = fleet(QUICK, adapter).instance();
    expect(listening).toBe(0);
    await guard.run(() => "once");
    await guard.run(() => "twice");
    expect(listening).toBe(1);
    guard.close();
    expect(listening).toBe(0);
  });

  it("asks the store for nothing more", async () => {
    const { adapter, sent } = farStore();
    const guard = fleet(QUICK, adapter).instance();
    guard.close();
    await expect(guard.run(() => "never")).rejects.toMatchObject({
      refusal: { reason: "closing", retryAfterMs: 5_000 },
    });
    expect(sent).toEqual([]);
  });

  it("begins and queues nothing that the store answers afterwards", async () => {
    const replies = heldReplies(memory());
    const { runtime, instance } = fleet(QUICK, replies.adapter);
    const guard = instance();
    const [granted, queued] = [heldCall(), heldCall()];
    const results = [granted, queued].map((held) => follow(guard.run(held.call)));
    guard.close();
    await replies.deliver();
    for (const refused of results) expect(refused.result()?.error).toMatchObject({ refusal: { reason: "closing" } });
    expect(granted.started() || queued.started()).toBe(false);
    const view = follow(Promise.resolve(guard.view()));
    await replies.deliver();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { held: 0, waiting: 0 } } });
    const ended = follow(guard.end());
    await replies.deliver();
    expect([ended.result(), runtime.pendingTimers()]).toEqual([{ value: undefined }, 0]);
  });
});

describe("a deadline of one's own", () => {
  it.each([0, -1, Number.NaN])("of %s is refused as a mistake of the caller, in a promise", async (deadlineMs) => {
    const guard = fleet(QUICK).instance();
    await expect(guard.run(() => "never", { deadlineMs })).rejects.toThrow(RangeError);
    expect((await guard.view()).lanes.request.held).toBe(0);
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
