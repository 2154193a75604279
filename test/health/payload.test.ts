import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { fillLane } from "../../lib/testing/testing.ts";
import { type SmallApp, smallApp } from "../support/app.ts";
import { follow } from "../support/guarded.ts";

// biome-ignore lint/suspicious/noExplicitAny: the payload's shape is what is checked.
const healthOf = async ({ app }: SmallApp): Promise<any> => (await app.request("/health")).json();
const forever = () => new Promise<never>(() => {});
const away = () => Promise.reject(new DatabaseError("connection", "away"));

describe("the health payload", () => {
  it("counts calls as the breaker does, and says when the last one failed", async () => {
    const small = smallApp();
    await small.runtime.advance(1_000);
    await small.tide.run(away).catch(() => {});
    for (let call = 0; call < 2; call++) await small.tide.run(() => "done");
    await small.runtime.advance(1_000);
    const { circuit_breaker } = await healthOf(small);
    expect(circuit_breaker).toMatchObject({
      failure_count: 1,
      success_count: 2,
      total_count: 3,
      failure_rate: 0.3333,
      last_failure_time: "2026-01-01T00:00:01.000Z",
    });
  });

  it("counts what runs and waits, per lane, over the whole fleet", async () => {
    const small = smallApp({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_SLOW_MAX_CONCURRENT: "2" });
    await fillLane(small.tide, "slow");
    await fillLane(small.tide);
    for (let waiter = 0; waiter < 3; waiter++) void follow(small.tide.run(forever, { lane: "slow" }));
    void follow(small.tide.run(forever));
    const { database_pool } = await healthOf(small);
    expect(database_pool.state).toMatchObject({
      slow_query_active: 2,
      slow_query_waiting: 3,
      waiting: 1,
      saturation: 1,
    });
  });

  it("warns of a pool that is nearly full before it is", async () => {
    const small = smallApp({ DB_POOL_SIZE: "3", DB_MAX_OVERFLOW: "0", RESILIENCE_POOL_SATURATION_WARNING: "0.6" });
    for (let call = 0; call < 2; call++) void small.tide.run(forever);
    expect(await healthOf(small)).toMatchObject({
      status: "healthy",
      database_pool: { state: { saturation: 0.667 } },
      resilience: {
        alerts: { pool_warning: true, pool_critical: false },
        recovery_recommendation: { level: "throttle", action: "throttle_requests" },
      },
    });
  });

  it("calls half-open degraded too, and advises to look again", async () => {
    const small = smallApp({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1", HEALTH_MEMO_TTL_SECONDS: "0" });
    for (let call = 0; call < 10; call++) await small.tide.run(away).catch(() => {});
    expect(await healthOf(small)).toMatchObject({
      circuit_breaker: { state: "OPEN" },
      resilience: { alerts: { circuit_open: true } },
    });
    await small.runtime.advance(2_000);
    expect(await healthOf(small)).toMatchObject({
      degraded_reason: "circuit_breaker_open",
      circuit_breaker: { state: "HALF_OPEN", open_until: null },
      resilience: { alerts: { circuit_open: false }, recovery_recommendation: { action: "observe_and_retry" } },
    });
  });

  it("repeats the warnings of the environment", async () => {
    const small = smallApp({ APP_ENV: "staging", DB_POOLSIZE: "3" });
    expect((await healthOf(small)).warnings).toEqual([expect.stringMatching(/^DB_POOLSIZE .*DB_POOL_SIZE/)]);
  });

  it("tells the public in production that there is a warning, and only the log what it is", async () => {
    const small = smallApp({ SESSION_SECRET: "" });
    expect((await healthOf(small)).warnings).toEqual(["SESSION_SECRET has a warning in the log"]);
    expect(small.lines).toContainEqual({
      level: "warn",
      event: "config.warning",
      fields: expect.objectContaining({
        variable: "SESSION_SECRET",
        message: expect.stringContaining("nobody can sign in"),
        remedy: expect.stringContaining("openssl"),
      }),
    });
  });

  it("says nothing of a database that could not be asked", async () => {
    const small = smallApp();
    // The one ping that may run is under way.
    void small.tide.run(forever, { lane: "health" });
    expect(await healthOf(small)).toMatchObject({ status: "healthy", services: { database: "unknown" } });
  });

  it("keeps an answer for ten seconds where there is no newer one, and not longer", async () => {
    const small = smallApp({ HEALTH_MEMO_TTL_SECONDS: "0" });
    small.faults.set({ mode: "failing", forMs: 60_000 });
    expect((await healthOf(small)).services.database).toBe("error");
    // Deaf and longer than any ping: what it holds is given up for lost, and taken again.
    const hold = () => void follow(small.tide.run(forever, { lane: "health" }));
    for (const [afterMs, database] of [
      [2_500, "error"],
      [2_500, "error"],
      [2_500, "error"],
      [2_500, "error"],
      [1, "unknown"],
    ] as const) {
      await small.runtime.advance(afterMs);
      hold();
      expect((await healthOf(small)).services.database).toBe(database);
      await small.runtime.advance(0);
    }
  });
});
