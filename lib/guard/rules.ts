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
  /** By how much lifetimes are longer than the gate needs, because the instances' clocks are the only ones. */
  readonly padMs: number;
  /** Longest that a call to the store may take before the instance goes on without it. */
  readonly storeDeadlineMs: number;
  /** Without the store: a share of the capacity, or nothing. */
  readonly fallback: "local" | "closed";
  /** Instances at most, as far as the environment knows. */
  readonly expectedInstances: number;
  /** From when on a call counts as slow. */
  readonly slowCallMs: number;
}

export function guardRules(config: Config, traits: StoreTraits): GuardRules {
  const padMs = traits.ownClock ? 0 : config.store.maxSkewMs;
  const connectTimeoutMs = config.gate.connectTimeoutMs + padMs;
  return Object.freeze({
    gate: Object.freeze({ ...config.gate, ...traits.gate, connectTimeoutMs }),
    padMs,
    storeDeadlineMs: config.store.deadlineMs,
    fallback: config.store.fallback,
    expectedInstances: config.store.expectedInstances,
    waitTimeoutMs: config.admission.waitTimeoutMs,
    deadlineMs: {
      request: config.pool.callTimeoutMs,
      slow: config.pool.slowCallTimeoutMs,
      health: config.health.probeTimeoutMs,
    },
    slowCallMs: config.breaker.slowCallMs ?? Number.POSITIVE_INFINITY,
  });
}
