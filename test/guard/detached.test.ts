/** An instance without the shared gate, in virtual time: its share of the capacity, and its way back. */
import { describe, expect, it } from "vitest";
import type { GateView } from "../../lib/gate/renewal.ts";
import type { Guard } from "../../lib/guard/guard.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type BadNetwork, badNetwork } from "../support/bad-network.ts";
import { type Fleet, fleet, follow, heldCall } from "../support/guarded.ts";

const ENV = {
  DB_POOL_SIZE: "7",
  DB_MAX_OVERFLOW: "0",
  DB_POOL_TIMEOUT: "10",
  EXPECTED_INSTANCES: "3",
  STATE_DEADLINE_MS: "50",
  STATE_URL: "redis://test",
};

interface Scene extends Fleet {
  readonly network: BadNetwork;
  readonly guards: readonly Guard[];
}

/** Instances that have heard of each other, over a network that is fine so far, and hold nothing. */
async function scene(env: Record<string, string> = {}, instances = 3): Promise<Scene> {
  const runtime = manualRuntime();
  const network = badNetwork(runtime);
  network.weather = { delayMs: 2, lost: 0, repeated: 0 };
  const many = fleet({ ...ENV, ...env }, network.adapter, runtime);
  const guards = Array.from({ length: instances }, () => many.instance());
  for (let round = 0; round < 2; round++) {
    for (const guard of guards) await quick(many, guard);
    await runtime.advance(3_500);
  }
  return { ...many, network, guards };
}

async function quick({ runtime }: Fleet, guard: Guard): Promise<void> {
  const done = follow(guard.run(() => "done"));
  await runtime.advance(300);
  expect(done.result()).toEqual({ value: "done" });
}

async function viewed({ runtime }: Fleet, guard: Guard): Promise<GateView> {
  const view = follow(Promise.resolve(guard.view()));
  await runtime.advance(600);
  return view.result()?.value as GateView;
}

/** As many calls as an instance lets in at once. */
async function letsIn({ runtime }: Fleet, guard: Guard): Promise<number> {
  const calls = Array.from({ length: 20 }, heldCall);
  const leave = new AbortController();
  for (const { call } of calls) void follow(guard.run(call, { signal: leave.signal }));
  await runtime.advance(100);
  const started = calls.filter(({ started }) => started()).length;
  for (const { succeed } of calls) succeed();
  leave.abort();
  await runtime.advance(10);
  return started;
}

