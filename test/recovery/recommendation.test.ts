import { describe, expect, it } from "vitest";
import { type RecommendationFacts, recommend } from "../../lib/recovery/recommendation.ts";

const FINE: RecommendationFacts = {
  databaseReachable: true,
  breaker: "closed",
  breakerOpenMs: 0,
  stateStoreReachable: true,
  poolSaturationRatio: 0,
  warningRatio: 0.9,
  criticalRatio: 1,
  permitsStuck: false,
  restarts: { churnExceeded: false, blocked: false, cooldownRemainingMs: 0 },
};
const SATURATED = { ...FINE, poolSaturationRatio: 1 };
const restarts = (some: Partial<RecommendationFacts["restarts"]>) => ({ restarts: { ...FINE.restarts, ...some } });

describe("the recommendation, row by row of the contract", () => {
  const rows: [string, RecommendationFacts, string, string, number | null][] = [
    ["healthy", FINE, "none", "none", null],
    ["database unreachable", { ...FINE, databaseReachable: false }, "observe", "check_database_connectivity", null],
    ["breaker open", { ...FINE, breaker: "open", breakerOpenMs: 9 }, "observe", "wait_for_circuit_half_open", 9],
    [
      "saturated, churn exceeded",
      { ...SATURATED, ...restarts({ churnExceeded: true, cooldownRemainingMs: 5, blocked: true }) },
      "throttle",
      "throttle_and_investigate_queries",
      null,
    ],
    [
      "saturated, cooling down",
      { ...SATURATED, ...restarts({ cooldownRemainingMs: 5, blocked: true }) },
      "throttle",
      "wait_for_restart_cooldown",
      5,
    ],
    [
      "saturated, blocked",
      { ...SATURATED, ...restarts({ blocked: true }) },
      "throttle",
      "manual_override_required",
      null,
    ],
    ["saturated, stuck", { ...SATURATED, permitsStuck: true }, "recover", "consider_controlled_worker_restart", null],
    ["saturated, progressing", SATURATED, "throttle", "throttle_requests", null],
    ["over warning", { ...FINE, poolSaturationRatio: 0.9 }, "throttle", "throttle_requests", null],
    ["state store away", { ...FINE, stateStoreReachable: false }, "observe", "continue_degraded_mode", null],
    ["half-open", { ...FINE, breaker: "half_open" }, "observe", "observe_and_retry", null],
  ];
  it.each(rows)("%s", (_, facts, level, action, nextActionInMs) => {
    expect(recommend(facts)).toEqual({ level, action, reason: expect.stringMatching(/\.$/), nextActionInMs });
  });

  it("never advises a restart while the database does not answer, whatever else holds", () => {
    for (const breaker of ["closed", "open", "half_open"] as const) {
      const worst = { ...SATURATED, breaker, permitsStuck: true, databaseReachable: false };
      expect(recommend(worst).action).toBe("check_database_connectivity");
    }
  });
});
