/** The verdict: healthy, degraded or unhealthy, and why. Pure; the contract's order, first that holds. */
import type { Config } from "../config/types.ts";
import type { HealthPayload } from "../contract/health.ts";
import type { DegradedReason } from "../contract/parts.ts";
import { CANCEL_GRACE_MS } from "../gate/lanes.ts";
import type { StoreKind } from "../store/port.ts";
import type { DependencyPings } from "./dependencies.ts";
import type { HealthFacts } from "./facts.ts";

export interface Verdict {
  readonly status: HealthPayload["status"];
  readonly reason: DegradedReason | null;
  /** Calls that run in the `request` lane, of as many as may, over the whole fleet. Permits held in reserve do not count. */
  readonly poolSaturationRatio: number;
}

/** Only Redis itself, by whatever transport, is Redis. */
export const isRedis = (kind: StoreKind): boolean => kind === "redis" || kind === "upstash";

export const isMissing = (dependencies: DependencyPings): boolean =>
  Object.values(dependencies).some(({ status }) => status === "error");

export function judge({ ping, gate, storeReachable, storeKind, dependencies }: HealthFacts, config: Config): Verdict {
  const capacity = config.gate.capacity.request;
  const poolSaturationRatio = gate ? Math.min(1, gate.lanes.request.running / capacity) : 0;
  const degraded = (reason: DegradedReason): Verdict => ({ status: "degraded", reason, poolSaturationRatio });

  if (ping.status === "error") return { status: "unhealthy", reason: "database_unreachable", poolSaturationRatio };
  // Half-open refuses nearly everything too.
  if (gate && gate.breaker.state !== "closed") return degraded("circuit_breaker_open");
  if (poolSaturationRatio >= config.resilience.poolSaturationCriticalRatio) return degraded("db_pool_saturated");
  if (!storeReachable) return degraded(isRedis(storeKind) ? "redis_unavailable" : "state_store_unavailable");
  if (isMissing(dependencies)) return degraded("dependency_unreachable");
  return { status: "healthy", reason: null, poolSaturationRatio };
}

/**
 * As many calls run as may, none ended for longer than one may take, and yet the database answers: they will not end by
 * themselves.
 */
export function permitsStuck({ ping, gate }: HealthFacts, config: Config): boolean {
  const fullSince = gate?.lanes.request.fullSince ?? 0;
  if (!gate || fullSince === 0 || ping.status !== "ok") return false;
  return gate.at - fullSince >= stuckAfterMs(config);
}

/** No statement of the lane may take longer. */
export const stuckAfterMs = ({ pool }: Config): number => pool.callTimeoutMs + CANCEL_GRACE_MS;
