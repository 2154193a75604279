/** An instance without the shared gate, and its way back, in virtual time. */
import { describe, expect, it } from "vitest";
import type { GateView } from "../../lib/gate/replies.ts";
import type { Guard } from "../../lib/guard/guard.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type BadNetwork, badNetwork } from "../support/bad-network.ts";
import { type Fleet, fleet, follow, heldCall } from "../support/guarded.ts";

const ENV = {
  DB_POOL_SIZE: "7",
  DB_MAX_OVERFLOW: "0",
  DB_POOL_TIMEOUT: "10",
  EXPECTED_INSTANCES: "3",
  STATE_URL: "redis://test",
};

interface Scene extends Fleet {
  readonly network: BadNetwork;
  readonly guards: readonly Guard[];
}

/** Instances that have heard of each other, over a network that is fine so far. */
async function scene(env: Record<string, string> = {}, instances = 3): Promise<Scene> {
  const runtime = manualRuntime();
  const network = badNetwork(runtime, { adoptingMs: 0 });
  network.weather = { delayMs: 2, lost: 0, repeated: 0 };
  const many = fleet({ ...ENV, ...env }, network.adapter, runtime);
  const guards = Array.from({ length: instances }, () => many.instance());
  for (const guard of guards) await quick(many, guard);
  // Each looks at the others anew after 30 s.
  await runtime.advance(31_000);
  for (const guard of guards) await quick(many, guard);
  await runtime.advance(10);
  return { ...many, network, guards };
}

async function quick({ runtime }: Fleet, guard: Guard): Promise<void> {
  const done = follow(guard.run(() => "done"));
  await runtime.advance(20);
  expect(done.result()).toEqual({ value: "done" });
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
    expect(await letsIn(it, guard)).toBe(2);
    running.succeed();
    await it.runtime.advance(0);
    expect(await letsIn(it, guard)).toBe(3);
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

  it("costs the calls that noticed one deadline, and the next ones nothing", async () => {
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
    const before = it.network.batches();
    for (let call = 0; call < 500; call++) {
      void follow(guard.run(() => "done"));
      await it.runtime.advance(10);
    }
    expect(it.network.batches() - before).toBeLessThanOrEqual(10);
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
    expect([first.started(), second.started()]).toEqual([false, false]);
    it.network.cut = "hanging";
    own.succeed();
    await it.runtime.advance(100);
    expect([first.started(), second.started()]).toEqual([true, false]);
    it.network.cut = null;
    theirs.succeed();
    await it.runtime.advance(2_000);
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

  it("goes on refusing while the breaker was known to be open", async () => {
    const it = await scene();
    const [guard, other] = it.guards as [Guard, Guard];
    for (let call = 0; call < 12; call++) {
      void follow(guard.run(() => Promise.reject(new Error("broken"))));
      await it.runtime.advance(50);
    }
    const refused = follow(other.run(() => "never"));
    await it.runtime.advance(10);
    expect(refused.result()?.error).toMatchObject({ refusal: { reason: "open" } });
    it.network.cut = "refused";
    await it.runtime.advance(5_000);
    const later = follow(other.run(() => "never"));
    await it.runtime.advance(60);
    expect(later.result()?.error).toMatchObject({ refusal: { reason: "open" } });
  });
});

describe("a breaker that is open", () => {
  it("is answered from memory for a second, and the gate is told how often", async () => {
    const it = await scene({}, 1);
    const [guard] = it.guards as [Guard];
    for (let call = 0; call < 12; call++) {
      void follow(guard.run(() => Promise.reject(new Error("broken"))));
      await it.runtime.advance(50);
    }
    const before = it.network.batches();
    for (let call = 0; call < 300; call++) {
      void follow(guard.run(() => "never"));
      await it.runtime.advance(10);
    }
    // Once a second by a call that asks, and a look after the change.
    expect(it.network.batches() - before).toBeLessThanOrEqual(6);
    const view = follow(Promise.resolve(guard.view()));
    await it.runtime.advance(10);
    const seen = view.result()?.value as GateView | undefined;
    expect(seen?.seconds.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(295);
  });
});
