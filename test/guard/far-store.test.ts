import { describe, expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import { farStore } from "../support/far-store.ts";
import { fleet, follow, heldCall, heldReplies } from "../support/guarded.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };

describe("asks that are under way at the same time", () => {
  it("name the oldest that is not answered, so that none of them is taken for done", async () => {
    const { adapter, sent } = farStore();
    const { instance } = fleet({ DB_POOL_SIZE: "4" }, adapter);
    const guard = instance();
    for (let call = 0; call < 3; call++) void follow(guard.run(heldCall().call));
    expect(sent.map(({ batch }) => batch.doneBelow)).toEqual([1, 1, 1]);
    await sent[2]?.answer();
    await sent[0]?.answer();
    void follow(Promise.resolve(guard.view()));
    void follow(guard.run(heldCall().call));
    expect(sent.slice(3).map(({ batch }) => batch.doneBelow)).toEqual([2, 2]);
    for (const batch of sent.slice(1)) await batch.answer();
    void follow(Promise.resolve(guard.view()));
    expect(sent.at(-1)?.batch.doneBelow).toBe(5);
  });

  it("are all begun, whatever the order in which their answers come", async () => {
    const { adapter, sent } = farStore();
    const { instance } = fleet({ DB_POOL_SIZE: "4" }, adapter);
    const guard = instance();
    const calls = Array.from({ length: 3 }, heldCall);
    for (const { call } of calls) void follow(guard.run(call));
    for (const batch of [...sent].reverse()) await batch.answer();
    expect(calls.map(({ started }) => started())).toEqual([true, true, true]);
  });

  it("open a session in each batch until one was answered, and one that the store knows no more again", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ DB_POOL_SIZE: "4" }, adapter);
    const guard = instance();
    for (let call = 0; call < 2; call++) void follow(guard.run(() => "done"));
    expect(sent.map(({ batch }) => batch.opens?.life)).toEqual([null, null]);
    for (let next = 0; next < sent.length; next++) await sent[next]?.answer();
    // Sessions silent for ten minutes are dropped.
    await runtime.advance(620_000);
    const again = follow(guard.run(() => "again"));
    const first = sent.length - 1;
    expect(sent[first]?.batch.opens).toBeNull();
    for (let next = first; next < sent.length; next++) await sent[next]?.answer();
    expect(sent[first + 1]?.batch.opens).toMatchObject({ life: expect.any(Number), generation: expect.any(Number) });
    expect(sent[first + 1]?.batch.commands).toEqual(sent[first]?.batch.commands);
    expect(again.result()).toEqual({ value: "again" });
  });
});

describe("a store that loses a reply", () => {
  it("takes back what it granted in a reply that was lost", async () => {
    const { adapter, sent } = farStore();
    const { instance } = fleet(ONE_PERMIT, adapter);
    const guard = instance();
    const asked = follow(guard.run(() => "never"));
    sent[0]?.arrive();
    await sent[0]?.lose();
    expect(asked.result()?.error).toMatchObject({ message: expect.stringContaining("reset") });
    expect(sent[1]?.batch).toMatchObject({ doneBelow: 2, commands: [{ kind: "cancel" }] });
  });

  it("loses no waiter: it asks again while its ticket lives", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance, events } = fleet(ONE_PERMIT, adapter);
    const guard = instance();
    const waiting = heldCall();
    void follow(guard.run(() => "done"));
    sent[0]?.arrive();
    const waiter = follow(guard.run(waiting.call));
    await sent[1]?.answer();
    await runtime.advance(1_000);
    await sent[2]?.lose();
    expect(events).toContainEqual({
      level: "error",
      event: "gate.command_lost",
      fields: { command: "admit", error: expect.any(Error) },
    });
    await sent[0]?.answer();
    await runtime.advance(500);
    expect(sent[4]?.batch.commands).toMatchObject([{ kind: "admit", id: expect.stringMatching(/\.2$/) }]);
    await sent[3]?.answer();
    await sent[4]?.answer();
    expect([waiting.started(), waiter.result()]).toEqual([true, null]);
  });

  it("does not make a settle throw, and says in the log that it was lost", async () => {
    const { adapter, sent } = farStore();
    const { instance, events } = fleet(ONE_PERMIT, adapter);
    const done = follow(instance().run(() => "done"));
    await sent[0]?.answer();
    await sent[1]?.lose();
    expect(done.result()).toEqual({ value: "done" });
    expect(events).toContainEqual({
      level: "error",
      event: "gate.command_lost",
      fields: { command: "settle", error: expect.objectContaining({ message: expect.stringContaining("reset") }) },
    });
  });
});

