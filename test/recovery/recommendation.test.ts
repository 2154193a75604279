import { describe, expect, it } from "vitest";
import { type RecommendationFacts, recommend } from "../../lib/recovery/recommendation.ts";

const FINE: RecommendationFacts = {
  databaseReachable: true,
  breaker: "closed",
  breakerOpenMs: 0,
  breakerForcedOpen: false,
  stateStoreReachable: true,
  dependenciesReachable: true,
  poolSaturationRatio: 0,
  warningRatio: 0.9,
  criticalRatio: 1,
  permitsStuck: false,
  restarts: { churnExceeded: false, blocked: false, cooldownRemainingMs: 0 },
};
const SATURATED = { ...FINE, poolSaturationRatio: 1 };
const restarts = (some: Partial<RecommendationFacts["restarts"]>) => ({ restarts: { ...FINE.restarts, ...some } });

describe("the recommendation, row by row of the contract", () => {
  const rows: [string, RecommendationFacts, string, string, string, number | null][] = [
    ["healthy", FINE, "none", "none", "healthy", null],
    [
      "database unreachable",
      { ...FINE, databaseReachable: false },
      "observe",
      "check_database_connectivity",
      "database_unreachable",
      null,
    ],
    [
      "breaker open",
      { ...FINE, breaker: "open", breakerOpenMs: 9 },
      "observe",
      "wait_for_circuit_half_open",
      "circuit_breaker_open",
      9,
    ],
    [
      "saturated, churn exceeded",
      { ...SATURATED, ...restarts({ churnExceeded: true, cooldownRemainingMs: 5, blocked: true }) },
      "throttle",
      "throttle_and_investigate_queries",
      "restart_churn_exceeded",
      null,
    ],
    [
      "saturated, cooling down",
      { ...SATURATED, ...restarts({ cooldownRemainingMs: 5, blocked: true }) },
      "throttle",
      "wait_for_restart_cooldown",
      "restart_cooldown",
      5,
    ],
    [
      "saturated, blocked",
      { ...SATURATED, ...restarts({ blocked: true }) },
      "throttle",
      "manual_override_required",
      "restart_blocked",
      null,
    ],
    [
      "saturated, stuck",
      { ...SATURATED, permitsStuck: true },
      "recover",
      "consider_controlled_worker_restart",
      "permits_stuck",
      null,
    ],
    ["saturated, progressing", SATURATED, "throttle", "throttle_requests", "db_pool_saturated", null],
    [
      "over warning",
      { ...FINE, poolSaturationRatio: 0.9 },
      "throttle",
      "throttle_requests",
      "db_pool_nearly_saturated",
      null,
    ],
    [
      "state store away",
      { ...FINE, stateStoreReachable: false },
      "observe",
      "continue_degraded_mode",
      "state_store_unavailable",
      null,
    ],
    [
      "a dependency away",
      { ...FINE, dependenciesReachable: false },
      "observe",
      "observe_and_retry",
      "dependency_unreachable",
      null,
    ],
    ["half-open", { ...FINE, breaker: "half_open" }, "observe", "observe_and_retry", "circuit_breaker_half_open", null],
  ];
  it.each(rows)("%s", (_, facts, level, action, reason, nextActionInMs) => {
    expect(recommend(facts)).toEqual({ level, action, reason, message: expect.stringMatching(/\.$/), nextActionInMs });
  });

  it("never advises a restart while the database does not answer, whatever else holds", () => {
    for (const breaker of ["closed", "open", "half_open"] as const) {
      const worst = { ...SATURATED, breaker, permitsStuck: true, databaseReachable: false };
      expect(recommend(worst).action).toBe("check_database_connectivity");
    }
  });
});
