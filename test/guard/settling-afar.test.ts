import { describe, expect, it } from "vitest";
import { type FarStore, farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", STATE_DEADLINE_MS: "60000" };
const FOUR_PERMITS = { ...ONE_PERMIT, DB_POOL_SIZE: "4" };

const kindsOf = (sent: FarStore["sent"]) => sent.map(({ batch }) => batch.commands.map(({ kind }) => kind));

describe("a settle", () => {
  it("rides on the next ask, or leaves by itself within 10 ms", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet(FOUR_PERMITS, adapter);
    const guard = instance();
    const [first, second] = [heldCall(), heldCall()];
    for (const { call } of [first, second]) void follow(guard.run(call));
    await turn();
    await sent[0]?.answer();
    await runtime.advance(10);
    await sent[1]?.answer();
    first.succeed();
    await turn();
    void follow(guard.run(heldCall().call));
    await turn();
    expect(kindsOf(sent)[2]).toEqual(["settle", "admit"]);
    await sent[2]?.answer();
    second.succeed();
    await runtime.advance(9);
    expect(sent).toHaveLength(3);
    await runtime.advance(1);
    expect(kindsOf(sent)[3]).toEqual(["settle"]);
  });

  it("leaves at once where it is a failure, or where the lane has no room left", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_POOL_SIZE: "2" }, adapter);
    const guard = instance();
    const [failing, crowding, last] = [heldCall(), heldCall(), heldCall()];
    void follow(guard.run(failing.call));
    await turn();
    await sent[0]?.answer();
    await runtime.advance(10);
    await sent[1]?.answer();
    failing.fail(new Error("broken"));
    await turn();
    expect(kindsOf(sent)[2]).toEqual(["settle"]);
    await sent[2]?.answer();
    for (const { call } of [crowding, last]) void follow(guard.run(call));
    await turn();
    await sent[3]?.answer();
    last.succeed();
    await turn();
    expect(kindsOf(sent)[4]).toEqual(["settle"]);
  });
});

describe("a store that loses a reply", () => {
  it("takes back what it granted in a reply that was lost, and the call runs in the instance's own share", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance, events } = fleet(ONE_PERMIT, adapter);
    const guard = instance();
    const call = heldCall();
    void follow(guard.run(call.call));
    await turn();
    sent[0]?.arrive();
    await sent[0]?.lose();
    await turn();
    expect(call.started()).toBe(true);
    expect(events.map(({ event }) => event)).toContain("store.away");
    await runtime.advance(500);
    expect(sent[1]?.batch).toMatchObject({ doneBelow: 3, commands: [{ kind: "cancel" }] });
    await sent[1]?.answer();
    expect(events.map(({ event }) => event)).toContain("store.back");
    const view = follow(Promise.resolve(guard.view()));
    await turn();
    await sent.at(-1)?.answer();
    expect(view.result()?.value).toMatchObject({ lanes: { request: { held: 0 } } });
  });

  it("is told of a settle again and again until it says so", async () => {
    const { adapter, sent } = farStore();
    const { runtime, instance } = fleet(ONE_PERMIT, adapter);
    const done = follow(instance().run(() => "done"));
    await turn();
    await sent[0]?.answer();
    await turn();
    expect(done.result()).toEqual({ value: "done" });
    const settle = { kind: "settle", id: expect.stringMatching(/\.1$/) };
    for (let time = 1; time < 4; time++) {
      expect(sent[time]?.batch.commands).toContainEqual(expect.objectContaining(settle));
      await sent[time]?.lose();
      await runtime.advance(500);
    }
    await sent[4]?.answer();
    await runtime.advance(5_000);
    for (const { batch } of sent.slice(5)) expect(batch.commands).not.toContainEqual(expect.objectContaining(settle));
  });
});
