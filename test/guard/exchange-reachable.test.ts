import { describe, expect, test } from "vitest";
import { exchangeScene } from "../support/exchange-scene.ts";

const DEADLINE_MS = 500;
const TRY_AGAIN_MS = 500;

async function attached() {
  const scene = exchangeScene();
  scene.exchange.renew();
  await scene.sent[0]?.answer();
  return scene;
}

describe("a store that tells when it can be reached again (Rule 15)", () => {
  test("is asked the same at once, and has nobody listen any more when it is back", async () => {
    const { runtime, exchange, sent, reachable, listening } = await attached();
    expect(listening.size).toBe(0);
    exchange.renew();
    await sent[1]?.fail();
    await runtime.advance(100);
    reachable();
    expect(sent[2]?.renewal).toEqual({ ...sent[1]?.renewal, agoMs: 100 });
    await sent[2]?.answer();
    await runtime.advance(0);
    expect([exchange.attached(), listening.size, runtime.pendingTimers()]).toEqual([true, 0, 0]);
  });

  test("is asked at once though another attempt still waits, whose end then says nothing", async () => {
    const { runtime, exchange, sent, reachable } = await attached();
    exchange.renew();
    await runtime.advance(DEADLINE_MS + TRY_AGAIN_MS);
    expect(sent).toHaveLength(3);
    await runtime.advance(1);
    reachable();
    expect(sent).toHaveLength(4);
    await sent[2]?.fail();
    await sent[3]?.answer();
    await runtime.advance(0);
    expect([exchange.attached(), sent.length, runtime.pendingTimers()]).toEqual([true, 4, 0]);
  });

  test("that fails again is asked after half a second", async () => {
    const { runtime, exchange, sent, reachable } = await attached();
    exchange.renew();
    await sent[1]?.fail();
    reachable();
    await sent[2]?.fail();
    await runtime.advance(TRY_AGAIN_MS - 1);
    expect(sent).toHaveLength(3);
    await runtime.advance(1);
    expect(sent).toHaveLength(4);
  });

  test("is not listened to by who has closed, or is frozen between requests", async () => {
    const { exchange, sent, listening } = await attached();
    exchange.renew();
    await sent[1]?.fail();
    expect(listening.size).toBe(1);
    await exchange.close(false);
    expect(listening.size).toBe(0);
    const frozen = exchangeScene({ freezes: true });
    frozen.exchange.renew();
    await frozen.sent[0]?.fail();
    expect([frozen.exchange.attached(), frozen.listening.size]).toEqual([false, 0]);
  });
});
