/** What every payload says of thresholds, alerts, restarts, and what to do. */
import type { Config } from "../config/types.ts";
import type { PolicyState, Resilience } from "../contract/parts.ts";
import { iso, wholeSeconds } from "../contract/units.ts";
import { recommend } from "../recovery/recommendation.ts";
import type { RestartFacts } from "../recovery/recovery.ts";
import type { Degradation } from "./degradation.ts";
import type { HealthFacts } from "./facts.ts";
import { isMissing, permitsStuck, type Verdict } from "./status.ts";
import type { Scope } from "./tier.ts";

/** What is judged and said, in every payload alike. */
export interface Findings {
  readonly facts: HealthFacts;
  readonly verdict: Verdict;
  readonly degradation: Degradation | null;
  /** Who shares these findings: the fleet, or without the store one instance alone. */
  readonly scope: Scope;
}

export function resiliencePart({ facts, verdict, degradation }: Findings, config: Config): Resilience {
  const { resilience } = config;
  const { poolSaturationWarningRatio: warningRatio, poolSaturationCriticalRatio: criticalRatio } = resilience;
  const { restarts } = facts;
  const { level, action, reason, message, nextActionInMs } = recommend({
    databaseReachable: facts.ping.status !== "error",
    breaker: facts.gate?.breaker.state ?? "closed",
    breakerOpenMs: facts.gate?.breaker.openMs ?? 0,
    breakerForcedOpen: facts.gate?.override?.mode === "force_open",
    stateStoreReachable: facts.storeReachable,
    dependenciesReachable: !isMissing(facts.dependencies),
    poolSaturationRatio: verdict.poolSaturationRatio,
    warningRatio,
    criticalRatio,
    permitsStuck: permitsStuck(facts, config),
    restarts,
  });
  return {
    thresholds: {
      degraded_alert_seconds: resilience.degradedAlertMs / 1_000,
      pool_saturation_warning: warningRatio,
      pool_saturation_critical: criticalRatio,
      restart_churn_window_seconds: resilience.restartChurnWindowMs / 1_000,
      restart_churn_threshold: resilience.restartChurnThreshold,
    },
    alerts: {
      pool_warning: verdict.poolSaturationRatio >= warningRatio,
      pool_critical: verdict.poolSaturationRatio >= criticalRatio,
      circuit_open: facts.gate?.breaker.state === "open",
      restart_churn_exceeded: restarts.churnExceeded,
      restart_blocked: restarts.blocked,
      degraded_too_long: degradation !== null && degradation.lastedMs >= resilience.degradedAlertMs,
    },
    ...restartParts(restarts, config),
    recovery_recommendation: {
      level,
      action,
      reason,
      message,
      next_action_at: nextActionInMs === null ? null : iso(facts.at + nextActionInMs),
    },
  };
}

/** What is said of restarts: also apart from the rest, since operators want it as it is now. */
export function restartParts(
  restarts: RestartFacts,
  { resilience }: Config,
): Pick<Resilience, "policy_state" | "restart_churn"> {
  return {
    policy_state: policyState(restarts),
    restart_churn: {
      window_seconds: resilience.restartChurnWindowMs / 1_000,
      threshold: resilience.restartChurnThreshold,
      count: restarts.countInWindow,
      exceeded: restarts.churnExceeded,
      last_completed_at: restarts.lastCompletedAt === null ? null : iso(restarts.lastCompletedAt),
    },
  };
}

/** Both may hold; blocked is the stronger word. */
function policyState({ blocked, cooldownRemainingMs }: RestartFacts): PolicyState {
  const cooldown = cooldownRemainingMs > 0;
  return {
    state: blocked ? "blocked" : cooldown ? "cooldown" : "allowed",
    allowed: !blocked && !cooldown,
    cooldown,
    blocked,
    cooldown_remaining_seconds: wholeSeconds(cooldownRemainingMs),
  };
}
