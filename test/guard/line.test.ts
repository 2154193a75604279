/** How long a line may be, and callers who do not want to stand in one. */
import { describe, expect, it } from "vitest";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };
const FULL = { refusal: { reason: "full", code: "DB_POOL_EXHAUSTED", retryAfterMs: 5_000 } };

describe("a line that is full", () => {
  it("refuses at once beyond DB_MAX_WAITING", async () => {
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_MAX_WAITING: "2" });
    const guard = instance();
    void guard.run(heldCall().call);
    const waiters = Array.from({ length: 2 }, () => follow(guard.run(heldCall().call)));
    const refused = follow(guard.run(heldCall().call));
    await runtime.advance(0);
    expect(refused.result()?.error).toMatchObject(FULL);
    expect(waiters.map(({ result }) => result())).toEqual([null, null]);
  });

  it("is one for the whole fleet, and leaves everybody a part of it that is its own", async () => {
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_MAX_WAITING: "4" });
    const [one, other] = [instance(), instance()];
    void one.run(heldCall().call);
    await other.view();
    for (let waiter = 0; waiter < 4; waiter++) void follow(one.run(heldCall().call));
    await runtime.advance(250);
    const late = Array.from({ length: 2 }, () => follow(other.run(heldCall().call)));
    await runtime.advance(0);
    expect(late.map(({ result }) => result()?.error ?? null)).toMatchObject([null, FULL]);
    expect([one.waiting(), other.waiting()]).toEqual([4, 1]);
  });

  it("answers without asking the store, which hears of the refused with the next renewal", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_MAX_WAITING: "2" }, adapter);
    const guard = instance();
    for (let call = 0; call < 3; call++) {
      void follow(guard.run(heldCall().call));
      await answerAll();
    }
    const before = sent.length;
    const refused = Array.from({ length: 300 }, () => follow(guard.run(heldCall().call)));
    await turn();
    expect(refused.map(({ result }) => result()?.error)).toMatchObject(refused.map(() => FULL));
    expect(sent).toHaveLength(before);
    await runtime.advance(250);
    expect(sent[before]?.renewal.sums.request.refused).toEqual({ full: 300 });
    const view = follow(Promise.resolve(guard.view()));
    await answerAll();
    expect(view.result()?.value).toMatchObject({ totals: { refused: { request: { full: 300 } } } });
  });
});

describe("a call that does not want to wait", () => {
  const IMPATIENT = { ...ONE_PERMIT, DB_POOL_TIMEOUT: "0" };

  it("is let in where there is a permit, and refused where there is none, by one ask", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { instance } = fleet(IMPATIENT, adapter);
    const guard = instance();
    const [held, refused] = [heldCall(), heldCall()];
    void follow(guard.run(held.call));
    await turn();
    expect(sent).toHaveLength(1);
    await answerAll();
    expect(held.started()).toBe(true);
    const before = sent.length;
    const late = follow(guard.run(refused.call));
    await turn();
    expect(sent).toHaveLength(before + 1);
    expect(sent[before]?.renewal.lanes.request).toMatchObject({ need: 2, waiting: 1 });
    await sent[before]?.answer();
    expect(late.result()?.error).toMatchObject(FULL);
    expect([refused.started(), guard.waiting()]).toEqual([false, 0]);
  });

  it("does not hear an answer to what was sent before it came", async () => {
    const { adapter, sent } = farStore();
    const { instance } = fleet({ ...IMPATIENT, DB_POOL_SIZE: "2" }, adapter);
    const guard = instance();
    const calls = [heldCall(), heldCall()] as const;
    const first = follow(guard.run(calls[0].call));
    await turn();
    const second = follow(guard.run(calls[1].call));
    await turn();
    expect(sent).toHaveLength(1);
    await sent[0]?.answer();
    expect([first.result(), second.result()]).toEqual([null, null]);
    for (const one of sent.slice(1)) await one.answer();
    expect(calls.map(({ started }) => started())).toEqual([true, true]);
  });

  it("is answered at once where the gate is in this process", async () => {
    const { runtime, instance } = fleet(IMPATIENT);
    const guard = instance();
    const held = heldCall();
    void follow(guard.run(held.call));
    expect(held.started()).toBe(true);
    await expect(guard.run(() => "never")).rejects.toMatchObject(FULL);
    held.succeed();
    await runtime.advance(0);
    expect(await guard.run(() => "done")).toBe("done");
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });
});
