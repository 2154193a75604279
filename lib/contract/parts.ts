/** What payloads are put together of: breaker, pool, thresholds, restarts, and what to do. */
import * as v from "valibot";
import { BREAKER_STATES, OVERRIDE_MODES } from "../gate/types.ts";
import type { StoreKind } from "../store/port.ts";
import type { Payload } from "./contract.ts";
import { upperCase } from "./units.ts";
import { amount, count, isoTime, ratio, someText } from "./values.ts";

export const degradedReason = v.nullable(
  v.picklist([
    "database_unreachable",
    "circuit_breaker_open",
    "db_pool_saturated",
    "redis_unavailable",
    "state_store_unavailable",
    "dependency_unreachable",
  ]),
);
export type DegradedReason = NonNullable<Payload<typeof degradedReason>>;

const STORE_KINDS = ["memory", "redis", "upstash", "durable-object", "deno-kv"] as const satisfies readonly StoreKind[];
export const storeKind = v.picklist(STORE_KINDS);

export const services = {
  database: v.picklist(["ok", "error", "unknown", "disabled"]),
  redis: v.picklist(["ok", "error", "disabled"]),
};
/** What came of the ping of a gate of the application's own, by the gate's name. */
export const gatePing = v.strictObject({
  status: v.picklist(["ok", "error", "unknown"]),
  latency_ms: v.nullable(amount),
});
export const gatePings = v.record(v.string(), gatePing);
export type GatePings = Payload<typeof gatePings>;

export const stateStore = v.strictObject({ kind: storeKind, status: v.picklist(["ok", "error"]) });

const forced = { mode: v.picklist(OVERRIDE_MODES), until: isoTime };
/** Who it was, and why, is for operators. */
export const forcedByOperator = v.nullable(v.strictObject({ ...forced, actor: v.string(), reason: v.string() }));

export type ForcedByOperator = NonNullable<Payload<typeof forcedByOperator>>;

export const breakerState = v.picklist(BREAKER_STATES.map(upperCase));

export const circuitBreaker = v.strictObject({
  state: breakerState,
  enabled: v.boolean(),
  failure_count: count,
  success_count: count,
  total_count: count,
  failure_rate: ratio,
  window_size: count,
  last_failure_time: v.nullable(isoTime),
  open_until: v.nullable(isoTime),
  forced: v.nullable(v.strictObject(forced)),
});
export type CircuitBreaker = Payload<typeof circuitBreaker>;

export const poolRuntime = v.strictObject({
  pool_size: count,
  max_overflow: count,
  pool_timeout: amount,
  pool_recycle: amount,
  call_timeout_ms: count,
  slow_call_timeout_ms: count,
  slow_max_concurrent: count,
  tcp_connect_timeout: amount,
  health_pool_size: count,
  pool_exhausted_retry_after_seconds: amount,
});
export type PoolRuntime = Payload<typeof poolRuntime>;

export const poolState = v.strictObject({
  size: count,
  checked_out: count,
  checked_in: count,
  overflow: count,
  max_capacity: count,
  saturation: ratio,
  slow_query_active: count,
  slow_query_waiting: count,
  waiting: count,
});
export type PoolUse = Payload<typeof poolState>;

export const policyState = v.strictObject({
  state: v.picklist(["allowed", "cooldown", "blocked"]),
  allowed: v.boolean(),
  cooldown: v.boolean(),
  blocked: v.boolean(),
  cooldown_remaining_seconds: count,
});
export type PolicyState = Payload<typeof policyState>;

export const recommendation = v.strictObject({
  level: v.picklist(["none", "observe", "throttle", "recover"]),
  action: v.picklist([
    "none",
    "check_database_connectivity",
    "wait_for_circuit_half_open",
    "throttle_and_investigate_queries",
    "wait_for_restart_cooldown",
    "manual_override_required",
    "consider_controlled_worker_restart",
    "throttle_requests",
    "continue_degraded_mode",
    "observe_and_retry",
  ]),
  reason: v.picklist([
    "healthy",
    "database_unreachable",
    "circuit_breaker_open",
    "circuit_breaker_forced_open",
    "restart_churn_exceeded",
    "restart_cooldown",
    "restart_blocked",
    "permits_stuck",
    "db_pool_saturated",
    "db_pool_nearly_saturated",
    "state_store_unavailable",
    "circuit_breaker_half_open",
    "dependency_unreachable",
  ]),
  message: v.pipe(someText, v.description("The reason as a sentence, for people.")),
  next_action_at: v.nullable(isoTime),
});
export type Recommendation = Payload<typeof recommendation>;

export const resilience = v.strictObject({
  thresholds: v.strictObject({
    degraded_alert_seconds: count,
    pool_saturation_warning: ratio,
    pool_saturation_critical: ratio,
    restart_churn_window_seconds: count,
    restart_churn_threshold: count,
  }),
  alerts: v.strictObject({
    pool_warning: v.boolean(),
    pool_critical: v.boolean(),
    circuit_open: v.boolean(),
    restart_churn_exceeded: v.boolean(),
    restart_blocked: v.boolean(),
    degraded_too_long: v.boolean(),
  }),
  policy_state: policyState,
  restart_churn: v.strictObject({
    window_seconds: count,
    threshold: count,
    count,
    exceeded: v.boolean(),
    last_completed_at: v.nullable(isoTime),
  }),
  recovery_recommendation: recommendation,
});
export type Resilience = Payload<typeof resilience>;

/** Of the contract itself, between these payloads and who reads them. */
export const runtimeContract = v.strictObject({ version: v.string(), valid: v.boolean(), errors: v.array(v.string()) });
export type RuntimeContract = Payload<typeof runtimeContract>;
