/** While the breaker is not closed, who refuses callers has the database asked: once in 5 s for the fleet, monitors or not. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { createHealth, type Health } from "../../lib/health/health.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Store } from "../../lib/store/port.ts";
import { fakeDatabase, type ManualRuntime, manualRuntime } from "../../lib/testing/testing.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const queries = () => ({ count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, slowCount: 0, slowMs: 1_000, windowMs: 300_000 });
const away = () => Promise.reject(new DatabaseError("connection", "away"));

interface Database {
  up: boolean;
  /** When it was pinged. */
  readonly pings: number[];
}

function pinged(runtime: ManualRuntime, state: Database) {
  const database = fakeDatabase(() => []).open({ ...readConfig({}).pool }, runtime);
  const ping = async () => {
    state.pings.push(runtime.monotonicMs());
    if (!state.up) await away();
  };
  return { ...database, ping };
}

/** Instances whose guards have health refreshed, as an application's have. */
function fleet(size: number, env: Record<string, string> = {}) {
  const runtime = manualRuntime();
  const database: Database = { up: true, pings: [] };
  const config = readConfig(env);
  const store = memory().open(runtime);
  const rules = guardRules(config, store.traits);
  const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
  const waited: Promise<unknown>[] = [];
  const instances = Array.from({ length: size }, (): { readonly guard: Guard; readonly health: Health } => {
    const refusing = () => health.refreshIfDue();
    const guard = createGuard({ name: "main", store, key: "main", rules, about, runtime, log, refusing });
    const health = createHealth({
      guard,
      store,
      key: "main",
      config,
      queries,
      runtime,
      log,
      database: pinged(runtime, database),
      waitUntil: (work) => void waited.push(work),
    });
    return { guard, health };
  });
  /** A caller of each instance in every 100 ms. */
  const called = async (forMs: number, call: () => Promise<unknown>) => {
    for (let passedMs = 0; passedMs < forMs; passedMs += 100) {
      for (const { guard } of instances) void guard.run(call).catch(() => {});
      await runtime.advance(100);
    }
  };
  const state = async () => (await instances[0]?.guard.view())?.breaker.state;
  return { runtime, database, instances, waited, called, state };
}

describe("callers that an open breaker refuses", () => {
  it.each([
    ["as it is by default", {}],
    ["of one second", { HEALTH_MEMO_TTL_SECONDS: "1" }],
    ["switched off", { HEALTH_MEMO_TTL_SECONDS: "0" }],
    ["switched off for tests", { APP_ENV: "testing" }],
  ])("make one ping in 5 s for the whole fleet, with a memo %s", async (_, env) => {
    const { database, called, state } = fleet(4, env);
    database.up = false;
    await called(2_000, away);
    expect(await state()).toBe("open");
    await called(20_000, away);
    const gaps = database.pings.slice(1).map((at, n) => at - (database.pings[n] ?? 0));
    expect(database.pings.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(6_000);
  });

  it("have it tried again once two pings were answered, long before its time is over", async () => {
    const { runtime, database, called, state } = fleet(2, { CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "300" });
    database.up = false;
    await called(2_000, away);
    expect(await state()).toBe("open");
    database.up = true;
    const backAt = runtime.monotonicMs();
    const served: number[] = [];
    await called(20_000, async () => void served.push(runtime.monotonicMs()));
    expect((served[0] ?? Number.POSITIVE_INFINITY) - backAt).toBeLessThan(12_000);
    expect(await state()).toBe("closed");
  });

  it("leave the database alone that lets them in", async () => {
    const { database, called } = fleet(2);
    await called(12_000, async () => {});
    expect(database.pings).toEqual([]);
  });
});

describe("a refresh of health", () => {
  it("has the platform wait for what it began, and for nothing where nothing was to be done", async () => {
    const { runtime, database, instances, waited } = fleet(1);
    for (let refusal = 0; refusal < 100; refusal++) instances[0]?.health.refreshIfDue();
    await runtime.advance(0);
    expect([database.pings.length, waited.length]).toEqual([1, 1]);
    await Promise.all(waited);
  });

  it("throws nothing where the platform has no request to wait with", () => {
    const runtime = manualRuntime();
    const store = memory().open(runtime);
    const { guard } = fleet(1).instances[0] as { guard: Guard };
    const { refreshIfDue } = createHealth({
      guard,
      store,
      key: "main",
      config: readConfig({}),
      queries,
      runtime,
      log,
      database: pinged(runtime, { up: true, pings: [] }),
      waitUntil: () => {
        throw new Error("there is no request");
      },
    });
    expect(refreshIfDue).not.toThrow();
  });
});

describe("the store's deadline", () => {
  it.each([
    ["is the store's own where the environment says nothing", {}, 3_000],
    ["is the environment's where that has one", { STATE_DEADLINE_MS: "2500" }, 2_500],
  ])("%s", async (_, env, deadlineMs) => {
    const runtime = manualRuntime();
    const near = memory().open(runtime);
    const traits = { ...near.traits, inProcess: false, deadlineMs: 3_000 };
    const store: Store = { ...near, traits, transact: () => new Promise(() => {}) };
    const database: Database = { up: true, pings: [] };
    const guard = {
      run: (call: (context: object) => unknown) => call({}),
      view: () => Promise.reject(new Error("away")),
      attached: () => true,
    } as unknown as Guard;
    const health = createHealth({
      guard,
      store,
      key: "main",
      queries,
      runtime,
      log,
      database: pinged(runtime, database),
      config: readConfig({ ...env, HEALTH_PROBE_TIMEOUT_MS: "8000" }),
    });
    void health.read();
    await runtime.advance(8_000);
    expect(database.pings).toEqual([deadlineMs]);
  });
});
