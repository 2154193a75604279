import { describe, expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import type { Machine } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

/** Counts, and pushes to whom it is told to. */
const counter: Machine<{ sum: number }, { add: number; to?: string | null }, { sum: number; now: number }> = {
  name: "counter",
  empty: () => ({ sum: 0 }),
  step: (state, { add, to }, now) => {
    state.sum += add;
    return { sum: state.sum, now, push: to === undefined ? [] : [{ session: to, message: "wake" }] };
  },
};

describe("the memory store", () => {
  it("keeps one state per key, shared by everything that opens the same adapter", async () => {
    const adapter = memory();
    const [one, other] = [adapter.open(manualRuntime()), adapter.open(manualRuntime())];
    await one.transact(counter, "a", { add: 1 });
    expect(await other.transact(counter, "a", { add: 1 })).toMatchObject({ sum: 2 });
    expect(await other.transact(counter, "b", { add: 1 })).toMatchObject({ sum: 1 });
    expect(await memory().open(manualRuntime()).transact(counter, "a", { add: 1 })).toMatchObject({ sum: 1 });
  });

  it("keeps the states of different machines under one key apart", async () => {
    const store = memory().open(manualRuntime());
    await store.transact(counter, "a", { add: 1 });
    expect(await store.transact({ ...counter, name: "other" }, "a", { add: 1 })).toMatchObject({ sum: 1 });
  });

  it("has a clock in whole milliseconds that no jump of the wall clock moves", async () => {
    const runtime = manualRuntime();
    const store = memory().open(runtime);
    const { now } = await store.transact(counter, "a", { add: 0 });
    runtime.jumpWall(-3_600_000);
    await runtime.advance(10.5);
    expect((await store.transact(counter, "a", { add: 0 })).now).toBe(now + 10);
  });

  it("pushes after the step that said so, only to the one meant, and no more once it stopped listening", async () => {
    const { store, calls, stop } = listeners();
    store.transact(counter, "a", { add: 1, to: "me" });
    store.transact(counter, "{a:one}", { add: 1, to: "me_17" });
    expect(calls).toEqual([]);
    await Promise.resolve();
    expect(calls.splice(0)).toEqual(["me wake at a", "me wake at {a:one}"]);
    store.transact(counter, "a", { add: 1, to: "me" });
    stop();
    store.transact(counter, "a", { add: 1, to: "me" });
    await Promise.resolve();
    expect(calls).toEqual([]);
  });

  it("pushes to all of one scope what is for all, and says of which key", async () => {
    const { store, calls } = listeners();
    store.transact(counter, "a", { add: 1, to: null });
    store.transact(counter, "nobody's", { add: 1, to: null });
    await Promise.resolve();
    expect(calls.sort()).toEqual(["me wake at a", "you wake at a"]);
  });

  it("keeps a listener that came while another of its name left", async () => {
    const { store, calls, stop } = listeners();
    store.onPush("a", "me", (_, message) => calls.push(`me again ${message}`));
    stop();
    stop();
    store.transact(counter, "a", { add: 1, to: "me" });
    await Promise.resolve();
    expect(calls).toEqual(["me again wake"]);
  });

  function listeners() {
    const store = memory().open(manualRuntime());
    const calls: string[] = [];
    const stop = store.onPush("a", "me", (key, message) => calls.push(`me ${message} at ${key}`));
    store.onPush("a", "you", (key, message) => calls.push(`you ${message} at ${key}`));
    store.onPush("b", "me", (_, message) => calls.push(`elsewhere ${message}`));
    return { store, calls, stop };
  }

  it("tells the age of a value, forgets it when it expires, and keeps a thousand at most", async () => {
    const runtime = manualRuntime();
    const { kv } = memory().open(runtime);
    await kv.set("health", "fine", 5_000);
    await runtime.advance(4_999);
    expect(await kv.get("health")).toEqual({ value: "fine", ageMs: 4_999 });
    await runtime.advance(1);
    expect(await kv.get("health")).toBeNull();
    for (let n = 0; n <= 1_000; n++) await kv.set(`key ${n}`, "value", 5_000);
    expect(await kv.get("key 0")).toBeNull();
    expect(await kv.get("key 1")).not.toBeNull();
    for (let n = 0; n < 20; n++) await kv.set(`large ${n}`, "x".repeat(1_000_000), 5_000);
    expect(await kv.get("large 3")).toBeNull();
    expect((await kv.get("large 4"))?.value).toHaveLength(1_000_000);
    await kv.set("large 4", "short", 5_000);
    await kv.set("large 3", "short", 5_000);
    expect([await kv.get("large 5"), (await kv.get("large 4"))?.value]).toEqual([expect.anything(), "short"]);
  });

  it("appends to a log only for who has seen its end, and reads it backwards", async () => {
    const { log } = memory().open(manualRuntime());
    expect(await log.append("audit", "first", 0)).toEqual({ appended: true, head: 1 });
    expect(await log.append("audit", "forked", 0)).toEqual({ appended: false, head: 1 });
    expect(await log.append("audit", "second", 1)).toEqual({ appended: true, head: 2 });
    expect(await log.read("audit", 3, 10)).toEqual([
      { position: 2, record: "second" },
      { position: 1, record: "first" },
    ]);
    expect(await log.read("audit", 2, 10)).toEqual([{ position: 1, record: "first" }]);
    expect(await log.read("audit", 3, 1)).toEqual([{ position: 2, record: "second" }]);
    expect(await log.read("audit", 3, 0)).toEqual([]);
    expect(await log.read("other", 9, 10)).toEqual([]);
  });
});
