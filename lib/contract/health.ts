/** Every health payload as a schema: its names to the letter, none missing and none beside. */
import * as v from "valibot";
import { amount, count, isoTime, ratio, someText } from "./values.ts";

const someTexts = v.pipe(v.array(v.string()), v.minLength(1));
const status = v.picklist(["healthy", "degraded", "unhealthy"]);
export const degradedReason = v.nullable(
  v.picklist([
    "database_unreachable",
    "circuit_breaker_open",
    "db_pool_saturated",
    "redis_unavailable",
    "state_store_unavailable",
  ]),
);
const storeKind = v.picklist(["memory", "redis", "upstash", "durable-object", "deno-kv"]);

const forced = { mode: v.picklist(["force_open", "force_closed", "observe"]), until: isoTime };
/** Who it was, and why, is for operators. */
export const forcedByOperator = v.nullable(v.strictObject({ ...forced, actor: v.string(), reason: v.string() }));

export const circuitBreaker = v.strictObject({
  state: v.picklist(["CLOSED", "OPEN", "HALF_OPEN"]),
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

export const policyState = v.strictObject({
  state: v.picklist(["allowed", "cooldown", "blocked"]),
  allowed: v.boolean(),
  cooldown: v.boolean(),
  blocked: v.boolean(),
  cooldown_remaining_seconds: count,
});

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
  reason: someText,
  next_action_at: v.nullable(isoTime),
});

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

const verdict = { status, degraded_reason: degradedReason, degraded_since: v.nullable(isoTime) };
export const contract = v.strictObject({ version: v.string(), valid: v.boolean(), errors: v.array(v.string()) });
const reading = {
  computed_at: isoTime,
  memo: v.strictObject({ scope: v.picklist(["fleet", "instance"]), ttl_seconds: amount }),
  age_ms: count,
  stale: v.optional(v.literal(true)),
};

export const services = {
  database: v.picklist(["ok", "error", "unknown"]),
  redis: v.picklist(["ok", "error", "disabled"]),
};
export const stateStore = v.strictObject({ kind: storeKind, status: v.picklist(["ok", "error"]) });

export const healthSchema = v.strictObject({
  ...verdict,
  services: v.strictObject(services),
  state_store: stateStore,
  circuit_breaker: circuitBreaker,
  database_pool: v.strictObject({ runtime: poolRuntime, state: poolState }),
  resilience,
  runtime_contract: contract,
  errors: v.optional(someTexts),
  warnings: v.optional(someTexts),
  ...reading,
});

const storeCheck = { status: v.picklist(["healthy", "error"]), latency_ms: v.nullable(amount) };

export const deepSchema = v.strictObject({
  ...verdict,
  checks: v.strictObject({
    database: v.strictObject({
      status: v.picklist(["healthy", "slow", "error", "unknown"]),
      latency_ms: v.nullable(amount),
      error: v.optional(v.string()),
      pool: poolState,
      pool_runtime: poolRuntime,
    }),
    redis: v.strictObject({ ...storeCheck, status: v.picklist(["healthy", "error", "disabled"]) }),
    state_store: v.strictObject({ kind: storeKind, ...storeCheck }),
    circuit_breaker: circuitBreaker,
  }),
  metrics: v.strictObject({
    query_count: count,
    query_p50_ms: amount,
    query_p95_ms: amount,
    query_p99_ms: amount,
    slow_query_count: count,
    slow_query_rate: ratio,
    slow_query_ms: amount,
    window_seconds: count,
    scope: v.literal("instance"),
  }),
  resilience,
  runtime_contract: contract,
  warnings: v.array(v.string()),
  ...reading,
});

const checkStatus = v.picklist(["pass", "warn", "fail"]);
const check = v.pipe(
  v.array(
    v.strictObject({
      componentType: v.picklist(["datastore", "component"]),
      status: checkStatus,
      observedValue: v.optional(v.union([v.number(), v.string()])),
      observedUnit: v.optional(v.string()),
      time: isoTime,
      output: v.optional(v.string()),
    }),
  ),
  v.length(1),
);

/** draft-inadarei-api-health-check-06: an `output` only where something is not well. */
export const ietfSchema = v.pipe(
  v.strictObject({
    status: checkStatus,
    version: v.string(),
    releaseId: v.string(),
    output: v.optional(v.string()),
    checks: v.strictObject({
      "database:responseTime": check,
      "database_pool:utilization": check,
      "circuit_breaker:state": check,
      "state_store:reachability": check,
    }),
  }),
  v.check(({ status, output }) => (status === "pass") === (output === undefined), "an output unless it passes"),
);

/** Of an instance whose environment cannot be used. */
export const misconfiguredSchema = v.strictObject({
  status: v.literal("unhealthy"),
  services: v.strictObject({ database: v.literal("unknown"), redis: v.literal("unknown") }),
  degraded_reason: v.literal("configuration_invalid"),
  runtime_contract: contract,
  errors: someTexts,
  computed_at: isoTime,
  age_ms: count,
});

export const liveSchema = v.strictObject({ status: v.literal("alive") });
export const readySchema = v.strictObject({ status: v.literal("ready") });
export const notReadySchema = v.strictObject({ status: v.picklist(["starting", "draining"]) });
