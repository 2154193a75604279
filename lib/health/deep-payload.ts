/** The deep payload of the contract: for those with a token, how slow things are beside whether they work. */
import type { Config } from "../config/types.ts";
import type { DeepPayload } from "../contract/health.ts";
import { iso, rounded, share } from "../contract/units.ts";
import type { QueryFigures } from "../metrics/query-times.ts";
import type { HealthFacts } from "./facts.ts";
import { breakerPart, contractPart, gatesPart, poolRuntime, poolState, warningsOf } from "./parts.ts";
import { type Findings, resiliencePart } from "./resilience.ts";
import { isRedis } from "./status.ts";

type Checks = DeepPayload["checks"];

/** A database that takes longer for a ping is slow. */
const SLOW_DATABASE_MS = 100;

export function deepPayload(findings: Findings, config: Config): DeepPayload {
  const { facts, verdict, degradation, scope } = findings;
  const stateStore = storePart(facts);
  return {
    status: verdict.status,
    degraded_reason: verdict.reason,
    degraded_since: degradation?.since ?? null,
    checks: {
      database: {
        ...databasePart(facts),
        pool: poolState(facts.pool, facts.gate, verdict),
        pool_runtime: poolRuntime(config),
      },
      redis: isRedis(facts.storeKind) ? stateStore : { status: "disabled", latency_ms: null },
      state_store: { kind: facts.storeKind, ...stateStore },
      circuit_breaker: breakerPart(facts.gate, config),
      ...gatesPart(facts.dependencies),
    },
    metrics: metricsPart(facts.queries),
    resilience: resiliencePart(findings, config),
    runtime_contract: contractPart(),
    warnings: warningsOf(config),
    computed_at: iso(facts.at),
    memo: { scope, ttl_seconds: config.health.memoTtlMs / 1_000 },
  };
}

function databasePart({ ping }: HealthFacts): Omit<Checks["database"], "pool" | "pool_runtime"> {
  if (ping.status === "unknown" || ping.status === "disabled") return { status: ping.status, latency_ms: null };
  const status = ping.status === "ok" && ping.latencyMs > SLOW_DATABASE_MS ? "slow" : ping.status;
  return {
    status: status === "ok" ? "healthy" : status,
    latency_ms: ping.latencyMs,
    ...(ping.status === "error" && { error: ping.error }),
  };
}

function storePart({ storeReachable, storeLatencyMs }: HealthFacts): Omit<Checks["state_store"], "kind"> {
  return { status: storeReachable ? "healthy" : "error", latency_ms: storeReachable ? storeLatencyMs : null };
}

/** Of the instance that computed it alone: nobody adds up the others'. */
function metricsPart({
  count,
  p50Ms,
  p95Ms,
  p99Ms,
  slowCount,
  slowMs,
  windowMs,
}: QueryFigures): DeepPayload["metrics"] {
  return {
    query_count: count,
    query_p50_ms: rounded(p50Ms, 1),
    query_p95_ms: rounded(p95Ms, 1),
    query_p99_ms: rounded(p99Ms, 1),
    slow_query_count: slowCount,
    slow_query_rate: share(slowCount, count),
    slow_query_ms: slowMs,
    window_seconds: windowMs / 1_000,
    scope: "instance",
  };
}
