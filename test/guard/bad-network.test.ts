/** Whole fleets over a bad network, in virtual time: what holds whatever gets lost, late, repeated or out of order. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { Refused } from "../../lib/guard/refusal.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import type { Log } from "../../lib/log/port.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type BadNetwork, badNetwork, type Weather } from "../support/bad-network.ts";

const CAPACITY = 6;
const INSTANCES = 3;
const SEEDS = process.env.TIDEGATE_FULL === "1" ? 40 : 1;
const ENV = {
  DB_POOL_SIZE: String(CAPACITY),
  DB_MAX_OVERFLOW: "0",
  DB_POOL_TIMEOUT: "3",
  DB_CALL_TIMEOUT_MS: "2000",
  DB_TCP_CONNECT_TIMEOUT: "1",
  EXPECTED_INSTANCES: String(INSTANCES),
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1",
  STATE_URL: "redis://test",
};
/** Longest that a permit lives after its holder was heard: its lease, connecting, running, being cancelled. */
const LIFETIME_MS = 7_000;

interface World {
  readonly runtime: ManualRuntime;
  readonly network: BadNetwork;
  readonly guards: readonly Guard[];
  readonly running: () => number;
  /** The most that ran at a time since the last look. */
  readonly peak: () => number;
  readonly answered: Record<string, number>;
  readonly edges: string[];
  /** Calls at random until `ms` have passed. */
  readonly busy: (ms: number) => Promise<void>;
}

/** A fleet whose gate is past its first two seconds, when a new life wants to hear of holders first. */
async function world(seed: number): Promise<World> {
  const runtime = manualRuntime(seed);
  const network = badNetwork(runtime);
  const edges: string[] = [];
  const hear = (event: string) => {
    if (event.startsWith("store.")) edges.push(event);
  };
  const log: Log = { debug: hear, info: hear, warn: hear, error: hear };
  const store = network.adapter.open(runtime);
  const rules = guardRules(readConfig(ENV), store.traits);
  const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
  const guards = Array.from({ length: INSTANCES }, (_, n) =>
    createGuard({ name: `g${n}`, store, key: "main", rules, about, runtime, log }),
  );
  let [running, peak] = [0, 0];
  const answered: Record<string, number> = {};
  const count = (what: string) => {
    answered[what] = (answered[what] ?? 0) + 1;
  };
  const call = (guard: Guard) => {
    const abort = new AbortController();
    const left = runtime.random();
    if (left < 0.1) runtime.setTimer(() => abort.abort(new Error("left")), left * 2_000);
    guard
      .run(
        () => {
          running += 1;
          peak = Math.max(peak, running);
          return new Promise<void>((resolve, reject) => {
            runtime.setTimer(() => {
              running -= 1;
              if (runtime.random() < 0.02) reject(new Error("failed"));
              else resolve();
            }, runtime.random() * 80);
          });
        },
        { signal: abort.signal },
      )
      .then(
        () => count("done"),
        (error: unknown) => count(error instanceof Refused ? error.refusal.reason : String((error as Error).message)),
      );
  };
  const fleet: World = {
    runtime,
    network,
    guards,
    running: () => running,
    peak: () => {
      const most = peak;
      peak = running;
      return most;
    },
    answered,
    edges,
    busy: async (ms) => {
      const until = runtime.monotonicMs() + ms;
      while (runtime.monotonicMs() < until) {
        const guard = guards[Math.floor(runtime.random() * guards.length)];
        if (guard) call(guard);
        await runtime.advance(runtime.random() * 12);
      }
    },
  };
  await fleet.busy(2_200);
  fleet.peak();
  return fleet;
}

/** Nobody calls any more: everything that was taken has been given back. */
async function quietens({ runtime, guards, running, network }: World, ms: number): Promise<void> {
  network.weather = { delayMs: 5, lost: 0, repeated: 0 };
  await runtime.advance(ms);
  expect(running()).toBe(0);
  const view = Promise.resolve(guards[0]?.view());
  await runtime.advance(20);
  expect((await view)?.lanes).toMatchObject({ request: { held: 0, waiting: 0 }, slow: { held: 0, waiting: 0 } });
  expect(guards.map((guard) => guard.waiting())).toEqual(guards.map(() => 0));
}

const seeds = Array.from({ length: SEEDS }, (_, n) => [Number(process.env.TIDEGATE_SEED ?? 1) + n]);

describe("a fleet", () => {
  test.each(seeds)(
    "over a slow network never runs more than the capacity, and loses nothing (seed %i)",
    async (seed) => {
      const fleet = await world(seed);
      fleet.network.weather = { delayMs: 20, lost: 0, repeated: 0.2 } satisfies Weather;
      await fleet.busy(6_000);
      expect(fleet.peak()).toBe(CAPACITY);
      expect(fleet.edges).toEqual([]);
      await quietens(fleet, 4_000);
      expect(Object.keys(fleet.answered).sort()).toEqual(expect.arrayContaining(["done", "failed", "left"]));
      expect(fleet.answered.done).toBeGreaterThan(500);
    },
  );

  test.each(seeds)(
    "over a network that loses answers every call, and gives everything back (seed %i)",
    async (seed) => {
      const fleet = await world(seed);
      fleet.network.weather = { delayMs: 20, lost: 0.05, repeated: 0.1 };
      await fleet.busy(6_000);
      expect(fleet.peak()).toBeLessThanOrEqual(2 * CAPACITY);
      expect(fleet.edges).toContain("store.away");
      await quietens(fleet, LIFETIME_MS);
      for (const reason of Object.keys(fleet.answered)) {
        expect(["done", "failed", "left", "full", "open", "probing", "late"]).toContain(reason);
      }
    },
  );

  const outages = [
    ["hanging" as const, false],
    ["refused" as const, false],
    ["hanging" as const, true],
    ["refused" as const, true],
  ] as const;
  test.each(outages.flatMap(([how, emptied]) => seeds.map(([seed = 0]) => [how, emptied, seed] as const)))(
    "goes on within its bound while the store is %s, and after it (emptied: %s, seed %i)",
    async (how, emptied, seed) => {
      const fleet = await world(seed);
      await fleet.busy(3_000);
      expect(fleet.peak()).toBeLessThanOrEqual(CAPACITY);
      fleet.network.cut = how;
      await fleet.busy(1_000);
      // Whoever has a lease goes on by it, and nobody beside that.
      expect(fleet.peak()).toBeLessThanOrEqual(CAPACITY);
      await fleet.busy(3_000);
      expect(fleet.peak()).toBeLessThanOrEqual(2 * CAPACITY);
      const before = fleet.answered.done ?? 0;
      await fleet.busy(3_000);
      // A fixed share for each, which together are the capacity.
      expect(fleet.peak()).toBeLessThanOrEqual(CAPACITY);
      expect((fleet.answered.done ?? 0) - before).toBeGreaterThan(50);
      if (emptied) fleet.network.forget();
      fleet.network.cut = null;
      await fleet.busy(LIFETIME_MS);
      expect(fleet.peak()).toBeLessThanOrEqual(2 * CAPACITY);
      await fleet.busy(2_000);
      expect(fleet.peak()).toBeLessThanOrEqual(CAPACITY);
      expect(fleet.edges.filter((edge) => edge === "store.away")).toHaveLength(INSTANCES);
      expect(fleet.edges.filter((edge) => edge === "store.back")).toHaveLength(INSTANCES);
      await quietens(fleet, LIFETIME_MS);
      for (const reason of Object.keys(fleet.answered)) {
        expect(["done", "failed", "left", "full", "open", "probing", "late"]).toContain(reason);
      }
    },
  );
});
