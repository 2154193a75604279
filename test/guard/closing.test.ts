/** The end of an instance: it refuses, gives everything back, and is forgotten. */
import { describe, expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const QUICK = { DB_CALL_TIMEOUT_MS: "10000", DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };
const CLOSING = { refusal: { reason: "closing", code: "SERVICE_UNAVAILABLE", retryAfterMs: 5_000 } };

describe("a guard that closes", () => {
  it("refuses who waits and who comes, lets end what runs, and leaves no timers", async () => {
    const { runtime, instance } = fleet(QUICK);
    const [guard, other] = [instance(), instance()];
    const holder = heldCall();
    const held = follow(guard.run(holder.call));
    const waiter = follow(guard.run(heldCall().call));
    await runtime.advance(0);
    guard.close();
    const late = follow(guard.run(heldCall().call));
    await runtime.advance(0);
    for (const refused of [waiter, late]) expect(refused.result()?.error).toMatchObject(CLOSING);
    await runtime.advance(250);
    expect((await other.view()).lanes.request).toMatchObject({ waiting: 0, running: 1 });
    holder.succeed();
    await runtime.advance(UNTIL_SILENT_MS);
    expect(held.result()).toEqual({ value: "done" });
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("asks the store for nothing more", async () => {
    const { adapter, sent } = farStore();
    const guard = fleet(QUICK, adapter).instance();
    guard.close();
    await expect(guard.run(() => "never")).rejects.toMatchObject(CLOSING);
    await turn();
    expect(sent).toEqual([]);
  });

  it("begins nothing that the store grants afterwards", async () => {
    const { adapter, answerAll, sent } = farStore();
    const { runtime, instance } = fleet(QUICK, adapter);
    const guard = instance();
    const [granted, queued] = [heldCall(), heldCall()];
    const results = [granted, queued].map((held) => follow(guard.run(held.call)));
    await turn();
    guard.close();
    await answerAll();
    for (const refused of results) expect(refused.result()?.error).toMatchObject(CLOSING);
    expect([granted.started(), queued.started()]).toEqual([false, false]);
    const ended = follow(guard.end());
    await answerAll();
    expect(sent.at(-1)?.renewal).toMatchObject({ leaves: true, lanes: { request: { keep: 0, need: 0 } } });
    expect([ended.result(), runtime.pendingTimers()]).toEqual([{ value: undefined }, 0]);
  });
});

describe("a guard that ends", () => {
  it("gives everything back and is gone from the list of instances at once", async () => {
    const { runtime, instance } = fleet({ ...QUICK, DB_POOL_SIZE: "4" });
    const [one, other] = [instance(), instance()];
    await one.run(() => "done");
    await other.run(() => "done");
    expect(await other.view()).toMatchObject({ n: 2, rank: 1 });
    one.close();
    await one.end();
    const view = await other.view();
    expect(view).toMatchObject({ n: 1, rank: 0 });
    expect(view.instances).toHaveLength(1);
    other.close();
    await other.end();
    expect(runtime.pendingTimers()).toBe(0);
    expect((await instance().view()).lanes.request.held).toBe(0);
  });

  it("tells the votes of its last calls", async () => {
    const { runtime, instance } = fleet(QUICK);
    const [one, other] = [instance(), instance()];
    await one.run(() => "done");
    one.close();
    await one.end();
    expect((await other.view()).window).toMatchObject({ calls: 1, failures: 0 });
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("says so after what is in flight was answered, since that tells of what it held before", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...QUICK, STATE_DEADLINE_MS: "60000" }, adapter);
    const [one, other] = [instance(), instance()];
    void follow(one.run(() => "done"));
    await answerAll();
    await runtime.advance(250);
    const before = sent.length;
    one.close();
    const ended = follow(one.end());
    await turn();
    expect(sent).toHaveLength(before);
    expect(ended.result()).toBeNull();
    await answerAll();
    expect(sent.slice(before).map(({ renewal }) => renewal.leaves)).toEqual([true]);
    expect(ended.result()).toEqual({ value: undefined });
    const view = follow(Promise.resolve(other.view()));
    await answerAll();
    expect(view.result()?.value).toMatchObject({ n: 1, lanes: { request: { held: 0 } } });
  });

  it("waits for a store that does not answer no longer than a call to it may take, and tries no more", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...QUICK, STATE_DEADLINE_MS: "100" }, adapter);
    const guard = instance();
    void follow(guard.run(() => "done"));
    await answerAll();
    guard.close();
    const ended = follow(guard.end());
    await runtime.advance(99);
    expect(ended.result()).toBeNull();
    await runtime.advance(1);
    expect(ended.result()).toEqual({ value: undefined });
    const before = sent.length;
    await runtime.advance(10_000);
    expect([sent.length, runtime.pendingTimers()]).toEqual([before, 0]);
  });

  it("has nothing to say where it never asked", async () => {
    const { adapter, sent } = farStore();
    const guard = fleet(QUICK, adapter).instance();
    guard.close();
    await guard.end();
    expect(sent).toEqual([]);
  });

  it("listens to the store no more, which it does from its first call on", async () => {
    const near = memory();
    let listening = 0;
    const adapter: StoreAdapter = {
      ...near,
      open: (runtime) => ({
        ...near.open(runtime),
        onPush: () => {
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
    await guard.end();
    expect(listening).toBe(0);
  });
});
