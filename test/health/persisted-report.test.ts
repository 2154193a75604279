/** The last known health beside the store: what it is good for when that is away, and that it harms nothing. */
import { expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import type { HealthKeep } from "../../lib/health/persisted-report.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { fakeDatabase, type ManualRuntime, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { follow } from "../support/guarded.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** As far behind as it is told. */
function fakeKeep() {
  const entries = new Map<string, string>();
  const keep: HealthKeep = {
    get: async (key) => entries.get(key) ?? null,
    put: async (key, value) => entries.set(key, value),
  };
  return { keep, entries };
}

/** Away from its first call on. */
function awayStore(): StoreAdapter {
  const near = memory();
  const open: StoreAdapter["open"] = (runtime) => {
    const store = near.open(runtime);
    const away = () => Promise.reject(new Error("the store is away"));
    return { ...store, traits: { ...store.traits, inProcess: false }, transact: away };
  };
  return { ...near, open };
}

function instance(runtime: ManualRuntime, healthKeep: HealthKeep | undefined, store: StoreAdapter = memory()) {
  const waited: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => void waited.push(work);
  const tide = tidegate({
    database: fakeDatabase(() => []),
    store,
    config: readConfig({}),
    log: silent,
    runtime,
    healthKeep,
    waitUntil,
  });
  const routes = tide.routes();
  const health = async () => {
    const read = follow(Promise.resolve(routes.request("/health")).then((response) => response.json()));
    await runtime.advance(2_000);
    return read.result()?.value as Record<string, unknown> & { readonly services: object };
  };
  /** Somebody else has the one place that pings have, and does not give it back. */
  const blind = () => void follow(tide.run(() => new Promise<never>(() => {}), { lane: "health" }));
  return { blind, health, waited };
}

async function afterAnother(passedMs: number, spoil: (entries: Map<string, string>) => void = () => {}) {
  const runtime = manualRuntime();
  const { keep, entries } = fakeKeep();
  const first = instance(runtime, keep);
  expect(await first.health()).toMatchObject({ services: { database: "ok" } });
  expect(first.waited.length).toBeGreaterThan(0);
  expect(entries.size).toBe(1);
  spoil(entries);
  await runtime.advance(passedMs);
  const second = instance(runtime, keep, awayStore());
  second.blind();
  return second.health();
}

it("an instance that can ask neither the store nor the database says what was last known, while that is true", async () => {
  expect(await afterAnother(1_000)).toMatchObject({ status: "degraded", services: { database: "ok" } });
});

it("what is older than ten seconds says nothing, whoever kept it", async () => {
  expect(await afterAnother(10_000)).toMatchObject({ services: { database: "unknown" } });
});

it.each([
  ["garbage", "{"],
  ["nothing", "{}"],
  ["a report of the future", JSON.stringify({ at: Date.UTC(2100, 0, 1), report: "{}" })],
  ["half a report", JSON.stringify({ at: Date.UTC(2026, 0, 1), report: "{}" })],
])("%s is taken for nothing", async (_, text) => {
  const spoil = (entries: Map<string, string>) => {
    for (const key of entries.keys()) entries.set(key, text);
  };
  expect(await afterAnother(0, spoil)).toMatchObject({ services: { database: "unknown" } });
});

it("one that does not answer costs a reader no more than a moment, and one that fails nothing", async () => {
  for (const keep of [
    { get: () => new Promise<never>(() => {}), put: () => new Promise<never>(() => {}) },
    { get: () => Promise.reject(new Error("over quota")), put: () => Promise.reject(new Error("over quota")) },
  ]) {
    const runtime = manualRuntime();
    const { blind, health } = instance(runtime, keep, awayStore());
    expect(await health()).toMatchObject({ services: { database: "ok" } });
    await runtime.advance(11_000);
    blind();
    expect(await health()).toMatchObject({ services: { database: "unknown" } });
  }
});
