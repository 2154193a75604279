import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { type Database, DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { fakeDatabase, fillLane, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";
import { follow } from "../support/guarded.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const hanging = (database: Database): Database => ({ ...database, ping: () => new Promise(() => {}) });

/** A store of some kind that does as it is told, under a health endpoint. */
function healthOver(kind: StoreAdapter["kind"], transact: () => Promise<never>) {
  const runtime = manualRuntime();
  const near = memory();
  const store: StoreAdapter = {
    ...near,
    kind,
    open: (clock) => {
      const opened = near.open(clock);
      return { ...opened, kind, traits: { ...opened.traits, inProcess: false }, transact: transact as never };
    },
  };
  const tide = tidegate({ database: fakeDatabase(() => []), store, config: readConfig({}), log: silent, runtime });
  const read = async () => {
    const response = await tide.routes().request("/health");
    return { status: response.status, body: await response.json() };
  };
  return { runtime, read, close: tide.close };
}

describe("health while the database hangs", () => {
  it("stays unhealthy for who asks again before the last ping has ended", async () => {
    const runtime = manualRuntime();
    const database = fakeDatabase(() => []);
    // Deaf to its signal: the ping's permit stands until it is given up for lost.
    const deaf = { ...database, open: (...args: Parameters<typeof database.open>) => hanging(database.open(...args)) };
    const config = readConfig({ HEALTH_MEMO_TTL_SECONDS: "0" });
    const tide = tidegate({ database: deaf, store: memory(), config, log: silent, runtime });
    const statuses = [];
    for (let ask = 0; ask < 6; ask++) {
      const asked = tide.routes().request("/health");
      await runtime.advance(800);
      statuses.push((await asked).status);
    }
    expect(statuses).toEqual(Array(6).fill(503));
  });
});

describe("health while the state store is in trouble", () => {
  const stores = [
    ["redis", "redis_unavailable", "error"],
    ["upstash", "redis_unavailable", "error"],
    ["durable-object", "state_store_unavailable", "disabled"],
  ] as const;
  it.each(stores)("%s is named as what it is: %s", async (kind, reason, redis) => {
    const { read, runtime, close } = healthOver(kind, () => Promise.reject(new Error("away")));
    const { status, body } = await read();
    await close();
    expect([status, runtime.pendingTimers()]).toEqual([200, 0]);
    // The instance works from its own share of the capacity, and so does its ping.
    expect(body).toMatchObject({
      status: "degraded",
      degraded_reason: reason,
      services: { database: "ok", redis },
      state_store: { kind, status: "error" },
      resilience: { recovery_recommendation: { action: "continue_degraded_mode" } },
    });
  });

  it("answers within the probe timeout though the store never does", async () => {
    const { runtime, read } = healthOver("redis", () => new Promise(() => {}));
    const asked = follow(read());
    await runtime.advance(800);
    expect(asked.result()?.value).toMatchObject({ status: 200, body: { degraded_reason: "redis_unavailable" } });
  });
});

describe("health while there is no connection to ask by", () => {
  it("says nothing of the database: it may be well", async () => {
    const exhausted = new DatabaseError("exhausted", "The database has no connection free.");
    const fake = fakeDatabase(() => []);
    const busy: typeof fake = {
      ...fake,
      open: (...given) => ({ ...fake.open(...given), ping: () => Promise.reject(exhausted) }),
    };
    const tide = tidegate({ database: busy, store: memory(), config: readConfig({}), log: silent });
    expect(await (await tide.routes().request("/health")).json()).toMatchObject({
      status: "healthy",
      services: { database: "unknown" },
    });
  });
});

describe("health of an instance with less room than the others have taken", () => {
  it("is saturated and no more than that", async () => {
    const runtime = manualRuntime();
    const store = memory();
    const tideWith = (DB_POOL_SIZE: string) => {
      const config = readConfig({ DB_POOL_SIZE, DB_MAX_OVERFLOW: "0" });
      return tidegate({ database: fakeDatabase(() => []), store, config, log: silent, runtime });
    };
    await fillLane(tideWith("5"));
    expect(await (await tideWith("2").routes().request("/health")).json()).toMatchObject({
      degraded_reason: "db_pool_saturated",
      database_pool: { state: { saturation: 1 } },
    });
  });
});

describe("what health says of restarts", () => {
  it("is complete where there are none: monitors read it", async () => {
    const { app, tide } = smallApp({ RESILIENCE_RESTART_CHURN_THRESHOLD: "4" });
    await fillLane(tide);
    const { resilience } = (await (await app.request("/health")).json()) as { resilience: object };
    expect(resilience).toMatchObject({
      alerts: {
        pool_warning: true,
        pool_critical: true,
        circuit_open: false,
        restart_churn_exceeded: false,
        restart_blocked: false,
      },
      policy_state: { state: "allowed", allowed: true, cooldown: false, blocked: false, cooldown_remaining_seconds: 0 },
      restart_churn: { window_seconds: 600, threshold: 4, count: 0, exceeded: false, last_completed_at: null },
    });
  });
});

describe("the shortest probe timeout", () => {
  it("still probes", async () => {
    const { app, runtime } = smallApp({ HEALTH_PROBE_TIMEOUT_MS: "1" });
    expect(await (await app.request("/health")).json()).toMatchObject({ services: { database: "ok" } });
    // An instance that was idle for a second has given everything back.
    await runtime.advance(2_000);
    expect(runtime.pendingTimers()).toBe(0);
  });
});
