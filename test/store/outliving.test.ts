/** Calls to the store on platforms that freeze or end an instance with its answer. */
import { expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { outliving } from "../../lib/store/outliving.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { type FarBatch, farStore } from "../support/far-store.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function guarded(store: StoreAdapter, isTold: boolean) {
  const runtime = manualRuntime();
  const told: Promise<unknown>[] = [];
  const waitUntil = isTold ? (work: Promise<unknown>) => void told.push(work) : undefined;
  const tide = tidegate({
    database: fakeDatabase(() => []),
    store,
    config: readConfig({}),
    log: silent,
    runtime,
    waitUntil,
  });
  return { runtime, told, tide };
}

const ends = ({ batch }: FarBatch): boolean => batch.commands.some(({ kind }) => kind === "settle");

/** Until the call has its answer, and no moment longer. Where the platform is told, no time passes at all. */
async function answered(isTold: boolean) {
  const { adapter, sent } = farStore();
  const { runtime, told, tide } = guarded(adapter, isTold);
  let done = false;
  void tide
    .run(() => 17)
    .then(() => {
      done = true;
    });
  for (let turn = 0; !done && turn < 100; turn++) {
    for (const each of sent) if (!ends(each)) await each.answer();
    if (!isTold) await runtime.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(done).toBe(true);
  const kinds = sent.flatMap(({ batch }) => batch.commands.map(({ kind }) => kind));
  return { kinds, told, sent };
}

it("the end of a permit is sent with the answer, and the platform is told to wait for it", async () => {
  const { kinds, told, sent } = await answered(true);
  expect(kinds).toContain("settle");
  expect(told).toHaveLength(sent.length);
  let waits = true;
  const last = told.at(-1)?.then(() => (waits = false));
  await Promise.resolve();
  expect(waits).toBe(true);
  for (const batch of sent) await batch.answer();
  await last;
  expect(waits).toBe(false);
});

it("elsewhere it waits for a moment, to share its way with another", async () => {
  const { kinds, told } = await answered(false);
  expect(kinds).toContain("admit");
  expect(kinds).not.toContain("settle");
  expect(told).toEqual([]);
});

it("a store in this process has nothing to wait for", async () => {
  const { told, tide } = guarded(memory(), true);
  expect(await tide.run(() => 17)).toBe(17);
  expect(told).toEqual([]);
});

it("what fails is told to the caller alone", async () => {
  const away = () => Promise.reject(new Error("away"));
  const runtime = manualRuntime();
  const near = memory().open(runtime);
  const told: Promise<unknown>[] = [];
  const far = { ...near, traits: { ...near.traits, inProcess: false }, kv: { get: away, set: away } };
  const store = outliving(far, (work) => void told.push(work));
  await expect(store.kv.get("key")).rejects.toThrow("away");
  expect(await Promise.all(told)).toEqual([undefined]);
});
