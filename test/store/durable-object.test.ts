/** What is particular to the Durable Object, in real workerd: resets, storage that fails, data that is gone or newer. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Command } from "../../lib/gate/commands.ts";
import type { Store } from "../../lib/store/port.ts";
import { NOT_ALIVE, PERMIT, PLACE, RULES, refusal } from "../support/gate.ts";
import { troubleObject } from "../support/object-trouble.ts";
import type { Trouble } from "../support/object-worker.ts";
import { eventually } from "../support/processes.ts";
import { remoteStore } from "../support/remote-store.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";
import { Caller } from "./caller.ts";

const DAY_MS = 86_400_000;
const ONE = { ...RULES, capacity: { request: 1, slow: 1, health: 1 } };
const settle = (id: string): Command => ({ kind: "settle", id, outcome: "success", slow: false });
let keys = 0;

describe.skipIf(workerdUnavailable())(`a Durable Object ${workerdUnavailable() ?? ""}`, () => {
  let workerd: Workerd;
  let store: Store;
  const to = (name: string, trouble: Trouble) => troubleObject(workerd, name, trouble);
  const entries = (name: string) => to(name, { trouble: "entries" });

  beforeAll(async () => {
    workerd = await startWorkerd({ entry: "object-worker.ts", objects: { OBJECTS: "TestObject" } });
    store = await remoteStore(workerd.url);
  });
  afterAll(() => workerd?.dispose());

  function gate() {
    const key = `{tidegate:object:${++keys}}`;
    const [a, b] = [new Caller(store, key, "a", ONE), new Caller(store, key, "b", ONE)];
    return { a, b, name: `${key}:gate` };
  }

  /** One permit, one waiter, and an override to come back to. */
  async function busy() {
    const { a, b, name } = gate();
    const [held, waiting] = [a.asks(), b.asks({ waitMs: 60_000 })];
    expect((await a.sends([held]))[0]).toMatchObject(PERMIT);
    expect((await b.sends([waiting]))[0]).toMatchObject({ ...PLACE, ahead: 0 });
    return { a, b, name, held, waiting };
  }

  test("that is reset has forgotten nothing it had answered", async () => {
    const { a, b, name, held, waiting } = await busy();
    await to(name, { trouble: "abort" });
    expect((await a.sends([a.asks()]))[0]).toMatchObject(refusal("full"));
    expect((await b.sends([waiting]))[0]).toMatchObject(PLACE);
    expect(await a.sends([settle(held.id)])).toMatchObject([{ alive: true }]);
    await to(name, { trouble: "abort" });
    expect(await a.sends([settle(held.id)])).toMatchObject([NOT_ALIVE]);
    expect((await b.sends([waiting]))[0]).toMatchObject(PERMIT);
  });

  test("that is reset under load holds every permit it had granted, and serves the next call", async () => {
    const key = `{tidegate:object:${++keys}}`;
    const a = new Caller(store, key, "a", { ...RULES, capacity: { request: 500, slow: 1, health: 1 } });
    await a.sends([]);
    const asks = Array.from({ length: 100 }, () => a.asks());
    const answers = asks.map((asked) => a.sends([asked]).then(([reply]) => reply?.kind));
    await Promise.race(answers);
    await to(`${key}:gate`, { trouble: "abort" });
    const settled = await Promise.allSettled(answers);
    const granted = asks.filter((_, n) => settled[n]?.status === "fulfilled");
    expect(granted.length).toBeGreaterThan(0);
    const ended = await a.sends(granted.map(({ id }) => settle(id)));
    expect(ended.filter((reply) => reply.kind === "ended" && reply.alive)).toHaveLength(granted.length);
  });

  test("whose storage fails answers with an error, and with nothing of the batch done", async () => {
    for (const afterWrites of [0, 1, 2, 3]) {
      const { a, b, name, held } = await busy();
      const before = await entries(name);
      await to(name, { trouble: "fail", afterWrites });
      await expect(a.sends([settle(held.id), a.asks({ lane: "slow" })])).rejects.toThrow(/gate: .*disk full/);
      await to(name, { trouble: "fail", afterWrites: 1_000 });
      expect(await entries(name)).toEqual(before);
      expect((await b.sends([b.asks({ lane: "slow" })]))[0]).toMatchObject(PERMIT);
      expect(await a.sends([settle(held.id)])).toMatchObject([{ alive: true }]);
    }
  });

  test("that was emptied begins a new life", async () => {
    const { a, name, held } = await busy();
    const { life } = await a.raw([]);
    await to(name, { trouble: "wipe" });
    const reply = await a.raw([], { opens: null });
    expect(reply).toMatchObject({ known: false });
    expect(reply.life).toBeGreaterThan(life);
    expect(await a.sends([settle(held.id)])).toMatchObject([NOT_ALIVE]);
  });

  test("never overwrites the state of a newer release", async () => {
    const { a, name } = await busy();
    const [[, core]] = (await entries(name)) as [[string, object]];
    await to(name, { trouble: "put", entry: "core", value: { ...core, schema: 2 } });
    await to(name, { trouble: "abort" });
    const before = await entries(name);
    await expect(a.sends([a.asks()])).rejects.toThrow(/its schema must be 1, was 2; run a newer release/);
    expect(await entries(name)).toEqual(before);
  });

  test("leaves nothing behind once nobody has used it for 90 days, and everything before", async () => {
    const { name } = await busy();
    const before = await entries(name);
    const due = (await to(name, { trouble: "alarm" })) as number;
    expect(due - Date.now()).toBeGreaterThan(89 * DAY_MS);
    await to(name, { trouble: "ring", now: Date.now() + 89 * DAY_MS });
    expect(await entries(name)).toEqual(before);
    expect(await to(name, { trouble: "alarm" })).toBeGreaterThanOrEqual(due - 1_000);
    await to(name, { trouble: "ring", now: Date.now() + 91 * DAY_MS });
    expect(await entries(name)).toEqual([]);
    expect(await to(name, { trouble: "alarm" })).toBeNull();
  });

  test("removes a value when it expires, and is not made by asking for one", async () => {
    expect(await store.kv.get("never")).toBeNull();
    expect(await to("never:kv", { trouble: "alarm" })).toBeNull();
    await store.kv.set("short", "value", 300);
    await store.kv.set("long", "first", 300);
    await store.kv.set("long", "second", 60_000);
    await eventually("the value is gone", async () => ((await entries("short:kv")) as unknown[]).length === 0);
    expect(await store.kv.get("long")).toMatchObject({ value: "second" });
  });

  test("gives no value that has expired, however late its alarm", async () => {
    const setAt = Date.now() + DAY_MS;
    const at = (ms: number, call: object) => ({
      ...{ now: setAt + ms, evict: true, look: false },
      body: JSON.stringify(call),
    });
    const get = { call: "getValue" };
    const calls = [at(0, { call: "setValue", value: "v", ttlMs: 1_000 }), at(999, get), at(1_000, get), at(-1, get)];
    const heard = (await to("late:kv", { trouble: "history", calls })) as [{ answer: unknown }][];
    const answers = heard.map(([{ answer }]) => answer);
    expect(answers).toEqual([null, { value: "v", ageMs: 999 }, null, { value: "v", ageMs: 0 }]);
  });

  test("keeps texts of up to 2 MB, and says so of a longer one", async () => {
    const large = "z".repeat(1_900_000);
    await store.kv.set("large", large, 60_000);
    await expect(store.kv.set("large", "🌊".repeat(600_000), 60_000)).rejects.toThrow(
      /store a value: at most 2 MB .* found 1200000 characters/,
    );
    expect((await store.kv.get("large"))?.value).toBe(large);
    await expect(store.log.append("large", large + large, 0)).rejects.toThrow(/store a record: at most 2 MB/);
    expect(await store.log.append("large", large, 0)).toEqual({ appended: true, head: 1 });
  });

  test("knows a state's write that came twice for the one that was made", async () => {
    const write = (mark: string, nextMark: string) => {
      const body = JSON.stringify({ call: "storeState", mark, nextMark, saved: "{}" });
      return { now: Date.now(), evict: false, look: false, body };
    };
    const calls = [write("", "one"), write("", "one"), write("", "two"), write("one", "three")];
    const heard = (await to("twice:counter", { trouble: "history", calls })) as [{ answer: unknown }][];
    expect(heard.map(([{ answer }]) => answer)).toEqual([true, true, false, true]);
  });

  test("keeps the last 10,000 records of a log, by their positions", async () => {
    for (const position of [1, 2, 10_000]) {
      const entry = `record ${String(position).padStart(16, "0")}`;
      await to("full:log", { trouble: "put", entry, value: `record ${position}` });
    }
    expect(await store.log.append("full", "late", 9_999)).toEqual({ appended: false, head: 10_000 });
    expect(await store.log.append("full", "next", 10_000)).toEqual({ appended: true, head: 10_001 });
    const left = await store.log.read("full", Number.MAX_SAFE_INTEGER, 10);
    expect(left.map(({ position }) => position)).toEqual([10_001, 10_000, 2]);
  });

  test("outlives the whole platform with what it had answered", async () => {
    const { a, b, held, waiting } = await busy();
    await store.log.append("lasting", "record", 0);
    await workerd.restart();
    const again = await remoteStore(workerd.url);
    for (const caller of [a, b]) caller.moveTo(again);
    expect((await a.sends([a.asks()]))[0]).toMatchObject(refusal("full"));
    expect(await a.sends([settle(held.id)])).toMatchObject([{ alive: true }]);
    expect((await b.sends([waiting]))[0]).toMatchObject(PERMIT);
    expect(await again.log.append("lasting", "next", 1)).toEqual({ appended: true, head: 2 });
  });
});