describe("an instance whose store is away", () => {
  it("works within its share: the capacity over all, and one more for the first of them", async () => {
    const it = await scene();
    it.network.cut = "refused";
    const shares = [];
    for (const guard of it.guards) shares.push(await letsIn(it, guard));
    expect(shares).toEqual([3, 2, 2]);
  });

  it("takes the least share where it never heard of its place", async () => {
    const runtime = manualRuntime();
    const network = badNetwork(runtime);
    network.weather = { delayMs: 2, lost: 0, repeated: 0 };
    network.cut = "refused";
    const alone = fleet(ENV, network.adapter, runtime);
    expect(await letsIn(alone, alone.instance())).toBe(2);
  });

  it("takes off what it still runs of the shared permits", async () => {
    const it = await scene();
    const [guard] = it.guards as [Guard];
    const running = heldCall();
    void follow(guard.run(running.call));
    await it.runtime.advance(10);
    it.network.cut = "refused";
    await it.runtime.advance(3_000);
    expect(await letsIn(it, guard)).toBe(2);
    running.succeed();
    await it.runtime.advance(0);
    expect(await letsIn(it, guard)).toBe(3);
  });

  it("tells the shared gate what went on meanwhile, so that the fleet's sums have every call", async () => {
    const it = await scene();
    const [guard] = it.guards as [Guard];
    const before = await viewed(it, guard);
    it.network.cut = "refused";
    await it.runtime.advance(3_000);
    // Three are let in, and end when their callers have left.
    expect(await letsIn(it, guard)).toBe(3);
    guard.tally("kept_fresh");
    expect(await viewed(it, guard)).toMatchObject({ local: true, totals: { tallies: { kept_fresh: 0 } } });
    it.network.cut = null;
    await it.runtime.advance(2_000);
    const after = await viewed(it, guard);
    expect(after.local).toBeUndefined();
    expect(after.totals.tallies.kept_fresh).toBe(before.totals.tallies.kept_fresh + 1);
    const { request } = before.totals.calls;
    expect(after.totals.calls.request).toEqual({ ...request, ignored: request.ignored + 3 });
  });

  it("tells for how long calls have waited for the local gate, too", async () => {
    const it = await scene();
    const [guard] = it.guards as [Guard];
    const before = await viewed(it, guard);
    it.network.cut = "refused";
    await it.runtime.advance(3_000);
    const calls = Array.from({ length: 4 }, heldCall);
    for (const { call } of calls) void follow(guard.run(call));
    await it.runtime.advance(100);
    expect(calls.map(({ started }) => started())).toEqual([true, true, true, false]);
    for (const { succeed } of calls) succeed();
    await it.runtime.advance(10);
    it.network.cut = null;
    await it.runtime.advance(2_000);
    const { calls: ended, waitedMs } = (await viewed(it, guard)).totals;
    expect(ended.request.success - before.totals.calls.request.success).toBe(4);
    expect(waitedMs.request - before.totals.waitedMs.request).toBeGreaterThanOrEqual(100);
  });

  it.each([
    ["where STATE_FALLBACK is closed", { STATE_FALLBACK: "closed" }],
    ["where there are more instances than permits", { EXPECTED_INSTANCES: "8", DB_POOL_SIZE: "2" }],
  ])("grants nothing %s, and the health lane keeps one", async (_, env) => {
    const it = await scene(env);
    const guard = it.guards.at(-1) as Guard;
    it.network.cut = "refused";
    const refused = follow(guard.run(() => "never"));
    await it.runtime.advance(60);
    expect(refused.result()?.error).toMatchObject({
      refusal: { reason: "detached", code: "SERVICE_UNAVAILABLE", retryAfterMs: 5_000 },
    });
    const ping = follow(guard.run(() => "pong", { lane: "health" }));
    await it.runtime.advance(0);
    expect(ping.result()).toEqual({ value: "pong" });
    expect(guard.attached()).toBe(false);
  });

  it("says so once, and once that it is back", async () => {
    const it = await scene({}, 1);
    const [guard] = it.guards as [Guard];
    it.network.cut = "hanging";
    for (let call = 0; call < 20; call++) {
      void follow(guard.run(() => "done"));
      await it.runtime.advance(200);
    }
    it.network.cut = null;
    await it.runtime.advance(600);
    expect(it.events.filter(({ event }) => event.startsWith("store."))).toEqual([
      { level: "warn", event: "store.away", fields: { gate: "main", error: expect.any(Error) } },
      { level: "info", event: "store.back", fields: { gate: "main", away_ms: expect.any(Number) } },
    ]);
    expect(guard.attached()).toBe(true);
  });

  it("costs the calls that notice it one deadline, where nothing is leased, and the next ones nothing", async () => {
    const it = await scene({}, 1);
    const [guard] = it.guards as [Guard];
    it.network.cut = "hanging";
    const first = follow(guard.run(() => "done"));
    await it.runtime.advance(49);
    expect(first.result()).toBeNull();
    await it.runtime.advance(1);
    expect(first.result()).toEqual({ value: "done" });
    const next = follow(guard.run(() => "done"));
    await it.runtime.advance(0);
    expect(next.result()).toEqual({ value: "done" });
  });

  it("tries again every half second, however many call", async () => {
    const it = await scene({}, 1);
    const [guard] = it.guards as [Guard];
    it.network.cut = "refused";
    void follow(guard.run(() => "done"));
    await it.runtime.advance(100);
    const before = it.network.renewals();
    for (let call = 0; call < 500; call++) {
      void follow(guard.run(() => "done"));
      await it.runtime.advance(10);
    }
    expect(it.network.renewals() - before).toBeLessThanOrEqual(10);
  });

  it("lets its waiters go on in its share, and back to the shared line", async () => {
    const it = await scene({ DB_POOL_SIZE: "3" });
    const [guard, other] = it.guards as [Guard, Guard];
    const [theirs, own, first, second] = [heldCall(), heldCall(), heldCall(), heldCall()];
    for (let call = 0; call < 2; call++) void follow(other.run(theirs.call));
    await it.runtime.advance(10);
    void follow(guard.run(own.call));
    await it.runtime.advance(10);
    for (const { call } of [first, second]) void follow(guard.run(call));
    await it.runtime.advance(10);
    expect([own.started(), first.started(), second.started()]).toEqual([true, false, false]);
    it.network.cut = "hanging";
    await it.runtime.advance(3_000);
    // Its share of one is what it still runs.
    expect([first.started(), second.started()]).toEqual([false, false]);
    own.succeed();
    await it.runtime.advance(10);
    expect([first.started(), second.started()]).toEqual([true, false]);
    it.network.cut = null;
    theirs.succeed();
    await it.runtime.advance(1_500);
    expect(second.started()).toBe(true);
  });

  it("cannot be told to override the breaker: the operator hears that nothing has been done", async () => {
    const it = await scene({}, 1);
    const [guard] = it.guards as [Guard];
    it.network.cut = "refused";
    const command = { mode: "force_open", ttlMs: 9_000, expectedVersion: null, actor: "me", reason: "x" } as const;
    const told = [follow(Promise.resolve(guard.operate({ ...command, opId: "1" })))];
    await it.runtime.advance(60);
    told.push(follow(Promise.resolve(guard.operate({ ...command, opId: "2" }))));
    await it.runtime.advance(0);
    for (const one of told) expect(one.result()?.error).toMatchObject({ refusal: { code: "SERVICE_UNAVAILABLE" } });
  });
});
