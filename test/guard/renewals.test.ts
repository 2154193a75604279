/** One message at a time: how an instance speaks to its gate across a network that loses, repeats and delays. */
import { describe, expect, it } from "vitest";
import type { GateView } from "../../lib/gate/renewal.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const PATIENT = { DB_POOL_SIZE: "4", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", STATE_DEADLINE_MS: "60000" };
const QUICK = { ...PATIENT, STATE_DEADLINE_MS: "100" };

describe("a renewal", () => {
  it("speaks for all calls of one turn of the event loop", async () => {
    const { adapter, sent, answerAll } = farStore();
    const guard = fleet(PATIENT, adapter).instance();
    const calls = Array.from({ length: 3 }, heldCall);
    for (const { call } of calls) void follow(guard.run(call));
    expect(sent).toEqual([]);
    await turn();
    expect(sent.map(({ renewal }) => renewal.lanes.request)).toMatchObject([{ need: 3, waiting: 3 }]);
    await answerAll();
    expect(calls.map(({ started }) => started())).toEqual([true, true, true]);
  });

  it("is alone in flight, whatever happens meanwhile, and one more tells all of that", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet(PATIENT, adapter);
    const guard = instance();
    const [failing, ending] = [heldCall(), heldCall()];
    for (const { call } of [failing, ending]) void follow(guard.run(call));
    await answerAll();
    await runtime.advance(250);
    const before = sent.length;
    failing.fail(new Error("broken"));
    ending.succeed();
    for (let call = 0; call < 5; call++) void follow(guard.run(heldCall().call));
    void follow(guard.view() as Promise<GateView>);
    await runtime.advance(3_000);
    expect(sent).toHaveLength(before);
    await sent.at(-1)?.answer();
    expect(sent).toHaveLength(before + 1);
    expect(sent[before]?.renewal).toMatchObject({
      commands: [{ kind: "view" }],
      lanes: { request: { need: 5 } },
      votes: [{ calls: 2, failures: 1 }],
    });
  });

  it("is repeated unchanged, under its number, saying how long ago it was first sent, until it is answered", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet(QUICK, adapter);
    const guard = instance();
    void follow(guard.run(heldCall().call));
    await runtime.advance(5_000);
    expect(sent.slice(0, 4).map(({ renewal }) => renewal.agoMs)).toEqual([0, 750, 1_500, 2_250]);
    for (const { renewal } of sent) expect({ ...renewal, agoMs: 0 }).toEqual(sent[0]?.renewal);
    const count = sent.length;
    await sent.at(-1)?.answer();
    await runtime.advance(500);
    expect(sent.at(count)?.renewal).toMatchObject({ n: 2, agoMs: 0 });
    await runtime.advance(5_000);
    expect(sent.slice(count).map(({ renewal }) => renewal.n)).not.toContain(1);
  });

  it("is answered by a late answer too, which does not make the store be back", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance, events } = fleet(QUICK, adapter);
    const guard = instance();
    void follow(guard.run(() => "done"));
    await runtime.advance(800);
    expect(sent).toHaveLength(2);
    expect(guard.attached()).toBe(false);
    await sent[0]?.answer();
    expect(guard.attached()).toBe(false);
    await runtime.advance(499);
    expect(sent).toHaveLength(2);
    await runtime.advance(1);
    expect(sent[2]?.renewal).toMatchObject({ n: 2, agoMs: 0 });
    await sent[2]?.answer();
    expect(guard.attached()).toBe(true);
    const edges = events.map(({ event }) => event).filter((event) => event.startsWith("store."));
    expect(edges).toEqual(["store.away", "store.back"]);
  });

  it("counts its votes once, though it arrives three times", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet(PATIENT, adapter);
    const guard = instance();
    void follow(guard.run(() => Promise.reject(new Error("broken"))));
    await answerAll();
    const told = sent.find(({ renewal }) => renewal.votes.length > 0);
    for (let time = 0; time < 2; time++) told?.arriveAgain();
    await runtime.advance(UNTIL_SILENT_MS);
    for (const one of sent) one.arriveAgain();
    const view = follow(guard.view() as Promise<GateView>);
    await answerAll();
    expect(view.result()?.value).toMatchObject({
      window: { calls: 1, failures: 1 },
      totals: { calls: { request: { failure: 1 } } },
    });
  });
});

