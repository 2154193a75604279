import { describe, expect, test } from "vitest";
import { slots } from "../../lib/database/slots.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { execution } from "../support/execution.ts";

const runtime = systemRuntime();

describe("slots", () => {
  test("hand out steady places before overflow, and the last used first", async () => {
    const places = slots(2, 1, runtime);
    const taken = [await places.acquire(execution(runtime)), await places.acquire(execution(runtime))];
    expect(taken).toEqual([0, 1]);
    expect(await places.acquire(execution(runtime))).toBe(2);
    places.release(1);
    places.release(0);
    expect(await places.acquire(execution(runtime))).toBe(0);
  });

  test("serve waiters in the order of their arrival", async () => {
    const places = slots(1, 0, runtime);
    const first = await places.acquire(execution(runtime));
    const order: number[] = [];
    const waiters = [1, 2, 3].map(async (name) => {
      const slot = await places.acquire(execution(runtime));
      order.push(name);
      places.release(slot);
    });
    expect(places.waiting()).toBe(3);
    places.release(first);
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
    expect([places.taken(), places.waiting()]).toEqual([0, 0]);
  });

  test("let a ping overtake waiting statements", async () => {
    const places = slots(1, 0, runtime);
    const first = await places.acquire(execution(runtime));
    const order: string[] = [];
    const waiters = (["request", "request", "health"] as const).map(async (lane) => {
      const slot = await places.acquire(execution(runtime, { lane }));
      order.push(lane);
      places.release(slot);
    });
    places.release(first);
    await Promise.all(waiters);
    expect(order).toEqual(["health", "request", "request"]);
  });

  test("refuse as exhausted at connectBy, and lose no slot over it", async () => {
    const places = slots(1, 0, runtime);
    const held = await places.acquire(execution(runtime));
    await expect(places.acquire(execution(runtime, { connectWithinMs: 20 }))).rejects.toMatchObject({
      fault: "exhausted",
    });
    expect(places.waiting()).toBe(0);
    places.release(held);
    expect(places.taken()).toBe(0);
    expect(await places.acquire(execution(runtime, { connectWithinMs: 0 }))).toBe(0);
  });

  test("a waiter that gives up leaves the line and no listener behind", async () => {
    const places = slots(1, 0, runtime);
    const held = await places.acquire(execution(runtime));
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...all: Parameters<typeof add>) => {
      listeners += 1;
      add(...all);
    };
    signal.removeEventListener = (...all: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...all);
    };
    const given = places.acquire(execution(runtime, { signal }));
    const next = places.acquire(execution(runtime));
    controller.abort();
    await expect(given).rejects.toMatchObject({ fault: "cancelled" });
    expect(listeners).toBe(0);
    places.release(held);
    expect(await next).toBe(0);
  });

  test("closing refuses waiters and newcomers, and waits for holders", async () => {
    const places = slots(1, 0, runtime);
    const held = await places.acquire(execution(runtime));
    const waiter = places.acquire(execution(runtime));
    places.close();
    await expect(waiter).rejects.toMatchObject({ fault: "cancelled" });
    await expect(places.acquire(execution(runtime))).rejects.toMatchObject({ fault: "cancelled" });
    let idle = false;
    const drained = places.idle().then(() => {
      idle = true;
    });
    await Promise.resolve();
    expect(idle).toBe(false);
    places.release(held);
    await drained;
  });
});
