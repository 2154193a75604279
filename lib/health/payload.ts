/** The health payload of the contract: names, order and units are fixed; `status` comes first, for monitors. */
import type { Config } from "../config/types.ts";
import type { HealthPayload } from "../contract/health.ts";
import { iso } from "../contract/units.ts";
import type { HealthFacts } from "./facts.ts";
import { breakerPart, contractPart, gatesPart, poolRuntime, poolState, warningsOf } from "./parts.ts";
import { type Findings, resiliencePart } from "./resilience.ts";
import { isRedis } from "./status.ts";

export function healthPayload(findings: Findings, config: Config): HealthPayload {
  const { facts, verdict, degradation, scope } = findings;
  const errors = facts.ping.status === "error" ? [facts.ping.error] : [];
  const warnings = warningsOf(config);
  return {
    status: verdict.status,
    services: {
      database: facts.ping.status,
      redis: redisSlot(facts),
    },
    ...gatesPart(facts.dependencies),
    state_store: { kind: facts.storeKind, status: facts.storeReachable ? "ok" : "error" },
    degraded_reason: verdict.reason,
    degraded_since: degradation?.since ?? null,
    circuit_breaker: breakerPart(facts.gate, config),
    database_pool: { runtime: poolRuntime(config), state: poolState(facts.pool, facts.gate, verdict) },
    resilience: resiliencePart(findings, config),
    runtime_contract: contractPart(),
    ...(errors.length > 0 && { errors }),
    ...(warnings.length > 0 && { warnings }),
    computed_at: iso(facts.at),
    memo: { scope, ttl_seconds: config.health.memoTtlMs / 1_000 },
  };
}

/** The historical name of the state store's slot; `state_store` says what is in it. */
function redisSlot({ storeKind, storeReachable }: HealthFacts): HealthPayload["services"]["redis"] {
  if (!isRedis(storeKind)) return "disabled";
  return storeReachable ? "ok" : "error";
}
