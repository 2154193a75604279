/** What an instance tells its gate, when, and what it counts: the ends of the gate client's own rules. */
import { describe, expect, it } from "vitest";
import type { GateView } from "../../lib/gate/renewal.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const ENV = { DB_POOL_SIZE: "4", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", DB_CALL_TIMEOUT_MS: "10000" };
const LEASE_MS = 2_000;

describe("what is counted", () => {
  it("is no wait of calls that get in at once, and whole milliseconds of those that wait", async () => {
    const { runtime, instance } = fleet({ ...ENV, DB_POOL_SIZE: "1" });
    const guard = instance();
    const held = heldCall();
    void follow(guard.run(held.call));
    expect((await guard.view()).totals.waitedMs.request).toBe(0);
    void follow(guard.run(() => "done"));
    await runtime.advance(30.4);
    held.succeed();
    await runtime.advance(UNTIL_SILENT_MS);
    expect((await guard.view()).totals).toMatchObject({
      waitedMs: { request: 30 },
      calls: { request: { success: 2 } },
    });
  });

  it("are the refusals of the guard itself, in their lane", async () => {
    const { runtime, instance } = fleet(ENV);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    guard.close();
    for (const lane of ["request", "request", "slow"] as const) void follow(guard.run(() => "never", { lane }));
    await runtime.advance(0);
    const { refused } = (await guard.view()).totals;
    expect([refused.request.closing, refused.slow.closing, refused.health.closing]).toEqual([2, 1, 0]);
  });
});

describe("what is told at once", () => {
  it("are calls of the local gate that the answer to an older renewal cannot know of", async () => {
    const { adapter, sent } = farStore({ deadlineMs: 100, firstContactMs: 100 });
    const { runtime, instance } = fleet(ENV, adapter);
    const guard = instance();
    const first = heldCall();
    void follow(guard.run(first.call));
    await turn();
    await sent[0]?.answer();
    expect(first.started()).toBe(true);
    first.succeed();
    await runtime.advance(250);
    await runtime.advance(100);
    expect(guard.attached()).toBe(false);
    // The lease is over by then, and the next attempt under way.
    await runtime.advance(LEASE_MS + 310);
    const local = heldCall();
    void follow(guard.run(local.call));
    expect([local.started(), guard.isIdle()]).toEqual([true, false]);
    const before = sent.length;
    await sent.at(-1)?.answer();
    expect(sent).toHaveLength(before + 1);
    expect(sent.at(-1)?.renewal.lanes.request.owed).toBe(1);
  });

  it("is who waits, where the answer took so long that its lease is over", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ ...ENV, STATE_DEADLINE_MS: "60000" }, adapter);
    const waiting = heldCall();
    void follow(instance().run(waiting.call));
    await runtime.advance(LEASE_MS);
    await sent[0]?.answer();
    expect([waiting.started(), sent.length]).toEqual([false, 2]);
    await sent[1]?.answer();
    expect(waiting.started()).toBe(true);
  });

  it("is nothing where the answer took as long and nobody waits", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ ...ENV, STATE_DEADLINE_MS: "60000" }, adapter);
    const view = follow(instance().view() as Promise<GateView>);
    await runtime.advance(LEASE_MS);
    await sent[0]?.answer();
    expect([view.result() === null, sent.length, runtime.pendingTimers()]).toEqual([false, 1, 0]);
  });

  it("is the first of those that wait in a crowded lane, and none behind it", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { instance } = fleet({ ...ENV, DB_POOL_SIZE: "1" }, adapter);
    const guard = instance();
    for (let n = 0; n < 2; n++) {
      void follow(guard.run(heldCall().call));
      await answerAll();
    }
    const before = sent.length;
    for (let n = 0; n < 3; n++) void follow(guard.run(heldCall().call));
    await turn();
    expect([sent.length, guard.waiting()]).toEqual([before, 4]);
  });

  it("is nothing of a success, which waits for the next renewal", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet(ENV, adapter);
    const guard = instance();
    void follow(guard.run(() => "done"));
    await answerAll();
    await runtime.advance(0);
    const before = sent.length;
    void follow(guard.run(() => "done"));
    await runtime.advance(0);
    await answerAll();
    expect(sent).toHaveLength(before);
    await runtime.advance(250);
    expect(sent).toHaveLength(before + 1);
    expect(sent.at(-1)?.renewal.sums.request.ended.success).toBeGreaterThan(0);
  });

  it("is what another instance calls back, with no more kept than what runs", async () => {
    const { adapter, sent, answerAll, pass } = farStore();
    const { runtime, instance } = fleet({ ...ENV, DB_POOL_SIZE: "2" }, adapter);
    const [rich, poor] = [instance(), instance()];
    for (const call of [() => "done", () => "done"]) void follow(rich.run(call));
    await answerAll();
    await runtime.advance(0);
    await answerAll();
    const before = sent.length;
    const [one, two] = [heldCall(), heldCall()];
    for (const { call } of [one, two]) void follow(poor.run(call));
    await turn();
    expect(sent).toHaveLength(before + 1);
    sent[before]?.arrive();
    await turn();
    // The store has called the rich one, before the poor one has its answer.
    expect(sent).toHaveLength(before + 2);
    expect(sent[before + 1]?.renewal).toMatchObject({
      session: sent[0]?.renewal.session,
      lanes: { request: { keep: 0 } },
    });
    await pass(runtime, 500);
    // In its first two seconds a life grants each instance its share.
    expect([one.started(), two.started()]).toEqual([true, false]);
  });
});

