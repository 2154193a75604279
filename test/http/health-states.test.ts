/** Every state in every form: one computation, and each payload's names to the letter. */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { deepSchema, healthSchema, ietfSchema } from "../../lib/contract/health.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { fillLane, openBreaker } from "../../lib/testing/testing.ts";
import { type SmallApp, smallApp } from "../support/app.ts";
import { follow } from "../support/guarded.ts";

const MONITOR = { MONITOR_TOKENS: "kuma:a-monitor-token-that-is-long-enough" };
const AS_MONITOR = { Authorization: "Bearer a-monitor-token-that-is-long-enough" };
const SMALL_POOL = { DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" };
const away = () => Promise.reject(new DatabaseError("connection", "away"));
const forever = () => new Promise<never>(() => {});

/** Redis, as far as anybody can see, and out of reach. */
function lostRedis(): StoreAdapter {
  const near = memory();
  const lost = () => Promise.reject(new Error("connection refused"));
  return {
    ...near,
    kind: "redis",
    open: (runtime) => {
      const store = near.open(runtime);
      return { ...store, kind: "redis", traits: { ...store.traits, inProcess: false }, transact: lost as never };
    },
  };
}

const opened = async ({ tide }: SmallApp) => {
  for (let call = 0; call < 10; call++) await tide.run(away).catch(() => {});
};

interface State {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly store?: () => StoreAdapter;
  readonly arrange: (small: SmallApp) => Promise<unknown> | unknown;
  /** HTTP status, status, reason. */
  readonly verdict: readonly [number, string, string | null];
  readonly health?: object;
  readonly deep?: object;
  readonly ietf: object;
}

const failing = { status: "fail", checks: { "database:responseTime": [{ status: "fail" }] } };
const breaker = (state: string) => ({
  checks: { "circuit_breaker:state": [{ status: "warn", observedValue: state }] },
});

const STATES: readonly State[] = [
  {
    name: "healthy",
    arrange: ({ app }) => app.request("/orders"),
    verdict: [200, "healthy", null],
    deep: { checks: { database: { status: "healthy", latency_ms: 0 } }, metrics: { query_count: 1 } },
    ietf: { status: "pass", releaseId: "1.2.3", checks: { "database:responseTime": [{ observedValue: 0 }] } },
  },
  {
    name: "healthy with a warning",
    env: { DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0", RESILIENCE_POOL_SATURATION_WARNING: "0.5" },
    arrange: ({ tide }) => void tide.run(forever),
    verdict: [200, "healthy", null],
    health: { resilience: { alerts: { pool_warning: true, pool_critical: false } } },
    ietf: { status: "pass", checks: { "database_pool:utilization": [{ status: "warn", observedValue: 50 }] } },
  },
  {
    name: "saturated",
    env: SMALL_POOL,
    arrange: ({ tide }) => fillLane(tide),
    verdict: [200, "degraded", "db_pool_saturated"],
    ietf: { status: "warn", output: "db_pool_saturated" },
  },
  {
    name: "open",
    arrange: opened,
    verdict: [200, "degraded", "circuit_breaker_open"],
    health: { circuit_breaker: { state: "OPEN", forced: null, open_until: expect.any(String) } },
    ietf: { status: "warn", ...breaker("OPEN") },
  },
  {
    name: "half-open",
    // Who was refused has had the memo made, while it was still open.
    env: { CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1", HEALTH_MEMO_TTL_SECONDS: "0" },
    arrange: async (small) => {
      await opened(small);
      await small.runtime.advance(2_000);
    },
    verdict: [200, "degraded", "circuit_breaker_open"],
    health: { circuit_breaker: { state: "HALF_OPEN" } },
    ietf: { status: "warn", ...breaker("HALF_OPEN") },
  },
  {
    name: "forced",
    arrange: ({ tide }) => openBreaker(tide),
    verdict: [200, "degraded", "circuit_breaker_open"],
    deep: { checks: { circuit_breaker: { forced: { mode: "force_open" } } } },
    ietf: { status: "warn" },
  },
  {
    name: "the database away",
    arrange: ({ faults }) => faults.set({ mode: "failing", forMs: 60_000 }),
    verdict: [503, "unhealthy", "database_unreachable"],
    health: { services: { database: "error" }, errors: [expect.any(String)] },
    deep: { checks: { database: { status: "error", error: expect.stringMatching(/^DB_CONNECTION_FAILED: /) } } },
    ietf: failing,
  },
  {
    name: "the database hanging",
    arrange: ({ faults }) => faults.set({ mode: "hanging", forMs: 60_000 }),
    verdict: [503, "unhealthy", "database_unreachable"],
    deep: { checks: { database: { status: "error", latency_ms: 720 } } },
    ietf: failing,
  },
  {
    name: "the database slow",
    arrange: ({ faults }) => faults.set({ mode: "slow", forMs: 60_000, delayMs: 150 }),
    verdict: [200, "healthy", null],
    deep: { checks: { database: { status: "slow", latency_ms: 150 } } },
    ietf: { status: "pass", checks: { "database:responseTime": [{ observedValue: 150, observedUnit: "ms" }] } },
  },
  {
    name: "the store away",
    store: lostRedis,
    arrange: () => {},
    verdict: [200, "degraded", "redis_unavailable"],
    health: { services: { redis: "error" }, memo: { scope: "instance" } },
    deep: { checks: { redis: { status: "error", latency_ms: null } }, memo: { scope: "instance" } },
    ietf: { status: "warn", checks: { "state_store:reachability": [{ status: "warn" }] } },
  },
];

// A token's digest waits for a thread: in real time, in which the virtual one would run on and change the state.
beforeEach(() => {
  const spy = vi.spyOn(crypto.subtle, "digest").mockImplementation(
    async (_algorithm, bytes) =>
      new Uint8Array(
        createHash("sha256")
          .update(bytes as Uint8Array)
          .digest(),
      ).buffer,
  );
  return () => spy.mockRestore();
});

describe.each(STATES)("$name", ({ env = {}, store, arrange, verdict, health = {}, deep = {}, ietf }) => {
  async function arranged() {
    const small = smallApp({ ...MONITOR, ...env }, undefined, store && { store: store() });
    await arrange(small);
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      const asked = Promise.resolve(small.app.request(path, { headers }));
      const { result } = follow(asked);
      while (!result()) await small.runtime.advance(10);
      const response = await asked;
      return { status: response.status, headers: response.headers, body: await response.json() };
    };
    return { ...small, ask };
  }
  const [status, word, reason] = verdict;
  const said = { status: word, degraded_reason: reason };

  it("is the payload of /health", async () => {
    const { ask } = await arranged();
    const { status: found, body } = await ask("/health");
    expect(v.safeParse(healthSchema, body).issues ?? []).toEqual([]);
    expect([found, Object.keys(body)[0]]).toEqual([status, "status"]);
    expect(body).toMatchObject({ ...said, ...health });
  });

  it("is the payload of /health/deep", async () => {
    const { ask } = await arranged();
    const { status: found, body } = await ask("/health/deep", AS_MONITOR);
    expect(v.safeParse(deepSchema, body).issues ?? []).toEqual([]);
    expect([found, Object.keys(body)[0]]).toEqual([status, "status"]);
    expect(body).toMatchObject({ ...said, ...deep });
  });

  it("is the IETF's form of the same facts", async () => {
    const { ask } = await arranged();
    const { status: found, headers, body } = await ask("/health", { Accept: "application/health+json" });
    expect(v.safeParse(ietfSchema, body).issues ?? []).toEqual([]);
    expect([found, headers.get("content-type")]).toEqual([status, "application/health+json"]);
    expect(body).toMatchObject(ietf);
  });
});
