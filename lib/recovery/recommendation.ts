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

/** Which row it is, for programs: what holds, in the words of the payload beside it. */
export type RecommendationReason =
  | "healthy"
  | "database_unreachable"
  | "circuit_breaker_open"
  | "circuit_breaker_forced_open"
  | "restart_churn_exceeded"
  | "restart_cooldown"
  | "restart_blocked"
  | "permits_stuck"
  | "db_pool_saturated"
  | "db_pool_nearly_saturated"
  | "state_store_unavailable"
  | "circuit_breaker_half_open"
  | "dependency_unreachable";

export interface RecommendationFacts {
  readonly databaseReachable: boolean;
  readonly breaker: BreakerState;
  /** Milliseconds until the breaker lets probes pass; 0 unless open. */
  readonly breakerOpenMs: number;
  /** An operator keeps it open. */
  readonly breakerForcedOpen: boolean;
  readonly stateStoreReachable: boolean;
  /** Those of gates of one's own that have a ping. */
  readonly dependenciesReachable: boolean;
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
  readonly reason: RecommendationReason;
  /** The reason as a sentence, for people. */
  readonly message: string;
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
  if (!facts.databaseReachable) return advice("observe", "check_database_connectivity", "database_unreachable");
  if (facts.breaker === "open") {
    const reason = facts.breakerForcedOpen ? "circuit_breaker_forced_open" : "circuit_breaker_open";
    return advice("observe", "wait_for_circuit_half_open", reason, facts.breakerOpenMs);
  }
  if (saturated) return adviceOnSaturation(facts);
  if (warning) return advice("throttle", "throttle_requests", "db_pool_nearly_saturated");
  if (!facts.stateStoreReachable) return advice("observe", "continue_degraded_mode", "state_store_unavailable");
  if (facts.breaker === "half_open") return advice("observe", "observe_and_retry", "circuit_breaker_half_open");
  if (!facts.dependenciesReachable) return advice("observe", "observe_and_retry", "dependency_unreachable");
  return advice("none", "none", "healthy");
}

function adviceOnSaturation({ permitsStuck, restarts }: RecommendationFacts): Recommendation {
  if (restarts.churnExceeded) {
    return advice("throttle", "throttle_and_investigate_queries", "restart_churn_exceeded");
  }
  if (restarts.cooldownRemainingMs > 0) {
    return advice("throttle", "wait_for_restart_cooldown", "restart_cooldown", restarts.cooldownRemainingMs);
  }
  if (restarts.blocked) return advice("throttle", "manual_override_required", "restart_blocked");
  if (permitsStuck) return advice("recover", "consider_controlled_worker_restart", "permits_stuck");
  return advice("throttle", "throttle_requests", "db_pool_saturated");
}

const MESSAGES: Readonly<Record<RecommendationReason, string>> = {
  healthy: "Everything works.",
  database_unreachable: "The database does not answer.",
  circuit_breaker_open: "The circuit breaker is open and lets probes pass by itself.",
  circuit_breaker_forced_open:
    "An operator has forced the circuit breaker open: it refuses every call until that ends, whatever the database does.",
  restart_churn_exceeded: "The pool is saturated in spite of several restarts.",
  restart_cooldown: "The pool is saturated; the last restart is too recent for another one.",
  restart_blocked: "The pool is saturated and automatic restarts are blocked.",
  permits_stuck: "The pool is saturated, nothing ends, the database answers.",
  db_pool_saturated: "The pool is saturated; statements still end.",
  db_pool_nearly_saturated: "The pool is nearly saturated.",
  state_store_unavailable: "The state store is away; instances work from their own share.",
  dependency_unreachable: "What is behind a gate of the application's own does not answer its ping.",
  circuit_breaker_half_open: "The circuit breaker is trying the database with single calls.",
};

function advice(
  level: RecommendationLevel,
  action: RecommendationAction,
  reason: RecommendationReason,
  nextActionInMs?: number,
): Recommendation {
  return { level, action, reason, message: MESSAGES[reason], nextActionInMs: nextActionInMs ?? null };
}
