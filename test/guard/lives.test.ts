import { describe, expect, it, vi } from "vitest";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

/** Two asks of an instance that nobody knows yet; the store loses its data between them. */
async function acrossTwoLives() {
  const { adapter, sent, forget } = farStore();
  const { runtime, instance } = fleet({ DB_POOL_SIZE: "4", STATE_DEADLINE_MS: "60000" }, adapter);
  const guard = instance();
  const [older, newer] = [heldCall(), heldCall()];
  for (const { call } of [older, newer]) {
    void follow(guard.run(call));
    await turn();
  }
  sent[0]?.arrive();
  await runtime.advance(5);
  forget();
  sent[1]?.arrive();
  return { guard, sent, older, newer };
}

describe("a store that lost its data", () => {
  it("is told its new life by name, where a first batch opened a session in it without", async () => {
    const { guard, sent } = await acrossTwoLives();
    await sent[0]?.answer();
    await sent[1]?.answer();
    for (let views = 0; views < 2; views++) {
      void follow(Promise.resolve(guard.view()));
      await turn();
      await sent.at(-1)?.answer();
    }
    const [naming, quiet] = sent.slice(-2).map(({ batch }) => batch.opens);
    const [oldLife, newLife] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 5];
    expect(naming).toMatchObject({ life: newLife, generation: newLife, overrideVersion: newLife });
    expect(naming?.generation).toBeGreaterThan(oldLife);
    expect(quiet).toBeNull();
  });

  it("has forgotten a permit that its answer from before brings later: the call asks again in the new life", async () => {
    const { guard, sent, older, newer } = await acrossTwoLives();
    await sent[1]?.answer();
    await sent[0]?.answer();
    expect([older.started(), newer.started()]).toEqual([false, true]);
    await turn();
    expect(sent[2]?.batch.opens).toBeNull();
    expect(sent[2]?.batch.commands).toContainEqual(expect.objectContaining({ kind: "admit" }));
    await sent[2]?.answer();
    expect(older.started()).toBe(true);
    const view = follow(Promise.resolve(guard.view()));
    await turn();
    await sent.at(-1)?.answer();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { held: 2 } } });
  });

  it("hears of the highest numbers that were ever heard, in whatever order they came", async () => {
    const { adapter, sent, forget } = farStore();
    const { runtime, instance } = fleet({ STATE_DEADLINE_MS: "60000" }, adapter);
    const guard = instance();
    const command = { ttlMs: 9_000, expectedVersion: null, actor: "me", reason: "x" };
    const asks = [
      () => guard.view(),
      () => guard.operate({ ...command, mode: "force_open", opId: "1" }),
      () => guard.view(),
    ];
    for (const ask of asks) {
      void follow(Promise.resolve(ask()));
      await turn();
    }
    for (const batch of sent) batch.arrive();
    const life = Date.UTC(2026, 0, 1);
    for (const batch of [...sent].reverse()) await batch.answer();
    await runtime.advance(10);
    forget();
    for (const batch of sent) await batch.answer();
    await runtime.advance(10);
    const last = sent.at(-1)?.batch.opens;
    expect(last).toMatchObject({ life: life + 10, generation: life + 1, overrideVersion: life + 1 });
  });

  it("hears what each instance still holds, and of the override that was in force", async () => {
    const { adapter, sent, forget } = farStore();
    const { runtime, instance } = fleet({ DB_POOL_SIZE: "4", STATE_DEADLINE_MS: "60000" }, adapter);
    const guard = instance();
    const held = heldCall();
    void follow(guard.run(held.call));
    await turn();
    await sent[0]?.answer();
    const command = { mode: "force_open", ttlMs: 90_000, expectedVersion: null, actor: "me", reason: "x" } as const;
    void follow(Promise.resolve(guard.operate({ ...command, opId: "1" })));
    await turn();
    await sent[1]?.answer();
    await runtime.advance(10);
    await sent[2]?.answer();
    await runtime.advance(1_000);
    forget();
    for (const batch of sent) await batch.answer();
    await runtime.advance(10);
    expect(sent.at(-1)?.batch.commands[0]).toMatchObject({
      kind: "adopt",
      permits: [{ lane: "request", remainingMs: expect.any(Number) }],
      override: { mode: "force_open", actor: "me", reason: "x", remainingMs: expect.any(Number) },
    });
  });
});

describe("a new life that first wants to hear who holds something", () => {
  const wanting = (adapter: StoreAdapter, adoptingMs: number): StoreAdapter => ({
    ...adapter,
    open: (runtime) => {
      const { traits, ...store } = adapter.open(runtime);
      return { ...store, traits: { ...traits, gate: { ...traits.gate, adoptingMs } } };
    },
  });

  it("is asked again where its answer comes when it no longer does", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ STATE_DEADLINE_MS: "60000" }, wanting(adapter, 200));
    const setTimer = vi.spyOn(runtime, "setTimer");
    const call = heldCall();
    void follow(instance().run(call.call));
    await turn();
    sent[0]?.arrive();
    await runtime.advance(250);
    await sent[0]?.answer();
    await turn();
    expect(call.started()).toBe(false);
    expect(sent[1]?.batch.commands).toContainEqual(expect.objectContaining({ kind: "admit" }));
    await sent[1]?.answer();
    expect(call.started()).toBe(true);
    expect(setTimer.mock.calls.filter(([, delayMs]) => delayMs < 0)).toEqual([]);
  });
});
