/** Machines in a store that can only read and write. */
import { expect, test } from "vitest";
import { gateMachine } from "../../lib/gate/machine.ts";
import { compareAndSet, type StatePlace } from "../../lib/store/compare-and-set.ts";
import { opened } from "../../lib/store/deno-kv/form.ts";
import type { Machine } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { counter } from "../support/machines.ts";
import { renewalOf } from "./caller.ts";

/** A place that takes every write. */
function emptyPlace() {
  const stored: string[] = [];
  const place: StatePlace = {
    name: "here",
    load: async () => ({ mark: `${stored.length || ""}`, saved: stored.at(-1) ?? "", now: 0 }),
    store: async (_, __, saved) => stored.push(saved) > 0,
  };
  return { place, stored };
}

/** What its state is, whatever it is told. */
const keeping = (state: unknown): Machine<unknown, null, object> => ({
  name: "keeping",
  empty: () => state,
  step: () => ({ push: [] }),
});

test("a state that is JSON goes on from one message to the next", async () => {
  const { place, stored } = emptyPlace();
  for (const add of [1, 2]) await compareAndSet(place, manualRuntime(), counter, add);
  expect(stored).toEqual(['{"sum":1}', '{"sum":3}']);
});

test("the gate itself is refused at its first message, where its maps would be lost without a word", async () => {
  const { place, stored } = emptyPlace();
  const told = compareAndSet(place, manualRuntime(), gateMachine, renewalOf("a", { n: 1 }));
  await expect(told).rejects.toThrow(TypeError);
  await expect(told).rejects.toThrow(/^store the state of leases: plain objects.*needed, found a Map as "seconds"/);
  expect(stored).toEqual([]);
});

test.each([
  ["a Set", { seen: new Set() }, 'a Set as "seen"'],
  ["a Date, though JSON has a text for it", { at: new Date(0) }, 'a Date as "at"'],
  ["an object of a class", [new URL("https://host/")], 'a URL as "0"'],
  ["no number", { n: Number.NaN }, 'the number NaN as "n"'],
  ["a function", () => 1, "the function () => 1"],
])("a state that holds %s is refused by every home that keeps JSON", async (_, state, found) => {
  const { place } = emptyPlace();
  const error = `found ${found};`;
  await expect(compareAndSet(place, manualRuntime(), keeping(state), null)).rejects.toThrow(error);
  expect(() => opened(keeping(state), null).text()).toThrow(error);
});

test("what is undefined is no reason to refuse a state", async () => {
  const { place, stored } = emptyPlace();
  await compareAndSet(place, manualRuntime(), keeping({ a: undefined, b: null, list: [{ deep: "x" }] }), null);
  expect(stored).toEqual(['{"b":null,"list":[{"deep":"x"}]}']);
});
