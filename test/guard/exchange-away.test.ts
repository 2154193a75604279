import { describe, expect, test } from "vitest";
import { exchangeScene, VIEW } from "../support/exchange-scene.ts";
import { follow } from "../support/guarded.ts";

const DEADLINE_MS = 500;
const FIRST_CONTACT_MS = 2_000;
const TRY_AGAIN_MS = 500;
const OVERDUE_MS = 1_000;

async function attached() {
  const scene = exchangeScene();
  scene.exchange.renew();
  await scene.sent[0]?.answer();
  return scene;
}
const events = (said: readonly (readonly [string, ...unknown[]])[]) =>
  said.map(([what]) => what).filter((what) => what !== "heard");

describe("a store that does not answer (Rule 15)", () => {
  test("is away after its deadline, the first time after that of the first contact", async () => {
    const { runtime, exchange, said, sent } = exchangeScene();
    exchange.renew();
    await runtime.advance(FIRST_CONTACT_MS - 1);
    expect(exchange.attached()).toBe(true);
    await runtime.advance(1);
    expect([exchange.attached(), events(said)]).toEqual([false, ["store.away", "lost"]]);
    expect(sent).toHaveLength(1);
    const later = await attached();
    later.exchange.renew();
    await later.runtime.advance(DEADLINE_MS - 1);
    expect(later.exchange.attached()).toBe(true);
    await later.runtime.advance(1);
    expect(later.exchange.attached()).toBe(false);
  });

  test("is asked the same again every half second, told how long ago that was said first", async () => {
    const { runtime, exchange, sent, said } = await attached();
    exchange.renew();
    await sent[1]?.fail();
    expect([sent.length, exchange.isQuiet()]).toEqual([2, false]);
    await runtime.advance(TRY_AGAIN_MS);
    expect(sent[2]?.renewal).toEqual({ ...sent[1]?.renewal, agoMs: TRY_AGAIN_MS });
    await sent[2]?.fail();
    await runtime.advance(TRY_AGAIN_MS);
    expect(sent[3]?.renewal.agoMs).toBe(2 * TRY_AGAIN_MS);
    expect(events(said)).toEqual(["store.away", "lost"]);
  });

  test("is not asked again, in a session that it opens, what its caller has given up", async () => {
    const { runtime, exchange, sent } = await attached();
    const asked = follow(exchange.ask(VIEW));
    await sent[1]?.fail();
    expect(asked.result()).toEqual({ value: null });
    await runtime.advance(TRY_AGAIN_MS);
    await sent[2]?.answer({ known: false } as never);
    expect(sent[3]?.renewal).toMatchObject({ n: 3, commands: [] });
  });

  test("is back with its answer, which says for how long it was away", async () => {
    const { runtime, exchange, sent, said, told } = await attached();
    exchange.renew();
    await sent[1]?.fail();
    await runtime.advance(TRY_AGAIN_MS);
    await sent[2]?.answer();
    await runtime.advance(0);
    expect(told).toEqual(["away", "back"]);
    expect([exchange.attached(), exchange.isQuiet(), runtime.pendingTimers()]).toEqual([true, true, 0]);
    const [, , back] = said.filter(([what]) => what !== "heard");
    expect(back).toEqual(["store.back", { gate: "main", away_ms: TRY_AGAIN_MS }]);
  });

  test("that answers late is heard, but is not back before it answers in time", async () => {
    const { runtime, exchange, sent, said } = await attached();
    exchange.renew();
    await runtime.advance(DEADLINE_MS);
    await sent[1]?.answer();
    expect(said.filter(([what]) => what === "heard")).toHaveLength(2);
    expect([exchange.attached(), sent.length]).toEqual([false, 2]);
    await runtime.advance(TRY_AGAIN_MS);
    expect(sent[2]?.renewal).toMatchObject({ n: 3, agoMs: 0 });
    await sent[2]?.answer();
    expect(exchange.attached()).toBe(true);
  });

  test("whose first answer to a repeated renewal comes late is heard once", async () => {
    const { runtime, exchange, sent, said } = await attached();
    exchange.renew();
    await runtime.advance(DEADLINE_MS + TRY_AGAIN_MS);
    expect(sent).toHaveLength(3);
    await sent[1]?.answer();
    await sent[2]?.answer();
    expect(said.filter(([what]) => what === "heard")).toHaveLength(2);
  });

  test("fails the attempt that is under way, and not a newer one", async () => {
    const { runtime, exchange, sent } = exchangeScene();
    exchange.renew();
    await runtime.advance(FIRST_CONTACT_MS + TRY_AGAIN_MS);
    expect(sent).toHaveLength(2);
    await sent[0]?.fail();
    await runtime.advance(TRY_AGAIN_MS);
    expect(sent).toHaveLength(2);
  });
});

