import { describe, expect, it } from "vitest";
import { farStore } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

/** Two asks of an instance that nobody knows yet; the store loses its data between them. */
async function acrossTwoLives() {
  const { adapter, sent, forget } = farStore();
  const { runtime, instance } = fleet({ DB_POOL_SIZE: "4" }, adapter);
  const guard = instance();
  const [older, newer] = [heldCall(), heldCall()];
  void follow(guard.run(older.call));
  void follow(guard.run(newer.call));
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
    expect(sent[2]?.batch).toMatchObject({ opens: null, commands: [{ kind: "admit" }] });
    await sent[2]?.answer();
    expect(older.started()).toBe(true);
    const view = follow(Promise.resolve(guard.view()));
    await sent.at(-1)?.answer();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { held: 2 } } });
  });

  it("hears of the highest numbers that were ever heard, in whatever order they came", async () => {
    const { adapter, sent, forget } = farStore();
    const { runtime, instance } = fleet({}, adapter);
    const guard = instance();
    const command = { ttlMs: 9_000, expectedVersion: null, actor: "me", reason: "x" };
    void follow(Promise.resolve(guard.view()));
    void follow(Promise.resolve(guard.operate({ ...command, mode: "force_open", opId: "1" })));
    void follow(Promise.resolve(guard.view()));
    for (const batch of sent) batch.arrive();
    const life = Date.UTC(2026, 0, 1);
    for (const batch of [...sent].reverse()) await batch.answer();
    await runtime.advance(0);
    forget();
    void follow(Promise.resolve(guard.view()));
    await sent[3]?.answer();
    // The new store's clock has not moved, so that its life has the same mark: what differs is that nobody is known.
    expect(sent[4]?.batch.opens).toMatchObject({ life, generation: life + 1, overrideVersion: life + 1 });
  });
});
