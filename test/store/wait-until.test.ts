/** Calls to the store on platforms that freeze or end an instance with its answer. */
import { expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import { outliving } from "../../lib/store/outliving.ts";
import type { Store } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/testing.ts";
import { counter } from "../support/machines.ts";
import { Caller, ONE } from "./caller.ts";

/** A store whose answers the test lets through. */
function distant() {
  const near = memory().open(manualRuntime());
  const answers: (() => void)[] = [];
  const later = <Value>(value: Value) => new Promise<Value>((resolve) => answers.push(() => resolve(value)));
  const { kv, log, traits } = near;
  const store: Store = {
    ...near,
    traits: { ...traits, inProcess: false },
    transact: (machine, key, message) => later(near.transact(machine, key, message)) as never,
    kv: { get: (key) => later(kv.get(key)) as never, set: (...given) => later(kv.set(...given)) as never },
    log: {
      append: (...given) => later(log.append(...given)) as never,
      read: (...given) => later(log.read(...given)) as never,
    },
  };
  return { store, answers };
}

function told(store: Store) {
  const works: Promise<unknown>[] = [];
  return { store: outliving(store, (work) => void works.push(work)), works };
}

it("the platform is told to wait for each call, also for those that nobody here waits for", async () => {
  const { store: far, answers } = distant();
  const { store, works } = told(far);
  const calls = [
    () => store.transact(counter, "key", 1),
    () => store.kv.set("key", "value", 1_000),
    () => store.kv.get("key"),
    () => store.log.append("log", "record", 0),
    () => store.log.read("log", 9, 9),
  ];
  for (const call of calls) void call();
  expect(works).toHaveLength(calls.length);
  let waits = true;
  const all = Promise.all(works).then(() => {
    waits = false;
  });
  for (const answer of answers.slice(1)) answer();
  await new Promise((resolve) => setImmediate(resolve));
  expect(waits).toBe(true);
  answers[0]?.();
  await all;
});

it("what is given back on leaving has arrived before the platform may stop", async () => {
  const { store: far, answers } = distant();
  const { store, works } = told(far);
  const a = new Caller(store, "gate", "a", ONE);
  const entered = a.needs(1);
  answers.shift()?.();
  expect(await entered).toMatchObject({ permits: 1 });
  void a.needs(0, { votes: [a.vote(1)] });
  expect(works).toHaveLength(2);
  for (const answer of answers) answer();
  await Promise.all(works);
  const b = new Caller(far, "gate", "b", ONE);
  const asked = b.needs(1);
  answers.at(-1)?.();
  expect(await asked).toMatchObject({ permits: 1 });
});

it("nothing is to be left in an instance's hands, nor to wait for another request's I/O", () => {
  const { store: far } = distant();
  expect(told(far).store.traits).toEqual({ ...far.traits, sharesIo: false, freezes: true });
});

it("a store in this process has nothing to wait for, and is what it was", async () => {
  const near = memory().open(manualRuntime());
  const { store, works } = told(near);
  expect(store).toBe(near);
  await store.kv.set("key", "value", 1_000);
  expect(works).toEqual([]);
});

it("what fails is told to the caller alone", async () => {
  const away = () => Promise.reject(new Error("away"));
  const { store: far } = distant();
  const { store, works } = told({ ...far, kv: { get: away, set: away } });
  await expect(store.kv.get("key")).rejects.toThrow("away");
  expect(await Promise.all(works)).toEqual([undefined]);
});
