import { describe, expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import { type FarStore, farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, heldReplies } from "../support/guarded.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", STATE_DEADLINE_MS: "60000" };
const FOUR_PERMITS = { ...ONE_PERMIT, DB_POOL_SIZE: "4" };

const kindsOf = (sent: FarStore["sent"]) => sent.map(({ batch }) => batch.commands.map(({ kind }) => kind));

describe("asks that are under way at the same time", () => {
  it("travel together where they were made in one turn of the event loop", async () => {
    const { adapter, sent } = farStore();
    const guard = fleet(FOUR_PERMITS, adapter).instance();
    for (let call = 0; call < 3; call++) void follow(guard.run(heldCall().call));
    expect(sent).toEqual([]);
    await turn();
    expect(kindsOf(sent)).toEqual([["admit", "admit", "admit"]]);
  });

  it("name the oldest that is not answered, so that none of them is taken for done", async () => {
    const { adapter, sent } = farStore();
    const guard = fleet(FOUR_PERMITS, adapter).instance();
    for (let call = 0; call < 3; call++) {
      void follow(guard.run(heldCall().call));
      await turn();
    }
    expect(sent.map(({ batch }) => batch.doneBelow)).toEqual([1, 1, 1]);
    await sent[2]?.answer();
    await sent[0]?.answer();
    void follow(guard.run(heldCall().call));
    await turn();
    expect(sent[3]?.batch.doneBelow).toBe(2);
    for (const batch of sent.slice(1)) await batch.answer();
    void follow(Promise.resolve(guard.view()));
    await turn();
    expect(sent.at(-1)?.batch.doneBelow).toBe(5);
  });

  it("are all begun, whatever the order in which their answers come", async () => {
    const { adapter, sent } = farStore();
    const guard = fleet(FOUR_PERMITS, adapter).instance();
    const calls = Array.from({ length: 3 }, heldCall);
    for (const { call } of calls) {
      void follow(guard.run(call));
      await turn();
    }
    for (const batch of [...sent].reverse()) await batch.answer();
    expect(calls.map(({ started }) => started())).toEqual([true, true, true]);
  });

  it("open a session in each batch until one was answered, and one that the store knows no more again", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet(FOUR_PERMITS, adapter);
    const guard = instance();
    for (let call = 0; call < 2; call++) {
      void follow(guard.run(() => "done"));
      await turn();
    }
    expect(sent.map(({ batch }) => batch.opens?.life)).toEqual([null, null]);
    let next = 0;
    const answerAll = async () => {
      for (; next < sent.length; next++) await sent[next]?.answer();
    };
    for (let round = 0; round < 5; round++) {
      await answerAll();
      await runtime.advance(1_000);
    }
    // Sessions silent for ten minutes are dropped.
    await runtime.advance(620_000);
    const again = follow(guard.run(() => "again"));
    await turn();
    const first = sent.length - 1;
    expect(sent[first]?.batch.opens).toBeNull();
    await answerAll();
    await runtime.advance(2);
    await answerAll();
    expect(sent[first + 1]?.batch.opens).toMatchObject({ life: expect.any(Number), generation: expect.any(Number) });
    // What it brings along comes first; what was not done is asked for with a new id.
    expect(kindsOf(sent)[first + 1]).toEqual(expect.arrayContaining(["adopt", "admit"]));
    expect(again.result()).toEqual({ value: "again" });
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
      await turn();
      await sent.at(-1)?.answer();
    }
    const asks = () => kindsOf(sent).filter((kinds) => kinds.includes("admit"));
    await runtime.advance(1_000);
    expect(
      asks()
        .at(-1)
        ?.filter((kind) => kind === "admit"),
    ).toHaveLength(2);
    const asked = asks().length;
    holder.succeed();
    await runtime.advance(500);
    expect(asks()).toHaveLength(asked);
    for (const batch of sent) await batch.answer();
    await runtime.advance(2);
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
  async function asking() {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_POOL_TIMEOUT: "2" }, adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await turn();
    await sent[0]?.answer();
    const waiter = follow(guard.run(heldCall().call));
    await turn();
    await sent[1]?.answer();
    await runtime.advance(999);
    for (const batch of sent) await batch.answer();
    return { sent, runtime, waiter };
  }

  it("is over when that is answered, not a second later", async () => {
    const { sent, runtime, waiter } = await asking();
    await runtime.advance(1);
    const check = sent.at(-1);
    check?.arrive();
    await runtime.advance(1_100);
    expect(waiter.result()).toBeNull();
    await check?.answer();
    await turn();
    await sent.at(-1)?.answer();
    expect(waiter.result()?.error).toMatchObject({ refusal: { reason: "full", retryAfterMs: 5_000 } });
  });

  it("is ended by the instance's own clock where no answer comes, with the configured hint", async () => {
    const { sent, runtime, waiter } = await asking();
    await runtime.advance(2_000);
    expect(waiter.result()).toBeNull();
    await runtime.advance(1);
    expect(waiter.result()?.error).toMatchObject({ refusal: { reason: "full", retryAfterMs: 5_000 } });
    expect(kindsOf(sent).flat()).toContain("cancel");
  });
});

describe("an ask that comes too late to count", () => {
  it("is tried once more with a new id; a second time it is a refusal like any want of room", async () => {
    const { adapter, sent } = farStore();
    const guard = fleet(ONE_PERMIT, adapter).instance();
    const call = heldCall();
    const asked = follow(guard.run(call.call));
    await turn();
    for (const _ of [1, 2]) {
      void follow(guard.run(heldCall().call));
      await turn();
    }
    const overtaking = sent[2];
    // The network delivers a batch that says of the earlier ones that they are done.
    if (overtaking) Object.assign(overtaking.batch, { doneBelow: 3 });
    overtaking?.arrive();
    await sent[0]?.answer();
    await turn();
    expect(sent[3]?.batch.commands).toContainEqual(
      expect.objectContaining({ kind: "admit", id: expect.stringMatching(/\.4$/) }),
    );
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
    await replies.deliver();
    expect(guard.waiting()).toBe(10_500);
    for (let second = 0; second < 7; second++) {
      await runtime.advance(1_000);
      await replies.deliver();
      await replies.deliver();
    }
    const view = follow(Promise.resolve(guard.view()));
    await replies.deliver();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { waiting: 10_500 } } });
  });
});
