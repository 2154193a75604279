/** Made where clocks stand still, each at a moment of its own, as at the module scope of a Worker. */
import { expect, it } from "vitest";
import { readConfig } from "../lib/config.ts";
import { memory } from "../lib/store/memory.ts";
import type { StoreAdapter } from "../lib/store/port.ts";
import { fakeDatabase, manualRuntime } from "../lib/testing/testing.ts";
import { tidegate } from "../lib/tidegate.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** One that nobody reaches. */
function away(): StoreAdapter {
  const near = memory();
  return {
    ...near,
    kind: "redis",
    open: (runtime) => {
      const store = near.open(runtime);
      const transact = () => Promise.reject(new Error("away"));
      return { ...store, kind: "redis", traits: { ...store.traits, inProcess: false }, transact };
    },
  };
}

it.each([
  ["at 0", "memory", memory, 0],
  ["at 0", "a store that is away", away, 0],
  ["at the time of the deployment", "memory", memory, Date.UTC(2025, 0, 1)],
  ["at the time of the deployment", "a store that is away", away, Date.UTC(2025, 0, 1)],
])("an instance made with its clock %s tells times of today, with %s", async (_, __, store, frozenAt) => {
  const manual = manualRuntime();
  let isFrozen = true;
  const runtime = {
    ...manual,
    wallMs: () => (isFrozen ? frozenAt : manual.wallMs()),
    // As on Workers: milliseconds since 1970.
    monotonicMs: () => (isFrozen ? 0 : manual.wallMs()),
  };
  const config = readConfig({ CIRCUIT_BREAKER_WINDOW_SIZE: "1", CIRCUIT_BREAKER_FAILURE_THRESHOLD: "1" });
  const tide = tidegate({ database: fakeDatabase(() => []), store: store(), config, runtime, log: SILENT });
  isFrozen = false;
  for (let times = 0; times < 12; times += 1) {
    tide.run(() => Promise.reject(new Error("failed"))).catch(() => {});
    await manual.advance(100);
  }
  const { at, breaker, instances } = await tide.view();
  const told = [at, breaker.openUntil, ...instances.map(({ about }) => about.startedAt)];
  expect(breaker.state).toBe("open");
  expect(told.length).toBeGreaterThan(2);
  for (const time of told) expect(Math.abs((time ?? 0) - manual.wallMs())).toBeLessThan(60_000);
});
