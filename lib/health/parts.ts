/** What both payloads say in the same words: breaker, pool, contract, warnings. */
import type { Config } from "../config/types.ts";
import type { CircuitBreaker, GatePings, PoolRuntime, PoolUse, RuntimeContract } from "../contract/parts.ts";
import { iso, isoOrNull, rounded, share, upperCase } from "../contract/units.ts";
import type { PoolState } from "../database/port.ts";
import type { GateView } from "../gate/renewal.ts";
import type { DependencyPings } from "./dependencies.ts";
import type { Verdict } from "./status.ts";

/** Of the runtime contract between these payloads and who reads them. */
export const CONTRACT_VERSION = "1";

export const contractPart = (): RuntimeContract => ({ version: CONTRACT_VERSION, valid: true, errors: [] });

/** Anyone may read them, and in production what is weak about a setting is not for anyone: the log has it. */
export function warningsOf({ warnings, app }: Config): string[] {
  const hidden = app.env === "production";
  return warnings.map(({ variable, message }) => `${variable} ${hidden ? "has a warning in the log" : message}`);
}

export function breakerPart(gate: GateView | null, config: Config): CircuitBreaker {
  const { calls, failures } = gate?.window ?? { calls: 0, failures: 0 };
  return {
    state: upperCase(gate?.breaker.state ?? "closed"),
    enabled: config.breaker.enabled,
    failure_count: failures,
    success_count: calls - failures,
    total_count: calls,
    failure_rate: share(failures, calls),
    window_size: config.breaker.windowCalls,
    last_failure_time: isoOrNull(gate?.breaker.lastFailureAt ?? 0),
    open_until: isoOrNull(gate?.breaker.openUntil ?? 0),
    forced: gate?.override ? { mode: gate.override.mode, until: iso(gate.override.until) } : null,
  };
}

/** Nothing where no gate has a ping. */
export function gatesPart(dependencies: DependencyPings): { readonly gates?: GatePings } {
  const pings = Object.entries(dependencies).map(([gate, { status, latencyMs }]) => {
    return [gate, { status, latency_ms: latencyMs }] as const;
  });
  return pings.length > 0 ? { gates: Object.fromEntries(pings) } : {};
}

/** The values in force. */
export function poolRuntime({ pool, admission }: Config): PoolRuntime {
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

/** Connections are those of the instance that computed it; calls that run and wait are the fleet's. */
export function poolState(pool: PoolState, gate: GateView | null, verdict: Verdict): PoolUse {
  return {
    size: pool.size,
    checked_out: pool.checkedOut,
    checked_in: pool.checkedIn,
    overflow: pool.overflow,
    max_capacity: pool.maxCapacity,
    saturation: rounded(verdict.poolSaturationRatio, 3),
    slow_query_active: gate?.lanes.slow.running ?? 0,
    slow_query_waiting: gate?.lanes.slow.waiting ?? 0,
    waiting: gate?.lanes.request.waiting ?? 0,
  };
}
