/** Machines by compare-and-set, over a KV in which others are faster, and a file that others hold. */
import { describe, expect, test } from "vitest";
import { storeClock } from "../../../lib/store/deno-kv/clock.ts";
import { readText, writeText } from "../../../lib/store/deno-kv/pages.ts";
import type { Connection } from "../../../lib/store/deno-kv/platform.ts";
import { transactions } from "../../../lib/store/deno-kv/transactions.ts";
import type { Machine } from "../../../lib/store/port.ts";
import { type ManualRuntime, manualRuntime } from "../../../lib/testing/manual-runtime.ts";
import { fakeKv } from "../../support/fake-kv.ts";
import { counter, gateMachine } from "../../support/machines.ts";
import { renewalOf } from "../caller.ts";

/** Keeps what it is told, in order; refuses some of it, half done. */
const list: Machine<{ texts: string[] }, string, { texts: readonly string[] }> = {
  name: "list",
  empty: () => ({ texts: [] }),
  step: (state, text) => {
    state.texts.push(text);
    if (text === "refused") throw new Error("refused");
    return { texts: [...state.texts], push: [] };
  },
};
const RENEWAL = renewalOf("a");

function scene() {
  const kv = fakeKv();
  const instance = (runtime: ManualRuntime = manualRuntime()) => {
    const connect: Connection = Object.assign(async () => kv, { close: async () => {} });
    return transactions({ connect, clock: storeClock(runtime), runtime });
  };
  const key = (name: string) => ["tidegate", "machine", "k", name];
  const saved = async (name: string) => {
    const { text } = await readText(kv, storeClock(manualRuntime()), "a test", key(name), 16);
    return JSON.parse(text ?? "null");
  };
  return { kv, instance, key, saved };
}

/** Lets the pauses of a manual clock go by. */
async function inTime<Value>(runtime: ManualRuntime, promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  for (let n = 0; n < 40; n++) await runtime.advance(100);
  return promise;
}