describe("what is kept", () => {
  it("is what a busy instance may need again, also where the platform would freeze an idle one", async () => {
    const { adapter, sent, pass } = farStore({ freezes: true });
    const { runtime, instance } = fleet(ENV, adapter);
    const guard = instance();
    const [one, two] = [heldCall(), heldCall()];
    for (const { call } of [one, two]) void follow(guard.run(call));
    await pass(runtime, 50);
    one.fail(new Error("broken"));
    await pass(runtime, 50);
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ keep: 2, need: 1 });
    two.fail(new Error("broken"));
    await pass(runtime, 50);
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ keep: 0, need: 0 });
  });
});

describe("a call that finds the line full", () => {
  it("waits for one answer where what is known of it is old", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...ENV, DB_POOL_SIZE: "1", DB_MAX_WAITING: "1" }, adapter);
    const guard = instance();
    for (let n = 0; n < 2; n++) {
      void follow(guard.run(heldCall().call));
      await answerAll();
    }
    const now = follow(guard.run(() => "never"));
    await turn();
    expect(now.result()?.error).toMatchObject({ refusal: { reason: "full" } });
    await runtime.advance(250);
    const later = follow(guard.run(() => "never"));
    await turn();
    expect(later.result()).toBeNull();
    await answerAll();
    expect(later.result()?.error).toMatchObject({ refusal: { reason: "full" } });
    expect(sent.length).toBeGreaterThan(2);
  });
});

it("the database is looked after from the first failure on, until the gate has said that it is closed", async () => {
  const { adapter, answerAll, pass } = farStore();
  const { runtime, instance } = fleet({ ...ENV, STATE_DEADLINE_MS: "60000" }, adapter);
  let looks = 0;
  const guard = instance(() => void looks++);
  const failing = heldCall();
  void follow(guard.run(failing.call));
  await answerAll();
  expect(looks).toBe(0);
  failing.fail(new Error("broken"));
  await runtime.advance(1_500);
  expect(looks).toBe(2);
  await pass(runtime, 5_000);
  expect(looks).toBe(2);
});

describe("a client at rest", () => {
  it("is one that runs nothing, holds nothing, has nothing to tell and knows of no open breaker", async () => {
    const { runtime, instance } = fleet(ENV);
    const guard = instance();
    const held = heldCall();
    expect([guard.isIdle(), guard.isAtRest()]).toEqual([true, true]);
    void follow(guard.run(held.call));
    expect([guard.isIdle(), guard.isAtRest()]).toEqual([false, false]);
    held.succeed();
    await runtime.advance(0);
    expect([guard.isIdle(), guard.isAtRest()]).toEqual([true, false]);
    await runtime.advance(UNTIL_SILENT_MS);
    expect([guard.isIdle(), guard.isAtRest()]).toEqual([true, true]);
  });

  it("is none while its breaker is open, or a renewal is on its way", async () => {
    const { runtime, instance } = fleet({ ...ENV, CIRCUIT_MIN_CALLS: "1", CIRCUIT_FAILURE_THRESHOLD: "1" });
    const guard = instance();
    for (let n = 0; n < 20; n++) await guard.run(() => Promise.reject(new Error("broken"))).catch(() => {});
    await runtime.advance(UNTIL_SILENT_MS);
    expect([(await guard.view()).breaker.state, guard.isIdle(), guard.isAtRest()]).toEqual(["open", true, false]);
    const { adapter, answerAll } = farStore();
    const far = fleet(ENV, adapter);
    const asking = far.instance();
    const view = follow(asking.view() as Promise<GateView>);
    await turn();
    expect([view.result(), asking.isIdle(), asking.isAtRest()]).toEqual([null, true, false]);
    await answerAll();
    expect(asking.isAtRest()).toBe(true);
  });
});

it("the local gate's life is told of as such", async () => {
  const { adapter } = farStore({ deadlineMs: 100, firstContactMs: 100 });
  const { runtime, instance, events } = fleet(ENV, adapter);
  void follow(instance().run(() => "done"));
  await runtime.advance(200);
  const lives = events.filter(({ event }) => event === "gate.life").map(({ fields }) => fields.gate);
  expect(lives).toEqual(["main, local gate"]);
});
