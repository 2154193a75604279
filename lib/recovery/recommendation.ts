/** What to do about a degraded system. Pure: facts in, advice out; the contract's table, first row that holds. */

import type { BreakerState } from "../gate/types.ts";

/** How much is to be done: nothing, look, ask for less, or restart. */
export type RecommendationLevel = "none" | "observe" | "throttle" | "recover";

/** What is to be done; each is a row of the contract's table. */
export type RecommendationAction =
  | "none"
  | "check_database_connectivity"
  | "wait_for_circuit_half_open"
  | "throttle_and_investigate_queries"
  | "wait_for_restart_cooldown"
  | "manual_override_required"
  | "consider_controlled_worker_restart"
  | "throttle_requests"
  | "continue_degraded_mode"
  | "observe_and_retry";

export interface RecommendationFacts {
  readonly databaseReachable: boolean;
  readonly breaker: BreakerState;
  /** Milliseconds until the breaker lets probes pass; 0 unless open. */
  readonly breakerOpenMs: number;
  readonly stateStoreReachable: boolean;
  readonly poolSaturationRatio: number;
  readonly warningRatio: number;
  readonly criticalRatio: number;
  /** No statement of the lane ended for call timeout + grace, while pings are answered. */
  readonly permitsStuck: boolean;
  readonly restarts: {
    readonly churnExceeded: boolean;
    readonly blocked: boolean;
    /** 0 unless cooling down. */
    readonly cooldownRemainingMs: number;
  };
}

export interface Recommendation {
  readonly level: RecommendationLevel;
  readonly action: RecommendationAction;
  readonly reason: string;
  /** In milliseconds from now; null where nothing is scheduled. */
  readonly nextActionInMs: number | null;
}

/**
 * @example
 * ```ts
 * recommend({ ...facts, databaseReachable: false }).action; // "check_database_connectivity"
 * ```
 */
export function recommend(facts: RecommendationFacts): Recommendation {
  const { poolSaturationRatio, warningRatio, criticalRatio } = facts;
  const saturated = poolSaturationRatio >= criticalRatio;
  const warning = saturated || poolSaturationRatio >= warningRatio;
  // A restart does not mend a database, so an unreachable one comes before everything that could advise a restart.
  if (!facts.databaseReachable) {
    return advice("observe", "check_database_connectivity", "The database does not answer.");
  }
  if (facts.breaker === "open") {
    const reason = "The circuit breaker is open and lets probes pass by itself.";
    return advice("observe", "wait_for_circuit_half_open", reason, facts.breakerOpenMs);
  }
  if (saturated) return adviceOnSaturation(facts);
  if (warning) {
    return advice("throttle", "throttle_requests", "The pool is nearly saturated.");
  }
  if (!facts.stateStoreReachable) {
    return advice("observe", "continue_degraded_mode", "The state store is away; instances work from their own share.");
  }
  if (facts.breaker === "half_open") {
    return advice("observe", "observe_and_retry", "The circuit breaker is trying the database with single calls.");
  }
  return advice("none", "none", "Everything works.");
}

function adviceOnSaturation({ permitsStuck, restarts }: RecommendationFacts): Recommendation {
  if (restarts.churnExceeded) {
    return advice(
      "throttle",
      "throttle_and_investigate_queries",
      "The pool is saturated in spite of several restarts.",
    );
  }
  if (restarts.cooldownRemainingMs > 0) {
    const reason = "The pool is saturated; the last restart is too recent for another one.";
    return advice("throttle", "wait_for_restart_cooldown", reason, restarts.cooldownRemainingMs);
  }
  if (restarts.blocked) {
    return advice("throttle", "manual_override_required", "The pool is saturated and automatic restarts are blocked.");
  }
  if (permitsStuck) {
    return advice(
      "recover",
      "consider_controlled_worker_restart",
      "The pool is saturated, nothing ends, the database answers.",
    );
  }
  return advice("throttle", "throttle_requests", "The pool is saturated; statements still end.");
}

function advice(
  level: RecommendationLevel,
  action: RecommendationAction,
  reason: string,
  nextActionInMs?: number,
): Recommendation {
  return { level, action, reason, nextActionInMs: nextActionInMs ?? null };
}
