import { describe, expect, it } from "vitest";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

const QUICK = { DB_CALL_TIMEOUT_MS: "1000", DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_TCP_CONNECT_TIMEOUT: "3" };

/** A signal that knows how many listen to it. */
function countedSignal() {
  const { signal } = new AbortController();
  let listening = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listening += 1;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listening -= 1;
    removeEventListener.apply(signal, args);
  };
  return { signal, listening: () => listening };
}

describe("what a call leaves behind", () => {
  it("is told of once, though it ends after it was given up for lost", async () => {
    const { adapter, sent, pass } = farStore();
    const { runtime, instance } = fleet({ ...QUICK, STATE_DEADLINE_MS: "60000" }, adapter);
    const held = heldCall();
    void follow(instance().run(held.call));
    await pass(runtime, 3_300);
    held.succeed();
    await pass(runtime, 2_000);
    const votes = sent.flatMap(({ renewal }) => renewal.votes);
    expect(votes).toEqual([expect.objectContaining({ calls: 1, failures: 1, ignored: 0 })]);
    const ended = sent.map(({ renewal }) => renewal.sums.request.ended);
    expect(ended.reduce((sum, { success, failure, ignored }) => sum + success + failure + ignored, 0)).toBe(1);
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ keep: 0, need: 0 });
  });

  it("is no listener on its caller's signal, having waited and run", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const [holder, waiting] = [heldCall(), heldCall()];
    const { signal, listening } = countedSignal();
    void guard.run(holder.call);
    const done = follow(guard.run(waiting.call, { signal }));
    expect(listening()).toBeGreaterThan(0);
    holder.succeed();
    await runtime.advance(0);
    waiting.succeed();
    await runtime.advance(0);
    expect(done.result()).toEqual({ value: "done" });
    expect(listening()).toBe(0);
  });

  it("is no listener either when the store answered late", async () => {
    const { adapter, sent } = farStore();
    const { signal, listening } = countedSignal();
    const done = follow(
      fleet(QUICK, adapter)
        .instance()
        .run(() => "done", { signal }),
    );
    await turn();
    await sent[0]?.answer();
    expect([done.result(), listening()]).toEqual([{ value: "done" }, 0]);
  });

  it("is no listener either when it was refused", async () => {
    const { runtime, instance } = fleet({ ...QUICK, DB_POOL_TIMEOUT: "1" });
    const guard = instance();
    const { signal, listening } = countedSignal();
    void follow(guard.run(heldCall().call));
    void follow(guard.run(heldCall().call, { signal }));
    await runtime.advance(1_000);
    expect(listening()).toBe(0);
  });
});

describe("what a call is told", () => {
  it("is until when it may be sent: as long as connecting may take, counted from the end of the lease", async () => {
    const { runtime, instance } = fleet(QUICK);
    await runtime.advance(500);
    const told = await instance().run(({ startBy, deadlineMs }) => ({ startBy, deadlineMs }));
    expect(told).toEqual({ startBy: 500 + 2_000 + 3_000, deadlineMs: 1_000 });
  });

  it("is no later moment when it begins later by the same lease", async () => {
    const { adapter, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...QUICK, STATE_DEADLINE_MS: "60000" }, adapter);
    const guard = instance();
    const startBy = () => follow(guard.run((context) => context.startBy));
    const first = startBy();
    await answerAll();
    await runtime.advance(1_900);
    const last = startBy();
    await runtime.advance(0);
    expect([first.result(), last.result()]).toEqual([{ value: 5_000 }, { value: 5_000 }]);
  });

  it("is the deadline of its lane", async () => {
    const guard = fleet({ DB_SLOW_CALL_TIMEOUT_MS: "90000" }).instance();
    expect(await guard.run(({ deadlineMs }) => deadlineMs, { lane: "slow" })).toBe(90_000);
  });
});

describe("a slow call", () => {
  it.each([
    [99, 0],
    [100, 1],
  ])("of %i ms counts as %i where CIRCUIT_BREAKER_SLOW_CALL_MS is 100", async (ranMs, slow) => {
    const { runtime, instance } = fleet({ ...QUICK, CIRCUIT_BREAKER_SLOW_CALL_MS: "100" });
    const guard = instance();
    const held = heldCall();
    void follow(guard.run(held.call));
    await runtime.advance(ranMs);
    held.succeed();
    await runtime.advance(0);
    expect((await guard.view()).window).toEqual({ calls: 1, failures: 0, slow });
  });
});
