/** A store that lost its data, or has forgotten an instance: what is brought along into the new life. */
import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import type { GateView, OperateReply } from "../../lib/gate/renewal.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const ENV = { DB_POOL_SIZE: "4", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", STATE_DEADLINE_MS: "60000" };
const LIFE = Date.UTC(2026, 0, 1);
const FORCED = { ttlMs: 90_000, expectedVersion: null, actor: "me", reason: "x" } as const;

function scene(env: Record<string, string> = {}) {
  const far = farStore();
  const many = fleet({ ...ENV, ...env }, far.adapter);
  const view = async (guard: ReturnType<typeof many.instance>) => {
    const seen = follow(guard.view() as Promise<GateView>);
    await far.answerAll();
    await far.answerAll();
    return seen.result()?.value as GateView;
  };
  return { ...far, ...many, view };
}

describe("a store that lost its data", () => {
  it("says that it does not know the instance, which opens in the new life, by name, and with what it holds", async () => {
    const { sent, answerAll, forget, runtime, instance, view } = scene();
    const guard = instance();
    const held = [heldCall(), heldCall(), heldCall()];
    for (const { call } of held) void follow(guard.run(call));
    await answerAll();
    await runtime.advance(249);
    forget();
    await runtime.advance(1);
    await answerAll();
    const [unknown, opening] = sent.slice(1).map(({ renewal }) => renewal);
    expect(unknown).toMatchObject({ life: LIFE, opens: null, n: 2 });
    expect(opening).toMatchObject({
      n: 3,
      life: LIFE + 250,
      opens: { generation: LIFE },
      lanes: { request: { keep: 3, need: 3 } },
    });
    expect(await view(guard)).toMatchObject({ lanes: { request: { running: 3 } } });
  });

  it("counts what all of them hold, also above the capacity, and grants nothing until that is below it", async () => {
    const { answerAll, pass, forget, runtime, instance, view } = scene({ EXPECTED_INSTANCES: "2" });
    const [one, other] = [instance(), instance()];
    const held = Array.from({ length: 4 }, heldCall);
    await view(one);
    await runtime.advance(2_000);
    for (const { call } of held) void follow(one.run(call));
    await answerAll();
    forget();
    const early = Array.from({ length: 3 }, heldCall);
    for (const { call } of early) void follow(other.run(call));
    await answerAll();
    // The holder has not spoken yet, and nobody gets more than its share.
    const running = () => early.filter(({ started }) => started()).length;
    expect(running()).toBe(2);
    await pass(runtime, 300);
    expect((await view(one)).lanes.request).toMatchObject({ capacity: 4, held: 6, running: 6, waiting: 1 });
    for (const { succeed } of held.slice(0, 2)) succeed();
    await pass(runtime, 300);
    expect([running(), (await view(one)).lanes.request.held]).toEqual([2, 4]);
    held[2]?.succeed();
    // In its first two seconds nobody gets more than its share, whoever waits.
    await pass(runtime, 300);
    expect(running()).toBe(2);
    await pass(runtime, 1_500);
    expect(running()).toBe(3);
  });

  it("takes no votes of its former life, and goes on counting refusals and calls", async () => {
    const { answerAll, forget, instance, view } = scene();
    const guard = instance();
    const failing = heldCall();
    void follow(guard.run(failing.call));
    await answerAll();
    forget();
    failing.fail(new DatabaseError("connection", "gone"));
    await answerAll();
    await answerAll();
    expect(await view(guard)).toMatchObject({
      window: { calls: 0, failures: 0 },
      totals: { calls: { request: { failure: 1 } } },
    });
  });

  it("is asked by a call that waits in the message that opens, too", async () => {
    const { sent, answerAll, pass, forget, runtime, instance } = scene();
    const guard = instance();
    void follow(guard.run(() => "done"));
    await pass(runtime, UNTIL_SILENT_MS);
    forget();
    const before = sent.length;
    const call = heldCall();
    void follow(guard.run(call.call));
    await answerAll();
    expect(sent.slice(before).map(({ renewal }) => renewal)).toMatchObject([
      { opens: null, lanes: { request: { waiting: 1 } } },
      { opens: { generation: LIFE }, lanes: { request: { waiting: 1 } } },
    ]);
    expect(call.started()).toBe(true);
  });

  it("counts a call that began by a grant of its former life, whose answer came later", async () => {
    const { sent, answerAll, pass, forget, runtime, instance, view } = scene();
    const guard = instance();
    const call = heldCall();
    void follow(guard.run(call.call));
    await turn();
    sent[0]?.arrive();
    await runtime.advance(5);
    forget();
    await answerAll();
    expect(call.started()).toBe(true);
    await pass(runtime, 300);
    expect(await view(guard)).toMatchObject({ lanes: { request: { running: 1 } } });
    expect((await view(guard)).lanes.request.held).toBeGreaterThanOrEqual(1);
  });

  it("is told the highest numbers that were heard, so that none of the former life is taken for one of the new", async () => {
    const { sent, answerAll, forget, runtime, instance, view } = scene();
    const guard = instance();
    void follow(guard.operate({ ...FORCED, mode: "force_open", opId: "1" }) as Promise<OperateReply>);
    await answerAll();
    await runtime.advance(10);
    forget();
    const { overrideVersion } = await view(guard);
    expect(sent.at(-1)?.renewal).toMatchObject({
      life: LIFE + 10,
      opens: { generation: LIFE + 1, overrideVersion: LIFE + 1 },
    });
    expect(overrideVersion).toBe(LIFE + 10);
  });

  it("hears of the override that was in force, with what is left of it", async () => {
    const { answerAll, forget, runtime, instance, view } = scene();
    const guard = instance();
    void follow(guard.operate({ ...FORCED, mode: "force_open", opId: "1" }) as Promise<OperateReply>);
    await answerAll();
    await runtime.advance(30_000);
    forget();
    expect(await view(guard)).toMatchObject({
      override: { mode: "force_open", actor: "me", reason: "x", remainingMs: 60_000 },
      breaker: { state: "open" },
    });
  });

  it("hears of a breaker that was open, which goes on refusing", async () => {
    const { pass, forget, runtime, instance, view } = scene();
    const guard = instance();
    for (let call = 0; call < 10; call++) {
      void follow(guard.run(() => Promise.reject(new DatabaseError("connection", "gone"))));
      await pass(runtime, 50);
    }
    expect((await view(guard)).breaker).toMatchObject({ state: "open" });
    const { openUntil } = (await view(guard)).breaker;
    await runtime.advance(2_000);
    forget();
    const { state, openUntil: later } = (await view(guard)).breaker;
    expect(state).toBe("open");
    expect(Math.abs(later - openUntil)).toBeLessThanOrEqual(1);
  });

  it("obeys the first word of an operator after it", async () => {
    const { answerAll, forget, runtime, instance, view } = scene();
    const guard = instance();
    void follow(guard.run(() => "done"));
    await answerAll();
    await runtime.advance(100);
    forget();
    const told = follow(guard.operate({ ...FORCED, mode: "force_open", opId: "1" }) as Promise<OperateReply>);
    await answerAll();
    await answerAll();
    expect(told.result()?.value).toMatchObject({ kind: "operated" });
    expect(await view(guard)).toMatchObject({ override: { mode: "force_open" }, breaker: { state: "open" } });
  });

  it("again and again is as good as away: the instance works by its local share, and tries every half second", async () => {
    const { sent, forget, runtime, instance, events } = scene();
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await turn();
    await sent[0]?.answer();
    await runtime.advance(250);
    for (let time = 1; time <= 5 && sent[time]; time++) {
      await runtime.advance(1);
      forget();
      await sent[time]?.answer();
    }
    expect(events.map(({ event }) => event)).toContain("store.away");
    expect(guard.attached()).toBe(false);
    const before = sent.length;
    await runtime.advance(499);
    expect(sent).toHaveLength(before);
    await runtime.advance(1);
    expect(sent).toHaveLength(before + 1);
    await sent.at(-1)?.answer();
    expect(guard.attached()).toBe(true);
  });
});

describe("an instance that was silent for so long that its gate has forgotten it", () => {
  it("is let in as before, and the gate counts it once", async () => {
    const { sent, pass, runtime, instance, view } = scene();
    const guard = instance();
    void follow(guard.run(() => "done"));
    await pass(runtime, UNTIL_SILENT_MS);
    await runtime.advance(620_000);
    const again = follow(guard.run(() => "again"));
    await pass(runtime, 50);
    expect(again.result()).toEqual({ value: "again" });
    expect(sent.findLast(({ renewal }) => renewal.opens)?.renewal.n).toBeGreaterThan(1);
    expect(await view(guard)).toMatchObject({ n: 1 });
  });
});
