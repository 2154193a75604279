/** The rules a guard works by: taken from the configuration and from what the store and the database can do. */
import type { Config } from "../config/types.ts";
import type { GateConfig, Lane } from "../gate/types.ts";
import type { StoreTraits } from "../store/port.ts";

export interface GuardRules {
  readonly gate: GateConfig;
  /** Longest wait for a permit and a connection together. */
  readonly waitTimeoutMs: number;
  /** Longest a call of each lane may run. */
  readonly deadlineMs: Readonly<Record<Lane, number>>;
  /** From when on a call counts as slow. */
  readonly slowCallMs: number;
}

export function guardRules(config: Config, traits: StoreTraits): GuardRules {
  return Object.freeze({
    gate: Object.freeze({ ...config.gate, ...traits.gate }),
    waitTimeoutMs: config.admission.waitTimeoutMs,
    deadlineMs: {
      request: config.pool.callTimeoutMs,
      slow: config.pool.slowCallTimeoutMs,
      health: config.health.probeTimeoutMs,
    },
    slowCallMs: config.breaker.slowCallMs ?? Number.POSITIVE_INFINITY,
  });
}
