/** An instance that its platform may freeze or end between two requests: nothing is left in its hands. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createGuard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { withWaitUntil } from "../../lib/store/wait-until.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

const ENV = { DB_POOL_SIZE: "4", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", STATE_DEADLINE_MS: "60000" };

function frozen(env: Record<string, string> = {}) {
  const runtime = manualRuntime();
  const far = farStore();
  const works: Promise<unknown>[] = [];
  const store = withWaitUntil(far.adapter.open(runtime), (work) => void works.push(work));
  const { log } = fleet();
  const rules = guardRules(readConfig({ ...ENV, ...env }), store.traits);
  const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
  const instance = () => createGuard({ name: "main", store, key: "main", rules, about, runtime, log });
  return { ...far, runtime, works, instance };
}

describe("an instance that may be frozen between two requests", () => {
  it("sends one message to enter and one to leave, which is under way before its caller has the answer", async () => {
    const { sent, works, instance, runtime } = frozen();
    const guard = instance();
    const held = heldCall();
    let sentAtAnswer = 0;
    const answered = guard.run(held.call).then((value) => {
      sentAtAnswer = works.length;
      return value;
    });
    await turn();
    expect(sent.map(({ renewal }) => renewal.lanes.request)).toMatchObject([{ keep: 0, need: 1, want: 1 }]);
    await sent[0]?.answer();
    expect(held.started()).toBe(true);
    held.succeed();
    expect(await answered).toBe("done");
    expect(sentAtAnswer).toBe(2);
    expect(sent.slice(1).map(({ renewal }) => renewal)).toMatchObject([
      { lanes: { request: { keep: 0, need: 0, want: 0 } }, votes: [{ calls: 1 }] },
    ]);
    await sent[1]?.answer();
    await runtime.advance(250);
    expect([sent.length, runtime.pendingTimers()]).toEqual([2, 0]);
    await Promise.all(works);
  });

  it("has given everything back by then", async () => {
    const { answerAll, instance } = frozen();
    const [guard, other] = [instance(), instance()];
    for (let call = 0; call < 3; call++) {
      void follow(guard.run(() => "done"));
      await answerAll();
    }
    const view = follow(Promise.resolve(other.view()));
    await answerAll();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { held: 0, running: 0 } }, window: { calls: 3 } });
  });

  it("keeps what the calls need that still run, and gives it back with the last of them", async () => {
    const { sent, answerAll, instance } = frozen();
    const guard = instance();
    const calls = [heldCall(), heldCall()] as const;
    for (const { call } of calls) {
      void follow(guard.run(call));
      await answerAll();
    }
    const before = sent.length;
    calls[0].succeed();
    await turn();
    expect(sent).toHaveLength(before);
    calls[1].succeed();
    await turn();
    expect(sent).toHaveLength(before + 1);
    expect(sent[before]?.renewal).toMatchObject({ lanes: { request: { keep: 0, need: 0 } }, votes: [{ calls: 2 }] });
  });

  it("lets a call beside another begin by what is held, where it holds that much", async () => {
    const { sent, answerAll, instance } = frozen();
    const guard = instance();
    const [long, first] = [heldCall(), heldCall()];
    for (const { call } of [long, first]) void follow(guard.run(call));
    await answerAll();
    first.succeed();
    await turn();
    const before = sent.length;
    const next = heldCall();
    void follow(guard.run(next.call));
    expect([next.started(), sent.length]).toEqual([true, before]);
  });

  it("asks in the request it is asked in, not in a later turn, which may belong to another one", () => {
    const { sent, instance } = frozen();
    void follow(instance().run(() => "done"));
    expect(sent).toHaveLength(1);
  });

  it("has no timer of its own while calls run, and asks again for calls that wait", async () => {
    const { sent, answerAll, instance, runtime } = frozen({ DB_POOL_SIZE: "1" });
    const [guard, other] = [instance(), instance()];
    const holder = heldCall();
    void follow(other.run(holder.call));
    await answerAll();
    await runtime.advance(250);
    // The deadline of the call itself.
    expect(runtime.pendingTimers()).toBe(1);
    const waiting = heldCall();
    void follow(guard.run(waiting.call));
    await answerAll();
    expect(waiting.started()).toBe(false);
    holder.succeed();
    await answerAll();
    await runtime.advance(250);
    await answerAll();
    expect(waiting.started()).toBe(true);
    waiting.succeed();
    await answerAll();
    await runtime.advance(250);
    expect(runtime.pendingTimers()).toBe(0);
    expect(sent.at(-1)?.renewal.lanes.request).toMatchObject({ keep: 0 });
  });

  it("looks after a renewal whose timer was never to come, with the next call", async () => {
    const { sent, instance, runtime, answerAll } = frozen({ STATE_DEADLINE_MS: "100" });
    const guard = instance();
    void follow(guard.run(() => "done"));
    // The platform ended the request, and with it the answer and its timers.
    runtime.stall(120_000);
    const next = follow(guard.run(() => "next"));
    expect(sent.length).toBeGreaterThan(1);
    await answerAll();
    await answerAll();
    expect(next.result()).toEqual({ value: "next" });
  });
});