describe("transactions", () => {
  test("that come together are committed together, each whole and in order", async () => {
    const { kv, instance, saved } = scene();
    const transact = instance();
    const texts = Array.from({ length: 50 }, (_, n) => `text ${n}`);
    const results = await Promise.all(texts.map((text) => transact(list, "k", text)));
    expect(results.map((one) => one.texts.at(-1))).toEqual(texts);
    expect(results.map((one) => one.texts.length)).toEqual(texts.map((_, n) => n + 1));
    expect((await saved("list")).texts).toEqual(texts);
    expect(kv.counts.commits).toBe(1);
  });

  test("hold the event loop for 64 messages at most", async () => {
    const { kv, instance } = scene();
    const transact = instance();
    await Promise.all(Array.from({ length: 130 }, () => transact(counter, "k", 1)));
    expect(kv.counts.commits).toBe(3);
    expect((await transact(counter, "k", 0)).sum).toBe(130);
  });

  test("refuse one message without a trace of it, and without the others", async () => {
    const { instance, saved } = scene();
    const transact = instance();
    const all = await Promise.allSettled(["a", "refused", "b", "refused"].map((text) => transact(list, "k", text)));
    expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect((await saved("list")).texts).toEqual(["a", "b"]);
  });

  test("need no read while nobody else writes, and notice who does", async () => {
    const { kv, instance } = scene();
    const [runtime, other] = [manualRuntime(), instance()];
    const transact = instance(runtime);
    await transact(counter, "k", 1);
    kv.counts.reads = 0;
    await transact(counter, "k", 1);
    expect(kv.counts).toEqual({ reads: 0, commits: 2 });
    await other(counter, "k", 10);
    expect((await inTime(runtime, Promise.resolve(transact(counter, "k", 1)))).sum).toBe(13);
    // From then on it reads first, until nobody else has written in between.
    await other(counter, "k", 10);
    kv.counts.commits = 0;
    expect((await transact(counter, "k", 1)).sum).toBe(24);
    expect(kv.counts.commits).toBe(1);
  });

  test("try again a bounded number of times, and say so", async () => {
    const { kv, instance, key } = scene();
    const runtime = manualRuntime();
    const transact = instance(runtime);
    await transact(counter, "k", 1);
    kv.before.commit = () => kv.put([...key("counter"), 0], (head) => head);
    const answer = inTime(runtime, Promise.resolve(transact(counter, "k", 1)));
    await expect(answer).rejects.toThrow(
      "deno-kv: counter k: write: one of 60 attempts must succeed, in each others were faster; send less often, or from fewer",
    );
    expect(kv.counts.commits).toBe(61);
    kv.before.commit = undefined;
    expect((await transact(counter, "k", 1)).sum).toBe(2);
  });

  test("wait for a file that another process holds, but not for ever", async () => {
    const { kv, instance } = scene();
    const runtime = manualRuntime();
    const transact = instance(runtime);
    let locked = 3;
    const lock = () => {
      if (locked-- > 0) throw new Error("database is locked");
    };
    kv.before = { read: lock, commit: lock };
    expect((await inTime(runtime, Promise.resolve(transact(counter, "k", 1)))).sum).toBe(1);
    locked = 1_000;
    const answer = inTime(runtime, Promise.resolve(transact(counter, "k", 1)));
    await expect(answer).rejects.toThrow("in each the file was locked by another process");
  });

  test("leave a gap after eight in a row, in which another can read and commit", async () => {
    const { kv, instance } = scene();
    const runtime = manualRuntime();
    const transact = instance(runtime);
    kv.before.commit = () => runtime.stall(5);
    for (let n = 0; n < 8; n++) await transact(counter, "k", 1);
    let done = false;
    const ninth = Promise.resolve(transact(counter, "k", 1)).then(() => {
      done = true;
    });
    await runtime.advance(9);
    expect(done).toBe(false);
    await runtime.advance(1);
    await ninth;
  });

  test("are not repeated where a commit may have taken effect", async () => {
    const { kv, instance, saved } = scene();
    const transact = instance();
    await transact(counter, "k", 1);
    kv.before.commit = () => {
      kv.before.commit = undefined;
      throw new Error("connection reset");
    };
    await expect(transact(counter, "k", 1)).rejects.toThrow("connection reset");
    expect(kv.counts.commits).toBe(2);
    expect((await saved("counter")).sum).toBe(1);
  });

  test("refuse only the message that does not fit, and write nothing of it", async () => {
    const { kv, instance, saved } = scene();
    const transact = instance();
    const texts = ["a", "x".repeat(800_000), "b"];
    const all = await Promise.allSettled(texts.map((text) => transact(list, "k", text)));
    expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(String((all[1] as PromiseRejectedResult).reason)).toContain("at most 768 KiB fit into one commit");
    expect((await saved("list")).texts).toEqual(["a", "b"]);
    expect(kv.keys()).toHaveLength(1);
  });

  test("refuse beyond ten thousand that wait", async () => {
    const { instance } = scene();
    const transact = instance();
    const all = await Promise.allSettled(Array.from({ length: 10_070 }, () => transact(counter, "k", 1)));
    const refused = all.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(70);
    expect((await transact(counter, "k", 0)).sum).toBe(10_000);
  });

  test("do not touch what a newer release has written, and keep what it has added", async () => {
    const { kv, instance, key, saved } = scene();
    await instance()(gateMachine, "k", RENEWAL);
    const written = await saved(gateMachine.name);
    const rewrite = async (state: object) => {
      const commit = kv.atomic();
      writeText(commit, "a newer release", key(gateMachine.name), JSON.stringify(state), 16, written.core.clock, 1e9);
      await commit.commit();
    };
    await rewrite({ ...written, weather: "calm", core: { ...written.core, wind: 3 } });
    await instance()(gateMachine, "k", RENEWAL);
    expect(await saved(gateMachine.name)).toMatchObject({ weather: "calm", core: { wind: 3 } });
    await rewrite({ ...written, core: { ...written.core, schema: 2 } });
    await expect(instance()(gateMachine, "k", RENEWAL)).rejects.toThrow("its schema must be 1, was 2");
    expect((await saved(gateMachine.name)).core.schema).toBe(2);
  });
});
