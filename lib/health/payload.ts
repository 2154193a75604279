/** The health payload of the contract: names, order and units are fixed; `status` comes first, for monitors. */
import type { Config } from "../config/types.ts";
import type { PoolState } from "../database/port.ts";
import type { GateView } from "../gate/replies.ts";
import { recommend } from "../recovery/recommendation.ts";
import type { HealthFacts } from "./facts.ts";
import { isRedis, judge, type Verdict } from "./status.ts";

/** Of the runtime contract between this payload and who reads it. */
export const CONTRACT_VERSION = "1";

const iso = (ms: number): string => new Date(ms).toISOString();

/** Everything but `age_ms`, which depends on when it is read. */
export type HealthPayload = Readonly<Record<string, unknown>> & { readonly status: Verdict["status"] };

export function healthPayload(facts: HealthFacts, config: Config): HealthPayload {
  const verdict = judge(facts, config);
  const errors = facts.ping.status === "error" ? [facts.ping.error] : [];
  const warnings = warningsOf(config);
  return {
    status: verdict.status,
    services: {
      database: facts.ping.status,
      redis: redisSlot(facts),
    },
    state_store: { kind: facts.storeKind, status: facts.storeReachable ? "ok" : "error" },
    degraded_reason: verdict.reason,
    circuit_breaker: breakerPart(facts.gate, config),
    database_pool: { runtime: poolRuntime(config), state: poolState(facts.pool, facts.gate, verdict) },
    resilience: resiliencePart(facts, verdict, config),
    runtime_contract: { version: CONTRACT_VERSION, valid: true, errors: [] },
    computed_at: iso(facts.at),
    ...(errors.length > 0 && { errors }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Anyone may read them, and in production what is weak about a setting is not for anyone: the log has it. */
function warningsOf({ warnings, app }: Config): string[] {
  const hidden = app.env === "production";
  return warnings.map(({ variable, message }) => `${variable} ${hidden ? "has a warning in the log" : message}`);
}

/** The historical name of the state store's slot; `state_store` says what is in it. */
function redisSlot({ storeKind, storeReachable }: HealthFacts): "ok" | "error" | "disabled" {
  if (!isRedis(storeKind)) return "disabled";
  return storeReachable ? "ok" : "error";
}

function breakerPart(gate: GateView | null, config: Config): object {
  const { calls, failures } = gate?.window ?? { calls: 0, failures: 0 };
  return {
    state: (gate?.breaker.state ?? "closed").toUpperCase(),
    enabled: config.breaker.enabled,
    failure_count: failures,
    success_count: calls - failures,
    total_count: calls,
    failure_rate: calls === 0 ? 0 : Math.round((failures / calls) * 10_000) / 10_000,
    window_size: config.breaker.windowCalls,
    last_failure_time: gate?.breaker.lastFailureAt ? iso(gate.breaker.lastFailureAt) : null,
    open_until: gate?.breaker.openUntil ? iso(gate.breaker.openUntil) : null,
    forced: gate?.override ? { mode: gate.override.mode, until: iso(gate.override.until) } : null,
  };
}

function poolRuntime({ pool, admission }: Config): object {
  return {
    pool_size: pool.poolSize,
    max_overflow: pool.maxOverflow,
    pool_timeout: admission.waitTimeoutMs / 1_000,
    pool_recycle: pool.poolRecycleMs / 1_000,
    call_timeout_ms: pool.callTimeoutMs,
    slow_call_timeout_ms: pool.slowCallTimeoutMs,
    slow_max_concurrent: pool.slowMaxConcurrent,
    tcp_connect_timeout: pool.connectTimeoutMs / 1_000,
    health_pool_size: pool.healthPoolSize,
    pool_exhausted_retry_after_seconds: admission.exhaustedRetryAfterMs / 1_000,
  };
}

/** Connections are this instance's; permits and waiters are the fleet's. */
function poolState(pool: PoolState, gate: GateView | null, verdict: Verdict): object {
  return {
    size: pool.size,
    checked_out: pool.checkedOut,
    checked_in: pool.checkedIn,
    overflow: pool.overflow,
    max_capacity: pool.maxCapacity,
    saturation: Math.round(verdict.poolSaturationRatio * 1_000) / 1_000,
    slow_query_active: gate?.lanes.slow.held ?? 0,
    slow_query_waiting: gate?.lanes.slow.waiting ?? 0,
    waiting: gate?.lanes.request.waiting ?? 0,
  };
}

function resiliencePart(facts: HealthFacts, verdict: Verdict, { resilience }: Config): object {
  const { poolSaturationWarningRatio: warningRatio, poolSaturationCriticalRatio: criticalRatio } = resilience;
  const { level, action, reason, nextActionInMs } = recommend({
    databaseReachable: facts.ping.status !== "error",
    breaker: facts.gate?.breaker.state ?? "closed",
    breakerOpenMs: facts.gate?.breaker.openMs ?? 0,
    stateStoreReachable: facts.storeReachable,
    poolSaturationRatio: verdict.poolSaturationRatio,
    warningRatio,
    criticalRatio,
    // Nothing restarts anything here: there is no evidence to collect, and what is said of restarts below is the truth.
    permitsStuck: false,
    restarts: { churnExceeded: false, blocked: false, cooldownRemainingMs: 0 },
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
      restart_churn_exceeded: false,
      restart_blocked: false,
    },
    policy_state: { state: "allowed", allowed: true, cooldown: false, blocked: false, cooldown_remaining_seconds: 0 },
    restart_churn: {
      window_seconds: resilience.restartChurnWindowMs / 1_000,
      threshold: resilience.restartChurnThreshold,
      count: 0,
      exceeded: false,
      last_completed_at: null,
    },
    recovery_recommendation: {
      level,
      action,
      reason,
      next_action_at: nextActionInMs === null ? null : iso(facts.at + nextActionInMs),
    },
  };
}
