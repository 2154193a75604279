import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { Refused, refusal } from "../../lib/guard/refusal.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const QUICK = { DB_CALL_TIMEOUT_MS: "1000", DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" };

describe("a guarded call", () => {
  it("is answered at its deadline, but holds its permit until it has really ended", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const held = heldCall();
    const answered = follow(guard.run(held.call));
    await runtime.advance(999);
    expect([answered.result(), held.aborted()]).toEqual([null, false]);
    await runtime.advance(1);
    expect(answered.result()?.error).toMatchObject({ name: "DatabaseError", fault: "timeout" });
    expect(held.aborted()).toBe(true);
    expect((await guard.view()).lanes.request.running).toBe(1);
    held.fail(new Error("aborted"));
    await runtime.advance(0);
    expect((await guard.view()).lanes.request.running).toBe(0);
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
    expect((await guard.view()).lanes.request.held).toBe(0);
  });

  it("that never ends is given up for lost after the grace, and counts as a failure", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await runtime.advance(3_249);
    expect((await guard.view()).lanes.request.running).toBe(1);
    await runtime.advance(1);
    expect(await guard.view()).toMatchObject({ lanes: { request: { running: 0 } }, window: { calls: 1, failures: 1 } });
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("counts for nothing when its caller gives up", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const tab = new AbortController();
    const held = heldCall();
    const answered = follow(guard.run(held.call, { signal: tab.signal }));
    tab.abort(new Error("closed"));
    await runtime.advance(0);
    expect(answered.result()).toEqual({ error: new Error("closed") });
    held.fail(new Error("whatever comes of it"));
    await runtime.advance(0);
    expect(await guard.view()).toMatchObject({ lanes: { request: { running: 0 } }, window: { calls: 0 } });
  });

  it("is not begun for a caller who has gone already", async () => {
    const { instance } = fleet(QUICK);
    const held = heldCall();
    await expect(instance().run(held.call, { signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow("gone");
    expect(held.started()).toBe(false);
  });

  it("passes on what it throws, at once or later, and frees its permit", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const sync = guard.run(() => {
      throw new RangeError("at once");
    });
    await expect(sync).rejects.toThrow("at once");
    await expect(guard.run(() => Promise.reject(new RangeError("later")))).rejects.toThrow("later");
    expect((await guard.view()).lanes.request.running).toBe(0);
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("may shorten its lane's deadline, never extend it", async () => {
    const { runtime, instance } = fleet(QUICK);
    const guard = instance();
    const short = follow(guard.run(heldCall().call, { deadlineMs: 10 }));
    await runtime.advance(10);
    expect(short.result()?.error).toMatchObject({ fault: "timeout" });
    const long = follow(instance().run(heldCall().call, { deadlineMs: 60_000, lane: "request" }));
    await runtime.advance(2_240);
    expect(long.result()).toBeNull();
    await runtime.advance(1_010);
    expect(long.result()?.error).toMatchObject({ fault: "timeout" });
  });
});

describe("a lease that is over when it comes", () => {
  it.each([
    // The monotonic clock stood still while the machine slept; the wall clock knows better.
    ["slept", 0, 2_000],
    // A clock set back in the meantime does not make a lease younger.
    ["stood still", 2_000, -60_000],
  ])("begins no call, which asks for another one: the process %s", async (_, stalledMs, wallMs) => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...QUICK, STATE_DEADLINE_MS: "60000" }, adapter);
    const guard = instance();
    const late = heldCall();
    void follow(guard.run(late.call));
    await turn();
    sent[0]?.arrive();
    runtime.stall(stalledMs);
    runtime.jumpWall(wallMs);
    await sent[0]?.answer();
    expect(late.started()).toBe(false);
    await runtime.advance(250);
    expect(sent[1]?.renewal.lanes.request).toMatchObject({ keep: 0, need: 1 });
    await answerAll();
    expect(late.started()).toBe(true);
  });

  it.each([
    ["slept", 0, 2_000],
    ["stood still", 2_000, -60_000],
  ])("begins no later call from memory either: the process %s", async (_, stalledMs, wallMs) => {
    const { adapter, answerAll } = farStore();
    const { runtime, instance } = fleet({ ...QUICK, STATE_DEADLINE_MS: "60000" }, adapter);
    const guard = instance();
    void follow(guard.run(() => "done"));
    await answerAll();
    runtime.stall(stalledMs);
    runtime.jumpWall(wallMs);
    const late = heldCall();
    void follow(guard.run(late.call));
    await turn();
    expect(late.started()).toBe(false);
    await answerAll();
    expect(late.started()).toBe(true);
  });

  it("begins no call whose process stood still between the permit and the start, which is refused as late", async () => {
    let refusedAsLate = 0;
    for (let turns = 0; turns < 20; turns++) {
      const { runtime, instance } = fleet(QUICK);
      const guard = instance();
      const [holder, waiting] = [heldCall(), heldCall()];
      void guard.run(holder.call);
      let startBy = Number.POSITIVE_INFINITY;
      const waited = follow(
        guard.run((context) => {
          startBy = context.startBy - runtime.monotonicMs();
          return waiting.call(context);
        }),
      );
      await runtime.advance(0);
      holder.succeed();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      runtime.stall(60_000);
      await turn();
      if (waiting.started()) expect(startBy).toBeGreaterThan(0);
      else if (waited.result()) {
        refusedAsLate += 1;
        expect(waited.result()?.error).toMatchObject({ refusal: { reason: "late", code: "DB_POOL_EXHAUSTED" } });
        expect((await guard.view()).lanes.request.running).toBe(0);
      }
    }
    expect(refusedAsLate).toBeGreaterThan(0);
  });
});

describe("what counts against the breaker", () => {
  const outcomes = [
    ["a lost connection", new DatabaseError("connection", ""), "request", 1],
    ["a timeout", new DatabaseError("timeout", ""), "request", 1],
    ["a timeout in the slow lane", new DatabaseError("timeout", ""), "slow", 0],
    ["too many clients", new DatabaseError("exhausted", ""), "request", 0],
    ["a cancelled statement", new DatabaseError("cancelled", ""), "request", 0],
    ["a wrong statement", new DatabaseError("statement", ""), "request", 0],
    ["a refusal from inside", new Refused(refusal("main", "full", 0)), "request", 0],
    ["anything else", new TypeError(""), "request", 1],
  ] as const;
  it.each(outcomes)("%s", async (_, error, lane, failures) => {
    const { instance } = fleet();
    const guard = instance();
    await guard.run(() => Promise.reject(error), { lane }).catch(() => {});
    expect((await guard.view()).window).toEqual({ calls: failures, failures, slow: 0 });
  });

  it("and a caller's own judgement comes first", async () => {
    const { instance } = fleet();
    const guard = instance();
    const classify = (error: unknown) => (error instanceof RangeError ? ("ignored" as const) : undefined);
    await guard.run(() => Promise.reject(new RangeError()), { classify }).catch(() => {});
    await guard.run(() => Promise.reject(new TypeError()), { classify }).catch(() => {});
    expect((await guard.view()).window.failures).toBe(1);
  });
});
