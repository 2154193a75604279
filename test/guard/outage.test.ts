/** The two edges of an outage of the store: what is leased goes on, and what happened meanwhile is brought along. */
import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import type { GateView } from "../../lib/gate/renewal.ts";
import { farStore } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const ENV = {
  DB_POOL_SIZE: "4",
  DB_MAX_OVERFLOW: "0",
  DB_POOL_TIMEOUT: "30",
  STATE_DEADLINE_MS: "100",
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "30",
};
const FORCED = { ttlMs: 90_000, expectedVersion: null, actor: "me", reason: "x" } as const;
const broken = () => Promise.reject(new DatabaseError("connection", "gone"));

function scene(env: Record<string, string> = {}) {
  const far = farStore();
  const many = fleet({ ...ENV, ...env }, far.adapter);
  const guard = many.instance();
  const { runtime } = many;
  return {
    ...far,
    ...many,
    guard,
    /** Time passes, and nothing that is sent is answered. */
    away: async (ms: number) => {
      await runtime.advance(ms);
      expect(guard.attached()).toBe(false);
    },
    /** The store answers again what is sent to it from now on. */
    back: async () => {
      for (let waited = 0; waited < 1_000 && !guard.attached(); waited += 50) await far.pass(runtime, 50);
      expect(guard.attached()).toBe(true);
    },
    /** The shared gate, as another instance sees it. */
    shared: async () => {
      const seen = follow(many.instance().view() as Promise<GateView>);
      await far.answerAll();
      return seen.result()?.value as GateView;
    },
  };
}

describe("a store that is away", () => {
  it("changes nothing while the lease lasts: calls begin by what is leased, and not above it", async () => {
    const { answerAll, shared, guard, runtime } = scene({ EXPECTED_INSTANCES: "4" });
    // In its first two seconds a life gives nobody more than its share.
    await shared();
    await runtime.advance(2_000);
    const first = [heldCall(), heldCall()];
    for (const { call } of first) void follow(guard.run(call));
    await answerAll();
    for (const { succeed } of first) succeed();
    await runtime.advance(600);
    expect(guard.attached()).toBe(false);
    // Its local share is one.
    const calls = Array.from({ length: 4 }, heldCall);
    const results = calls.map(({ call }) => follow(guard.run(call)));
    await runtime.advance(0);
    expect(calls.filter(({ started }) => started()).length).toBeGreaterThanOrEqual(2);
    const leased = calls.filter(({ started }) => started()).length;
    await runtime.advance(1_399);
    expect(calls.filter(({ started }) => started())).toHaveLength(leased);
    expect(results.map(({ result }) => result())).toEqual([null, null, null, null]);
  });

  it("leaves the local share when the lease is over", async () => {
    const { answerAll, guard, runtime, away } = scene({ DB_POOL_SIZE: "2" });
    void follow(guard.run(() => "done"));
    await answerAll();
    await away(1_000);
    // Frozen at what the renewal in flight keeps.
    const calls = Array.from({ length: 3 }, heldCall);
    for (const { call } of calls) void follow(guard.run(call));
    await runtime.advance(999);
    expect(calls.filter(({ started }) => started()).length).toBeLessThanOrEqual(2);
    await away(2_000);
    expect(calls.filter(({ started }) => started())).toHaveLength(2);
    calls[0]?.succeed();
    await runtime.advance(0);
    expect(calls[2]?.started()).toBe(true);
  });

  it("is told, when it is back, what still runs of the local share, which takes up room until it ends", async () => {
    const { sent, guard, instance, away, back, pass, runtime, shared } = scene({ DB_POOL_SIZE: "2" });
    const local = [heldCall(), heldCall()];
    for (const { call } of local) void follow(guard.run(call));
    await away(1_000);
    expect(local.map(({ started }) => started())).toEqual([true, true]);
    await back();
    await pass(runtime, 300);
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ owed: 2, keep: 0 });
    const other = instance();
    const late = heldCall();
    void follow(other.run(late.call));
    await pass(runtime, 1_000);
    expect(late.started()).toBe(false);
    local[0]?.succeed();
    await pass(runtime, 300);
    expect(late.started()).toBe(true);
    expect((await shared()).lanes.request).toMatchObject({ capacity: 2, held: 1 });
  });

  it("gives back what it granted in an answer that was lost", async () => {
    const { sent, guard, back, pass, runtime, shared } = scene();
    const call = heldCall();
    void follow(guard.run(call.call));
    await runtime.advance(0);
    sent[0]?.arrive();
    await sent[0]?.lose();
    expect([guard.attached(), call.started()]).toEqual([false, true]);
    await back();
    call.succeed();
    await pass(runtime, UNTIL_SILENT_MS);
    expect((await shared()).lanes.request).toMatchObject({ held: 0, running: 0 });
  });

  it("hears of a breaker that the local gate has opened meanwhile, which then keeps off the others too", async () => {
    const { guard, instance, away, back, pass, runtime, shared } = scene();
    for (let call = 0; call < 10; call++) {
      void follow(guard.run(broken));
      await runtime.advance(100);
    }
    await expect(guard.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "open" } });
    await away(0);
    await back();
    await pass(runtime, 100);
    const { breaker, transitions } = await shared();
    expect(breaker.state).toBe("open");
    expect(breaker.openMs).toBeLessThanOrEqual(36_000);
    expect(transitions.at(-1)).toMatchObject({ to: "open", cause: "adopted" });
    const refused = follow(instance().run(() => "never"));
    await pass(runtime, 50);
    expect(refused.result()?.error).toMatchObject({ refusal: { reason: "open" } });
  });

  it("that knows of a success since then does not open for it", async () => {
    const { guard, instance, back, pass, runtime, sent, answerAll, shared } = scene();
    for (let call = 0; call < 10; call++) {
      void follow(guard.run(broken));
      await runtime.advance(100);
    }
    const other = instance();
    const before = sent.length;
    const done = follow(other.run(() => "done"));
    await runtime.advance(0);
    for (const one of sent.slice(before)) await one.answer();
    await runtime.advance(250);
    await answerAll();
    expect(done.result()).toEqual({ value: "done" });
    await back();
    await pass(runtime, 300);
    expect((await shared()).breaker.state).toBe("closed");
  });

  it("is no reason to remember what an earlier outage has taught about the database", async () => {
    const { guard, away, back, pass, runtime } = scene();
    for (let call = 0; call < 10; call++) {
      void follow(guard.run(broken));
      await runtime.advance(100);
    }
    await back();
    const told = follow(guard.operate({ ...FORCED, mode: "force_closed", opId: "1" }) as Promise<unknown>);
    await pass(runtime, UNTIL_SILENT_MS + 2_000);
    expect(told.result()?.value).toMatchObject({ kind: "operated" });
    void follow(guard.run(() => "notices it"));
    await away(2_500);
    expect(await guard.run(() => "done")).toBe("done");
  });
});

