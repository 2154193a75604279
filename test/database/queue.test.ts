import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { createQueue, exhausted, type Queue } from "../../lib/database/queue.ts";
import { createTurns } from "../../lib/database/turns.ts";
import type { Lane } from "../../lib/gate/types.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { execution } from "../support/execution.ts";

function scene() {
  const runtime = manualRuntime();
  const queue: Queue<string> = createQueue<string>(runtime);
  const wait = (terms: { lane?: Lane; signal?: AbortSignal; withinMs?: number } = {}) =>
    queue.wait({
      lane: terms.lane ?? "request",
      signal: terms.signal ?? new AbortController().signal,
      by: runtime.monotonicMs() + (terms.withinMs ?? 1_000),
      late: exhausted,
    });
  return { runtime, queue, wait };
}

describe("the queue in front of connections", () => {
  test("serves in the order of arrival, and says when nobody waits", async () => {
    const { queue, wait } = scene();
    const waits = [wait(), wait()];
    expect(queue.size()).toBe(2);
    expect([queue.serve("a"), queue.serve("b"), queue.serve("c")]).toEqual([true, true, false]);
    expect(await Promise.all(waits)).toEqual(["a", "b"]);
  });

  test("lets a ping overtake waiting statements", async () => {
    const { queue, wait } = scene();
    const [statement, ping] = [wait(), wait({ lane: "health" })];
    queue.serve("first");
    queue.serve("second");
    expect(await Promise.all([statement, ping])).toEqual(["second", "first"]);
  });

  test("refuses as exhausted at its moment, and nothing is left of the wait", async () => {
    const { runtime, queue, wait } = scene();
    const waiting = wait({ withinMs: 20 });
    const refused = expect(waiting).rejects.toMatchObject({ fault: "exhausted" });
    await runtime.advance(20);
    await refused;
    expect([queue.size(), runtime.pendingTimers(), queue.serve("a")]).toEqual([0, 0, false]);
  });

  test("a caller that gives up in the turn in which its place comes has the place, and loses it to nobody", async () => {
    const { queue, wait } = scene();
    const controller = new AbortController();
    const served = wait({ signal: controller.signal });
    queue.serve("a");
    controller.abort();
    expect(await served).toBe("a");
  });

  test("a caller that gives up leaves the line, no timer and no listener", async () => {
    const { runtime, queue, wait } = scene();
    const controller = new AbortController();
    const [given, next] = [wait({ signal: controller.signal }), wait()];
    controller.abort();
    await expect(given).rejects.toMatchObject({ fault: "cancelled" });
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    queue.serve("a");
    expect(await next).toBe("a");
    expect(runtime.pendingTimers()).toBe(0);
    await expect(wait({ signal: controller.signal })).rejects.toMatchObject({ fault: "cancelled" });
  });

  test("closing refuses who waits and who comes", async () => {
    const { queue, wait } = scene();
    const waiting = wait();
    queue.close();
    await expect(waiting).rejects.toMatchObject({ fault: "cancelled" });
    await expect(wait()).rejects.toMatchObject({ fault: "cancelled" });
  });
});

describe("turns", () => {
  test("go from one to the next, and closing waits for whoever has one", async () => {
    const runtime = manualRuntime();
    const turns = createTurns(runtime);
    const order: string[] = [];
    await turns.begin(execution(runtime));
    const second = turns.begin(execution(runtime)).then(() => order.push("second"));
    const third = turns.begin(execution(runtime));
    expect(turns.waiting()).toBe(2);
    turns.end();
    await second;
    turns.close();
    await expect(third).rejects.toMatchObject({ fault: "cancelled" });
    const idle = turns.idle().then(() => order.push("idle"));
    turns.end();
    await idle;
    expect(order).toEqual(["second", "idle"]);
    expect(turns.taken()).toBe(false);
  });

  test("are not given to who has given up before, and stay free for the next", async () => {
    const runtime = manualRuntime();
    const turns = createTurns(runtime);
    const begun = turns.begin(execution(runtime, { signal: AbortSignal.abort() }));
    await expect(begun).rejects.toMatchObject({ fault: "cancelled" });
    expect([turns.taken(), turns.waiting(), runtime.pendingTimers()]).toEqual([false, 0, 0]);
    await turns.begin(execution(runtime));
    expect(turns.taken()).toBe(true);
  });

  test("are refused to who comes after the close, though it is nobody's turn", async () => {
    const runtime = manualRuntime();
    const turns = createTurns(runtime);
    turns.close();
    await expect(turns.begin(execution(runtime))).rejects.toMatchObject({ fault: "cancelled" });
    await turns.idle();
  });
});