describe("a timer that never came, as of a request that has ended", () => {
  test("is made up for by who asks next, half a second after what failed", async () => {
    const { runtime, exchange, sent } = await attached();
    exchange.renew();
    await sent[1]?.fail();
    runtime.stall(TRY_AGAIN_MS - 1);
    exchange.renew();
    expect(sent).toHaveLength(2);
    runtime.stall(1);
    exchange.renew();
    expect([sent.length, sent[2]?.renewal.n]).toEqual([3, 2]);
    expect(runtime.pendingTimers()).toBe(1);
    exchange.renew();
    expect(sent).toHaveLength(3);
  });

  test("is made up for a second after twice the deadline, where nothing failed", async () => {
    const { runtime, exchange, sent } = await attached();
    exchange.renew();
    runtime.stall(2 * DEADLINE_MS + OVERDUE_MS - 1);
    exchange.renew();
    expect(sent).toHaveLength(2);
    runtime.stall(1);
    exchange.renew();
    expect([sent.length, sent[2]?.renewal]).toMatchObject([3, { n: 2, agoMs: 2_000 }]);
  });
});

describe("closing", () => {
  test("without a word sends nothing, now or later", async () => {
    const { runtime, exchange, sent } = await attached();
    exchange.renew();
    await sent[1]?.fail();
    await exchange.close(false);
    exchange.renew();
    await runtime.advance(5_000);
    expect([sent.length, runtime.pendingTimers()]).toEqual([2, 0]);
  });

  test("sends nothing of what is asked for later, though nothing is in flight", async () => {
    const { exchange, sent } = await attached();
    await exchange.close(false);
    exchange.renew();
    expect(sent).toHaveLength(1);
  });

  test("tells once, and waits for what becomes of it", async () => {
    const scene = await attached();
    scene.leaves = true;
    const closed = follow(scene.exchange.close(true));
    expect(scene.sent[1]?.renewal.leaves).toBe(true);
    await scene.sent[1]?.answer();
    expect(closed.result()).toEqual({ value: undefined });
    await scene.exchange.close(true);
    expect(scene.sent).toHaveLength(2);
  });

  test("waits for what is in flight, and then tells", async () => {
    const scene = await attached();
    scene.exchange.renew();
    const closed = follow(scene.exchange.close(true));
    expect(scene.sent).toHaveLength(2);
    await scene.sent[1]?.answer();
    expect([scene.sent.length, closed.result()]).toEqual([3, null]);
    await scene.sent[2]?.answer();
    expect(closed.result()).not.toBeNull();
  });

  test("is over with the failure of what is in flight, or of its own word", async () => {
    for (const inFlight of [true, false]) {
      const scene = await attached();
      if (inFlight) scene.exchange.renew();
      const closed = follow(scene.exchange.close(true));
      await scene.sent[1]?.fail();
      await scene.runtime.advance(5_000);
      expect([closed.result(), scene.sent.length, scene.runtime.pendingTimers()]).toEqual([{ value: undefined }, 2, 0]);
    }
  });

  test("is over where the gate does not know any more who leaves", async () => {
    const scene = await attached();
    scene.leaves = true;
    const closed = follow(scene.exchange.close(true));
    await scene.sent[1]?.answer({ known: false } as never);
    expect([closed.result(), scene.sent.length]).toEqual([{ value: undefined }, 2]);
  });

  test("tells nobody who is away", async () => {
    const { exchange, sent } = await attached();
    exchange.renew();
    await sent[1]?.fail();
    await exchange.close(true);
    expect(sent).toHaveLength(2);
  });
});
