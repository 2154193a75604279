import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { deepSchema, healthSchema } from "../../lib/contract/health.ts";
import type { HealthFacts } from "../../lib/health/facts.ts";
import { reportOn } from "../../lib/health/report.ts";
import { NO_RESTARTS, type RestartFacts } from "../../lib/recovery/recovery.ts";
import { fillLane } from "../../lib/testing/testing.ts";
import { smallApp } from "../support/app.ts";

const NOW = Date.UTC(2026, 0, 1);

/** A saturated pool, and what the ledger says beside. */
async function said(restarts: RestartFacts) {
  const config = readConfig({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" });
  const { tide } = smallApp({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" });
  await fillLane(tide);
  const facts: HealthFacts = {
    at: NOW,
    ping: { status: "ok", latencyMs: 1 },
    gate: await tide.view(),
    restarts,
    storeReachable: true,
    storeKind: "redis",
    dependencies: {},
    storeLatencyMs: 1,
    pool: { size: 2, checkedOut: 2, checkedIn: 0, overflow: 0, maxCapacity: 2, waiting: 0 },
    queries: { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, slowCount: 0, slowMs: 1_000, windowMs: 300_000 },
  };
  const { health, deep } = reportOn(facts, null, "fleet", config);
  const kept = { entries: 0, served_stale_last_minute: 0, oldest_served_seconds: 0 };
  expect(v.safeParse(healthSchema, { ...health, kept, age_ms: 0 }).issues ?? []).toEqual([]);
  expect(v.safeParse(deepSchema, { ...deep, age_ms: 0 }).issues ?? []).toEqual([]);
  expect(deep.resilience).toEqual(health.resilience);
  return health.resilience;
}

describe("what health says of the ledger", () => {
  it("cooling down, with what is left rounded up", async () => {
    const lastCompletedAt = NOW - 29_500;
    expect(
      await said({ ...NO_RESTARTS, cooldownRemainingMs: 30_500, countInWindow: 1, lastCompletedAt }),
    ).toMatchObject({
      alerts: { restart_blocked: false, restart_churn_exceeded: false },
      policy_state: {
        state: "cooldown",
        allowed: false,
        cooldown: true,
        blocked: false,
        cooldown_remaining_seconds: 31,
      },
      restart_churn: { count: 1, exceeded: false, last_completed_at: "2025-12-31T23:59:30.500Z" },
      recovery_recommendation: { action: "wait_for_restart_cooldown", next_action_at: "2026-01-01T00:00:30.500Z" },
    });
  });

  it("blocked", async () => {
    expect(await said({ ...NO_RESTARTS, blocked: true, countInWindow: 2 })).toMatchObject({
      alerts: { restart_blocked: true },
      policy_state: { state: "blocked", allowed: false, cooldown: false, blocked: true, cooldown_remaining_seconds: 0 },
      recovery_recommendation: { action: "manual_override_required" },
    });
  });

  it("both: blocked is the stronger word, and churn comes first of all", async () => {
    const both = { ...NO_RESTARTS, blocked: true, churnExceeded: true, cooldownRemainingMs: 1, countInWindow: 3 };
    expect(await said(both)).toMatchObject({
      alerts: { restart_blocked: true, restart_churn_exceeded: true },
      policy_state: { state: "blocked", allowed: false, cooldown: true, blocked: true, cooldown_remaining_seconds: 1 },
      restart_churn: { count: 3, exceeded: true },
      recovery_recommendation: { action: "throttle_and_investigate_queries" },
    });
  });
});
