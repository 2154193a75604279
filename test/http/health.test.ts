import { describe, expect, it } from "vitest";
import { fillLane, openBreaker } from "../../lib/testing/testing.ts";
import { type SmallApp, smallApp } from "../support/app.ts";

async function healthOf({ app }: SmallApp) {
  const response = await app.request("/health");
  const text = await response.text();
  return { status: response.status, text, headers: response.headers, body: JSON.parse(text) };
}

describe("/health", () => {
  it("is the contract's payload, status first, never cached by anybody", async () => {
    const { status, text, headers, body } = await healthOf(smallApp());
    expect(status).toBe(200);
    expect(text.startsWith('{"status":"healthy"')).toBe(true);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toEqual({
      status: "healthy",
      services: { database: "ok", redis: "disabled" },
      state_store: { kind: "memory", status: "ok" },
      degraded_reason: null,
      degraded_since: null,
      circuit_breaker: {
        state: "CLOSED",
        enabled: true,
        failure_count: 0,
        success_count: 0,
        total_count: 0,
        failure_rate: 0,
        window_size: 10,
        last_failure_time: null,
        open_until: null,
        forced: null,
      },
      database_pool: {
        runtime: {
          pool_size: 10,
          max_overflow: 20,
          pool_timeout: 30,
          pool_recycle: 1800,
          call_timeout_ms: 55000,
          slow_call_timeout_ms: 300000,
          slow_max_concurrent: 5,
          tcp_connect_timeout: 10,
          health_pool_size: 1,
          pool_exhausted_retry_after_seconds: 5,
        },
        state: {
          size: 10,
          checked_out: 0,
          checked_in: 10,
          overflow: 0,
          max_capacity: 30,
          saturation: 0,
          slow_query_active: 0,
          slow_query_waiting: 0,
          waiting: 0,
        },
      },
      resilience: {
        thresholds: {
          degraded_alert_seconds: 300,
          pool_saturation_warning: 0.9,
          pool_saturation_critical: 1,
          restart_churn_window_seconds: 600,
          restart_churn_threshold: 3,
        },
        alerts: {
          pool_warning: false,
          pool_critical: false,
          circuit_open: false,
          restart_churn_exceeded: false,
          restart_blocked: false,
          degraded_too_long: false,
        },
        policy_state: {
          state: "allowed",
          allowed: true,
          cooldown: false,
          blocked: false,
          cooldown_remaining_seconds: 0,
        },
        restart_churn: { window_seconds: 600, threshold: 3, count: 0, exceeded: false, last_completed_at: null },
        recovery_recommendation: {
          level: "none",
          action: "none",
          reason: "healthy",
          message: "Everything works.",
          next_action_at: null,
        },
      },
      runtime_contract: { version: "1", valid: true, errors: [] },
      computed_at: expect.any(String),
      memo: { scope: "fleet", ttl_seconds: 5 },
      kept: { entries: 0, served_stale_last_minute: 0, oldest_served_seconds: 0 },
      age_ms: 0,
    });
  });

  it("is unhealthy and 503 when the database does not answer, with the payload and never a problem body", async () => {
    const small = smallApp();
    small.faults.set({ mode: "failing", forMs: 60_000 });
    const { status, body } = await healthOf(small);
    expect([status, body.status, body.degraded_reason]).toEqual([503, "unhealthy", "database_unreachable"]);
    expect(body.errors).toEqual([expect.stringMatching(/^DB_CONNECTION_FAILED: /)]);
    expect(body.resilience.recovery_recommendation.action).toBe("check_database_connectivity");
  });

  it("answers within the probe timeout when the database hangs", async () => {
    const small = smallApp();
    small.faults.set({ mode: "hanging", forMs: 60_000 });
    const asked = healthOf(small);
    await small.runtime.advance(800);
    expect((await asked).body).toMatchObject({ status: "unhealthy", degraded_reason: "database_unreachable" });
  });

  it("is degraded but 200 while the breaker is open, and says when to look again", async () => {
    const small = smallApp();
    await openBreaker(small.tide);
    const { status, body } = await healthOf(small);
    expect([status, body.status, body.degraded_reason]).toEqual([200, "degraded", "circuit_breaker_open"]);
    expect(body.circuit_breaker).toMatchObject({
      state: "OPEN",
      open_until: expect.any(String),
      forced: { mode: "force_open" },
    });
    expect(body.circuit_breaker.forced).not.toHaveProperty("actor");
    expect(body.resilience.recovery_recommendation).toMatchObject({
      level: "observe",
      action: "wait_for_circuit_half_open",
    });
    expect(body.resilience.recovery_recommendation.next_action_at).toBe(body.circuit_breaker.open_until);
  });

  it("is degraded while the pool is saturated, and advises to throttle, not to restart", async () => {
    const small = smallApp({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" });
    await fillLane(small.tide);
    const { body } = await healthOf(small);
    expect(body).toMatchObject({
      status: "degraded",
      degraded_reason: "db_pool_saturated",
      database_pool: { state: { saturation: 1 } },
      resilience: {
        alerts: { pool_warning: true, pool_critical: true },
        recovery_recommendation: { action: "throttle_requests" },
      },
    });
  });

  it("is computed at most once in five seconds however many ask, shows its age, and is fresh after that", async () => {
    const small = smallApp();
    const first = await Promise.all(Array.from({ length: 50 }, () => healthOf(small)));
    expect(new Set(first.map(({ body }) => body.computed_at)).size).toBe(1);
    small.faults.set({ mode: "failing", forMs: 60_000 });
    await small.runtime.advance(4_999);
    expect((await healthOf(small)).body).toMatchObject({ status: "healthy", age_ms: 4_999 });
    await small.runtime.advance(1);
    expect((await healthOf(small)).body).toMatchObject({ status: "unhealthy", age_ms: 0 });
  });

  it("is never memoized in testing", async () => {
    const small = smallApp({ APP_ENV: "testing" });
    await healthOf(small);
    small.faults.set({ mode: "failing", forMs: 60_000 });
    expect((await healthOf(small)).status).toBe(503);
  });

  it("answers HEAD like GET, without the body", async () => {
    const small = smallApp();
    const response = await small.app.request("/health", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("stays live and ready whatever the database does", async () => {
    const small = smallApp();
    small.faults.set({ mode: "failing", forMs: 60_000 });
    await openBreaker(small.tide);
    expect((await small.app.request("/health/live")).status).toBe(200);
    expect((await small.app.request("/health/ready")).status).toBe(200);
  });
});
