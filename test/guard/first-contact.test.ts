/** How long an instance waits for its store: for the first answer, for later ones, and when its own process was busy. */
import { describe, expect, it } from "vitest";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

const DISTANT = { deadlineMs: 250, firstContactMs: 2_000 };
const ENV = { DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };

describe("the first contact with a store", () => {
  it("may take as long as connecting does, and later ones only their deadline", async () => {
    const { adapter, sent, answerAll } = farStore(DISTANT);
    const { runtime, instance, events } = fleet(ENV, adapter);
    const guard = instance();
    const first = follow(guard.run(() => "done"));
    await runtime.advance(1_900);
    expect(first.result()).toBeNull();
    await sent[0]?.answer();
    await answerAll();
    expect(first.result()).toEqual({ value: "done" });
    await runtime.advance(250);
    const before = sent.length;
    await runtime.advance(249);
    expect([guard.attached(), sent.length]).toEqual([true, before]);
    await runtime.advance(1);
    expect(guard.attached()).toBe(false);
    expect(events.map(({ event }) => event)).toEqual(["gate.life", "store.away"]);
  });

  it("that does not come about leaves the instance its local share", async () => {
    const { runtime, instance } = fleet(ENV, farStore(DISTANT).adapter);
    const guard = instance();
    const first = follow(guard.run(() => "done"));
    await runtime.advance(1_999);
    expect([first.result(), guard.attached()]).toEqual([null, true]);
    await runtime.advance(1);
    expect([first.result(), guard.attached()]).toEqual([{ value: "done" }, false]);
  });

  it("is not waited for longer than its caller may wait at all", async () => {
    const { runtime, instance } = fleet({ ...ENV, DB_POOL_TIMEOUT: "1" }, farStore(DISTANT).adapter);
    const guard = instance();
    const refused = follow(guard.run(() => "never"));
    await runtime.advance(999);
    expect(refused.result()).toBeNull();
    await runtime.advance(1);
    expect(refused.result()?.error).toMatchObject({ refusal: { reason: "full" } });
    expect(guard.attached()).toBe(true);
  });

  it("is waited for by a call that does not wait for permits", async () => {
    const { adapter, sent } = farStore(DISTANT);
    const { runtime, instance } = fleet({ ...ENV, DB_POOL_TIMEOUT: "0" }, adapter);
    const guard = instance();
    const call = follow(guard.run(() => "done"));
    await runtime.advance(1_900);
    await sent[0]?.answer();
    expect(call.result()).toEqual({ value: "done" });
  });
});

describe("a process that stood still", () => {
  async function waiting() {
    const far = farStore({ deadlineMs: 250, firstContactMs: 250 });
    const { runtime, instance, events } = fleet(ENV, far.adapter);
    const guard = instance();
    const call = heldCall();
    void follow(guard.run(call.call));
    await turn();
    runtime.stall(1_000);
    return { ...far, runtime, guard, call, events };
  }

  it("does not take the store for away whose answer lies in its socket", async () => {
    const { sent, runtime, guard, call, events } = await waiting();
    await runtime.advance(0);
    expect(guard.attached()).toBe(true);
    await sent[0]?.answer();
    expect([guard.attached(), call.started()]).toEqual([true, true]);
    await runtime.advance(200);
    expect(events.map(({ event }) => event)).not.toContain("store.away");
  });

  it("gives a store that does not answer one deadline more, of its own time", async () => {
    const { runtime, guard } = await waiting();
    await runtime.advance(249);
    expect(guard.attached()).toBe(true);
    await runtime.advance(2);
    expect(guard.attached()).toBe(false);
  });

  it("takes a store for away that was silent while the process ran", async () => {
    const far = farStore({ deadlineMs: 250, firstContactMs: 250 });
    const { runtime, instance } = fleet(ENV, far.adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await turn();
    runtime.stall(9);
    await runtime.advance(241);
    expect(guard.attached()).toBe(false);
  });
});