describe("an answer", () => {
  it("to an earlier number changes nothing, nor does one that comes twice", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet(QUICK, adapter);
    const guard = instance();
    const first = Array.from({ length: 4 }, heldCall);
    for (const { call } of first) void follow(guard.run(call));
    await answerAll();
    // The first copy of the second renewal is answered only when a later one is in flight.
    await runtime.advance(850);
    const [, copy, repeated] = sent;
    expect([copy?.renewal.n, repeated?.renewal.n]).toEqual([2, 2]);
    await repeated?.answer();
    for (const { succeed } of first) succeed();
    await guard.run(() => "done");
    // Its recent peak fades, so that the renewal then in flight keeps fewer than it has.
    const comes = async (count: number) => {
      for (let waited = 0; waited < 300 && sent.length < count; waited += 10) await runtime.advance(10);
    };
    for (let n = 3; sent.at(-1)?.renewal.lanes.request.keep !== 3 && n < 8; n++) {
      if (n > 3) await sent.at(-1)?.answer();
      await comes(n + 1);
    }
    const { n = 0, lanes } = sent.at(-1)?.renewal ?? {};
    expect(lanes).toMatchObject({ request: { keep: 3 } });
    expect(n).toBeGreaterThan(2);
    const count = sent.length;
    await copy?.answer();
    await repeated?.answer();
    const later = Array.from({ length: 4 }, heldCall);
    for (const { call } of later) void follow(guard.run(call));
    await runtime.advance(0);
    expect(later.filter(({ started }) => started())).toHaveLength(3);
    expect(sent).toHaveLength(count);
  });
});

describe("what became of calls", () => {
  it("is told in sums with the next renewal, a quarter of a second later at most", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet(PATIENT, adapter);
    const guard = instance();
    void follow(guard.run(() => "done"));
    await answerAll();
    for (let call = 0; call < 20; call++) await guard.run(() => "done");
    expect(sent).toHaveLength(1);
    await runtime.advance(250);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.renewal.votes).toMatchObject([{ calls: 21, failures: 0, ignored: 0 }]);
    expect(sent[1]?.renewal.sums.request.ended).toEqual({ success: 21, failure: 0, ignored: 0 });
  });

  it("is told at once where it is a failure", async () => {
    const { adapter, sent, answerAll } = farStore();
    const guard = fleet(PATIENT, adapter).instance();
    const failing = heldCall();
    void follow(guard.run(failing.call));
    await answerAll();
    failing.fail(new Error("broken"));
    await turn();
    expect(sent[1]?.renewal.votes).toMatchObject([{ calls: 1, failures: 1 }]);
  });

  it("is told at once where others wait for the permit", async () => {
    const { adapter, sent, pass } = farStore();
    const { runtime, instance } = fleet({ ...PATIENT, DB_POOL_SIZE: "1" }, adapter);
    const [one, other] = [instance(), instance()];
    const [holder, waiting] = [heldCall(), heldCall()];
    void follow(one.run(holder.call));
    await pass(runtime, 50);
    void follow(other.run(waiting.call));
    await pass(runtime, 250);
    const before = sent.length;
    holder.succeed();
    await turn();
    expect(sent[before]?.renewal.lanes.request).toMatchObject({ keep: 0, need: 0 });
    await sent[before]?.answer();
    await sent[before + 1]?.answer();
    expect(waiting.started()).toBe(true);
  });

  it("is told again and again where the answer is lost, and counts once", async () => {
    const { adapter, sent, answerAll, pass } = farStore();
    const { runtime, instance } = fleet(QUICK, adapter);
    const guard = instance();
    void follow(guard.run(() => Promise.reject(new Error("broken"))));
    await sent[0]?.answer();
    await answerAll();
    void follow(guard.run(() => Promise.reject(new Error("broken"))));
    await turn();
    for (let time = 0; time < 4; time++) {
      expect(sent.at(-1)?.renewal.votes).toMatchObject([{ calls: 1, failures: 1 }]);
      sent.at(-1)?.arrive();
      await sent.at(-1)?.lose();
      await runtime.advance(500);
    }
    await pass(runtime, 1_000);
    const view = follow(guard.view() as Promise<GateView>);
    await answerAll();
    expect(view.result()?.value).toMatchObject({ window: { calls: 2, failures: 2 } });
  });
});
