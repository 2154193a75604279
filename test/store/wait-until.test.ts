/** Calls to the store on platforms that freeze or end an instance with its answer. */
import { expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import type { Store } from "../../lib/store/port.ts";
import { withWaitUntil } from "../../lib/store/wait-until.ts";
import { manualRuntime } from "../../lib/testing/testing.ts";
import { counter } from "../support/machines.ts";
import { Caller, ONE } from "./caller.ts";

/** A store whose answers the test lets through. */
function remote() {
  const local = memory().open(manualRuntime());
  const answers: (() => void)[] = [];
  const later = <Value>(value: Value) => new Promise<Value>((resolve) => answers.push(() => resolve(value)));
  const { kv, log, traits } = local;
  const store: Store = {
    ...local,
    traits: { ...traits, inProcess: false },
    transact: (machine, key, message) => later(local.transact(machine, key, message)) as never,
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
  return { store: withWaitUntil(store, (work) => void works.push(work)), works };
}

it("the platform is told to wait for each call, also for those that nobody here waits for", async () => {
  const { store: remoteStore, answers } = remote();
  const { store, works } = told(remoteStore);
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
  const { store: remoteStore, answers } = remote();
  const { store, works } = told(remoteStore);
  const a = new Caller(store, "gate", "a", ONE);
  const entered = a.needs(1);
  answers.shift()?.();
  expect(await entered).toMatchObject({ permits: 1 });
  void a.needs(0, { votes: [a.vote(1)] });
  expect(works).toHaveLength(2);
  for (const answer of answers) answer();
  await Promise.all(works);
  const b = new Caller(remoteStore, "gate", "b", ONE);
  const asked = b.needs(1);
  answers.at(-1)?.();
  expect(await asked).toMatchObject({ permits: 1 });
});

it("nothing is to be left in an instance's hands, nor to wait for another request's I/O", () => {
  const { store: remoteStore } = remote();
  expect(told(remoteStore).store.traits).toEqual({ ...remoteStore.traits, sharesIo: false, freezes: true });
});

it("a store in this process has nothing to wait for, and is what it was", async () => {
  const local = memory().open(manualRuntime());
  const { store, works } = told(local);
  expect(store).toBe(local);
  await store.kv.set("key", "value", 1_000);
  expect(works).toEqual([]);
});

it("what fails is told to the caller alone", async () => {
  const away = () => Promise.reject(new Error("away"));
  const { store: remoteStore } = remote();
  const { store, works } = told({ ...remoteStore, kv: { get: away, set: away } });
  await expect(store.kv.get("key")).rejects.toThrow("away");
  expect(await Promise.all(works)).toEqual([undefined]);
});