describe("the view of an instance whose store is away", () => {
  it("is of the local gate, with the calls that run by it", async () => {
    const { guard, away } = scene();
    void follow(guard.run(heldCall().call));
    await away(1_000);
    expect(await guard.view()).toMatchObject({
      breaker: { state: "closed" },
      lanes: { request: { capacity: 4, running: 1 } },
      override: null,
    });
  });

  it("shows the shared breaker that is known to be open, for as long as it was to be", async () => {
    const { guard, runtime, pass, away } = scene();
    for (let call = 0; call < 10; call++) {
      void follow(guard.run(broken));
      await pass(runtime, 50);
    }
    void follow(guard.view() as Promise<GateView>);
    await away(5_000);
    const { breaker } = await guard.view();
    expect(breaker.state).toBe("open");
    expect(breaker.openMs).toBeGreaterThan(20_000);
    expect(breaker.openUntil - runtime.wallMs()).toBe(breaker.openMs);
    await expect(guard.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "open" } });
    await away(breaker.openMs);
    expect((await guard.view()).breaker.state).toBe("closed");
    expect(await guard.run(() => "done")).toBe("done");
  });

  it("shows the override in force, with what is left of it", async () => {
    const { guard, answerAll, away } = scene();
    void follow(guard.operate({ ...FORCED, mode: "force_open", opId: "1" }) as Promise<unknown>);
    await answerAll();
    void follow(guard.view() as Promise<GateView>);
    await away(30_000);
    const { breaker, override } = await guard.view();
    expect(breaker).toMatchObject({ state: "open", openMs: 60_000 });
    expect(override).toMatchObject({ mode: "force_open", remainingMs: 60_000, actor: "me", reason: "x" });
    await expect(guard.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "forced" } });
  });
});
