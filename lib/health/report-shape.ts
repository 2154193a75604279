/** The shape of a report as instances hand it on: whatever is taken apart by who reads one. */
import type { DeepPayload, HealthPayload } from "../contract/health.ts";
import { amount, flag, isPlain, listOf, object, oneOf, orNone, orNull, type Shape, shape, text } from "../shape.ts";
import type { Degradation } from "./degradation.ts";
import type { News } from "./ping.ts";

export interface Report {
  readonly health: HealthPayload;
  readonly deep: DeepPayload;
  readonly degradation: Degradation | null;
  readonly news: News | null;
}

const time = shape<string>((found) => text(found) && !Number.isNaN(Date.parse(found)));
const each = (of: Shape<unknown>, ...names: readonly string[]) =>
  object(Object.fromEntries(names.map((name) => [name, of])));
const both = (one: Shape<unknown>, other: Shape<unknown>): Shape<unknown> =>
  shape((found) => one(found) && other(found));

const status = oneOf(["healthy", "degraded", "unhealthy"] satisfies HealthPayload["status"][]);
const verdict = object({ status, degraded_reason: orNull(text), degraded_since: orNull(time), computed_at: time });

const circuitBreaker = both(
  each(amount, "failure_count", "success_count", "total_count", "failure_rate", "window_size"),
  object({
    state: text,
    enabled: flag,
    last_failure_time: orNull(time),
    open_until: orNull(time),
    forced: orNull(object({ mode: text, until: time })),
  }),
);

const poolRuntime = each(
  amount,
  ...["pool_size", "max_overflow", "pool_timeout", "pool_recycle", "call_timeout_ms", "slow_call_timeout_ms"],
  ...["slow_max_concurrent", "tcp_connect_timeout", "health_pool_size", "pool_exhausted_retry_after_seconds"],
);
const poolState = each(
  amount,
  ...["size", "checked_out", "checked_in", "overflow", "max_capacity", "saturation"],
  ...["slow_query_active", "slow_query_waiting", "waiting"],
);

const resilience = object({
  thresholds: each(
    amount,
    ...["degraded_alert_seconds", "pool_saturation_warning", "pool_saturation_critical"],
    ...["restart_churn_window_seconds", "restart_churn_threshold"],
  ),
  alerts: each(flag, "pool_warning", "pool_critical", "circuit_open", "restart_churn_exceeded", "restart_blocked"),
  policy_state: both(
    object({ state: text, cooldown_remaining_seconds: amount }),
    each(flag, "allowed", "cooldown", "blocked"),
  ),
  restart_churn: both(
    each(amount, "window_seconds", "threshold", "count"),
    object({ exceeded: flag, last_completed_at: orNull(time) }),
  ),
  // An older release has no message: there the reason is the sentence.
  recovery_recommendation: object({
    level: oneOf(["none", "observe", "throttle", "recover"]),
    action: text,
    reason: text,
    message: orNone(text),
    next_action_at: orNull(time),
  }),
});
const runtimeContract = object({ version: text, valid: flag, errors: listOf(text) });
const memo = object({ scope: text, ttl_seconds: amount });

const gatePing = object({ status: text, latency_ms: orNull(amount) });
const gatePings = orNone(shape((found) => isPlain(found) && Object.values(found).every((one) => gatePing(one))));

const health = both(
  verdict,
  object({
    services: each(text, "database", "redis"),
    gates: gatePings,
    state_store: each(text, "kind", "status"),
    circuit_breaker: circuitBreaker,
    database_pool: object({ runtime: poolRuntime, state: poolState }),
    resilience,
    runtime_contract: runtimeContract,
    errors: orNone(listOf(text)),
    warnings: orNone(listOf(text)),
    memo,
  }),
) as Shape<HealthPayload>;

const latency = { status: text, latency_ms: orNull(amount) };
const deep = both(
  verdict,
  object({
    checks: object({
      database: object({ ...latency, error: orNone(text), pool: poolState, pool_runtime: poolRuntime }),
      redis: object(latency),
      state_store: object({ ...latency, kind: text }),
      gates: gatePings,
      circuit_breaker: circuitBreaker,
    }),
    metrics: each(amount, "query_count", "query_p50_ms", "query_p95_ms", "query_p99_ms", "slow_query_count"),
    resilience,
    runtime_contract: runtimeContract,
    warnings: listOf(text),
    memo,
  }),
) as Shape<DeepPayload>;

const degradation: Shape<Degradation> = object({ since: time, lastedMs: amount });
const news = object({
  ping: object({ status: oneOf(["ok", "error"]), latencyMs: amount, error: orNone(text) }),
  ageMs: amount,
}) as Shape<News>;

export const report: Shape<Report> = object({ health, deep, degradation: orNull(degradation), news: orNull(news) });
