/** What is particular to the Durable Object, in real workerd: resets, storage that fails, data that is gone or newer. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateMachine } from "../../lib/gate/machine.ts";
import type { Renewal } from "../../lib/gate/renewal.ts";
import type { Step } from "../../lib/gate/step.ts";
import type { Store } from "../../lib/store/port.ts";
import { troubleObject } from "../support/object-trouble.ts";
import type { Trouble } from "../support/object-worker.ts";
import { eventually } from "../support/processes.ts";
import { remoteStore } from "../support/remote-store.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";
import { Caller, ONE, renewalOf } from "./caller.ts";

const DAY_MS = 86_400_000;
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

  function gate(rules = {}) {
    const key = `{tidegate:object:${++keys}}`;
    const instance = (session: string) => new Caller(store, key, session, { ...ONE, ...rules });
    return { a: instance("a"), b: instance("b"), instance, name: `${key}:${gateMachine.name}` };
  }

  /** One permit, somebody who needs it too, and votes. */
  async function busy() {
    const { a, b, name } = gate();
    await a.needs(1);
    expect((await a.sends({ votes: [a.vote(3, 1)] })).lanes.request.permits).toBe(1);
    expect((await b.needs(1)).permits).toBe(0);
    return { a, b, name };
  }

  test("that is reset has forgotten nothing it had answered", async () => {
    const { a, b, name } = await busy();
    await to(name, { trouble: "abort" });
    expect((await b.sends()).lanes.request.permits).toBe(0);
    expect((await a.again()).lanes.request.permits).toBe(1);
    expect((await a.views()).window).toMatchObject({ calls: 3, failures: 1 });
    await a.needs(0);
    await to(name, { trouble: "abort" });
    expect((await b.sends()).lanes.request.permits).toBe(1);
    expect((await a.needs(1)).permits).toBe(0);
  });

  test("that is reset under load holds every permit it had granted, and answers what is repeated", async () => {
    const { instance, name } = gate({ capacity: { request: 500, slow: 1, health: 1 } });
    const fleet = Array.from({ length: 100 }, (_, n) => instance(`c${n}`));
    await instance("first").sends();
    const answers = fleet.map((each) => each.needs(1));
    await Promise.race(answers);
    await to(name, { trouble: "abort" });
    const heard = await Promise.allSettled(answers);
    expect(heard.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    const { lanes } = await instance("viewer").views();
    expect(lanes.request.held).toBeGreaterThanOrEqual(heard.filter(({ status }) => status === "fulfilled").length);
    const again = await Promise.all(fleet.map((each) => each.again()));
    expect(again.filter((reply) => reply.lanes.request.permits === 1)).toHaveLength(100);
  });

  test("whose storage fails answers with an error, and with nothing of the renewal done", async () => {
    for (const afterWrites of [0, 1, 2]) {
      const { a, b, name } = await busy();
      const before = await entries(name);
      await to(name, { trouble: "fail", afterWrites });
      // Opening takes a row for the transition, too.
      const votes = [a.vote(10, 10)];
      await expect(a.needs(0, { votes, lanes: { slow: { need: 1, want: 1, waiting: 1 } } })).rejects.toThrow(
        /gate: .*disk full/,
      );
      await to(name, { trouble: "fail", afterWrites: 1_000 });
      expect(await entries(name)).toEqual(before);
      expect((await b.needs(1, {}, "slow")).permits).toBe(1);
      expect((await b.views()).breaker.state).toBe("closed");
      expect((await a.again()).breaker.state).toBe("open");
    }
  });

  test("that was emptied begins a new life", async () => {
    const { a, name } = await busy();
    const { life } = await a.sends();
    await to(name, { trouble: "wipe" });
    const reply = await a.raw(renewalOf("a", { n: 9, opens: null }));
    expect(reply).toMatchObject({ known: false, n: 9 });
    expect(reply.life).toBeGreaterThan(life);
  });

  test("never overwrites the state of a newer release", async () => {
    const { a, name } = await busy();
    const main = new Map((await entries(name)) as [string, { core: object }][]).get("main");
    await to(name, { trouble: "put", entry: "main", value: { ...main, core: { ...main?.core, schema: 2 } } });
    await to(name, { trouble: "abort" });
    const before = await entries(name);
    await expect(a.sends()).rejects.toThrow(/its schema must be 1, was 2; run a newer release/);
    expect(await entries(name)).toEqual(before);
  });

  describe("told at given moments", () => {
    const call = (renewal: Renewal, now: number, evict: boolean) => ({
      now,
      evict,
      body: JSON.stringify({ call: "gate", renewal }),
      look: false,
    });
    const working = (n: number, extra: Partial<Renewal> = {}) => {
      const votes = [{ generation: 0, probe: false, calls: n, failures: 0, slow: 0, ignored: 0, retryAfterMs: 0 }];
      return renewalOf("a", { n, lanes: { request: { keep: 1, need: 1, want: 1 } }, votes, ...extra });
    };
    const tell = async (name: string, calls: ReturnType<typeof call>[]) =>
      ((await to(name, { trouble: "history", calls })) as [{ answer?: Step; refused?: string }][]).map(([one]) => one);
    const START = 1_800_000_000_000;

    test("writes two rows a renewal, and a third once a second", async () => {
      const { name } = gate();
      await tell(name, [call(working(1), START, false)]);
      const within = async (afterWrites: number, n: number, now: number) => {
        await to(name, { trouble: "fail", afterWrites });
        const votes = [
          { generation: START, probe: false, calls: 2, failures: 0, slow: 0, ignored: 0, retryAfterMs: 0 },
        ];
        const [one] = await tell(name, [call(working(n, { votes }), now, false)]);
        return one?.refused ?? "stored";
      };
      expect(await within(2, 2, START + 100)).toBe("stored");
      expect(await within(2, 3, START + 900)).toBe("stored");
      expect(await within(3, 4, START + 1_000)).toBe("stored");
      expect(await within(2, 5, START + 1_250)).toBe("stored");
      expect(await within(1, 6, START + 1_500)).toContain("disk full");
    });

    test("is what it was in memory, though it is evicted before every renewal and five minutes go round", async () => {
      const { name } = gate();
      const state = gateMachine.empty();
      const told: Step[] = [];
      const calls: ReturnType<typeof call>[] = [];
      for (let [n, now] = [1, START]; now < START + 700_000; n++, now += 250 + ((n * 7_919) % 40) * 100) {
        const votes = [
          { generation: START, probe: false, calls: n, failures: 0, slow: 0, ignored: 0, retryAfterMs: 0 },
        ];
        const renewal = working(n, { votes, commands: [{ kind: "view" }], jitter: n % 10 });
        calls.push(call(renewal, now, n % 3 !== 0));
        told.push(structuredClone(gateMachine.step(state, renewal, now)));
      }
      const heard = await tell(name, calls);
      expect(heard.map(({ answer }) => answer?.reply)).toEqual(told.map(({ reply }) => reply));
    });
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
      now: setAt + ms,
      evict: true,
      look: false,
      body: JSON.stringify(call),
    });
    const get = { call: "getValue" };
    const calls = [at(0, { call: "setValue", value: "v", ttlMs: 1_000 }), at(999, get), at(1_000, get), at(-1, get)];
    const heard = (await to("late:kv", { trouble: "history", calls })) as [{ answer: unknown }][];
    const answers = heard.map(([{ answer }]) => answer);
    expect(answers).toEqual([null, { value: "v", ageMs: 999 }, null, { value: "v", ageMs: 0 }]);
  });

  test("keeps records of up to 2 MB and values of several rows, and says so of longer ones", async () => {
    const large = "z".repeat(1_900_000);
    const waves = "🌊".repeat(1_600_000);
    for (const value of [waves, large, "short", large]) {
      await store.kv.set("large", value, 60_000);
      expect((await store.kv.get("large"))?.value === value, `a value of ${value.length} characters`).toBe(true);
    }
    await expect(store.kv.set("large", "z".repeat(16_000_001), 60_000)).rejects.toThrow(
      /store a value: at most 16000000 characters are possible, found 16000001/,
    );
    expect((await store.kv.get("large"))?.value === large).toBe(true);
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
    const { a, b } = await busy();
    await store.log.append("lasting", "record", 0);
    await workerd.restart();
    const again = await remoteStore(workerd.url);
    for (const caller of [a, b]) caller.moveTo(again);
    expect((await b.sends()).lanes.request.permits).toBe(0);
    expect((await a.needs(0)).permits).toBe(0);
    expect((await b.sends()).lanes.request.permits).toBe(1);
    expect(await again.log.append("lasting", "next", 1)).toEqual({ appended: true, head: 2 });
  });
});