describe("a ticket", () => {
  it("has one ask in flight: neither a wake nor a check sends another beside it", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet(ONE_PERMIT, adapter);
    const guard = instance();
    const [holder, first, second] = [heldCall(), heldCall(), heldCall()];
    for (const { call } of [holder, first, second]) {
      void follow(guard.run(call));
      await sent.at(-1)?.answer();
    }
    await runtime.advance(1_000);
    expect(sent.slice(3).map(({ batch }) => batch.commands.length)).toEqual([2]);
    holder.succeed();
    await runtime.advance(0);
    await sent[4]?.answer();
    await runtime.advance(500);
    expect(sent).toHaveLength(5);
    await sent[3]?.answer();
    expect([first.started(), second.started()]).toEqual([true, false]);
  });

  it("may be had at any fraction of a millisecond", async () => {
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
});

describe("a wait that ends while an ask is under way", () => {
  it("is over when that is answered, not a second later", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_POOL_TIMEOUT: "2" }, adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await sent[0]?.answer();
    const waiter = follow(guard.run(heldCall().call));
    await sent[1]?.answer();
    await runtime.advance(1_000);
    sent[2]?.arrive();
    await runtime.advance(1_100);
    expect(sent).toHaveLength(3);
    await sent[2]?.answer();
    await sent[3]?.answer();
    expect(waiter.result()?.error).toMatchObject({ refusal: { reason: "full", retryAfterMs: 5_000 } });
  });

  it("is ended by the instance's own clock where no answer comes, with the configured hint", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_POOL_TIMEOUT: "2" }, adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await sent[0]?.answer();
    const waiter = follow(guard.run(heldCall().call));
    await sent[1]?.answer();
    await runtime.advance(2_999);
    expect(waiter.result()).toBeNull();
    await runtime.advance(1);
    expect(waiter.result()?.error).toMatchObject({ refusal: { reason: "full", retryAfterMs: 5_000 } });
    expect(sent.at(-1)?.batch.commands).toMatchObject([{ kind: "cancel" }]);
  });
});

describe("an ask that comes too late to count", () => {
  it("is tried once more with a new id; a second time it is a refusal like any want of room", async () => {
    const { adapter, sent } = farStore();
    const { instance } = fleet(ONE_PERMIT, adapter);
    const guard = instance();
    const call = heldCall();
    const asked = follow(guard.run(call.call));
    void follow(guard.run(heldCall().call));
    void follow(guard.run(heldCall().call));
    const overtaking = sent[2];
    // The network delivers a batch that says of the earlier ones that they are done.
    if (overtaking) Object.assign(overtaking.batch, { doneBelow: 3 });
    overtaking?.arrive();
    await sent[0]?.answer();
    expect(sent[3]?.batch.commands).toMatchObject([{ kind: "admit", id: expect.stringMatching(/\.4$/) }]);
    if (sent[3]) Object.assign(sent[3].batch, { doneBelow: 9 });
    await sent[3]?.answer();
    expect(asked.result()?.error).toMatchObject({
      refusal: { reason: "spent", code: "DB_POOL_EXHAUSTED", retryAfterMs: 5_000 },
    });
    expect(call.started()).toBe(false);
  });
});

describe("very many waiters", () => {
  it("ask in batches that a gate accepts", async () => {
    const replies = heldReplies(memory());
    const env = { ...ONE_PERMIT, DB_POOL_TIMEOUT: "60", DB_MAX_WAITING: "20000" };
    const { runtime, instance } = fleet(env, replies.adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    for (let waiter = 0; waiter < 10_500; waiter++) void follow(guard.run(heldCall().call));
    await replies.deliver();
    expect(guard.waiting()).toBe(10_500);
    for (let second = 0; second < 7; second++) {
      await runtime.advance(1_000);
      await replies.deliver();
    }
    const view = follow(Promise.resolve(guard.view()));
    await replies.deliver();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { waiting: 10_500 } } });
  });
});
