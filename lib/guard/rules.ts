/** The rules a guard works by: taken from the configuration and from what the store and the database can do. */
import type { Config } from "../config/types.ts";
import type { GateConfig } from "../gate/types.ts";
import type { StoreTraits } from "../store/port.ts";

export interface GuardRules {
  readonly gate: GateConfig;
  /** Longest wait for a permit and a connection together. */
  readonly waitTimeoutMs: number;
  /** Calls of a lane that may wait, in the whole fleet. */
  readonly maxWaiting: number;
  /** Retry hint of a refusal for want of room. */
  readonly fullRetryAfterMs: number;
  /** Longest that connecting to the database takes. */
  readonly connectTimeoutMs: number;
  /** By how much lifetimes are longer than the gate needs, because the instances' clocks are the only ones. */
  readonly padMs: number;
  /** Longest that a call to the store may take before the instance goes on without it. */
  readonly storeDeadlineMs: number;
  /** Without the store: a share of the capacity, or nothing. */
  readonly fallback: "local" | "closed";
  /** From when on a call counts as slow. */
  readonly slowCallMs: number;
}

export function guardRules(config: Config, traits: StoreTraits): GuardRules {
  const { connectTimeoutMs } = config.gate;
  const padMs = traits.ownClock ? 0 : config.store.maxSkewMs;
  return Object.freeze({
    gate: Object.freeze({ ...config.gate, ...traits.gate, connectTimeoutMs: connectTimeoutMs + padMs }),
    waitTimeoutMs: config.admission.waitTimeoutMs,
    maxWaiting: config.admission.maxWaiting,
    fullRetryAfterMs: config.admission.exhaustedRetryAfterMs,
    connectTimeoutMs,
    padMs,
    storeDeadlineMs: config.store.deadlineMs ?? traits.deadlineMs,
    fallback: config.store.fallback,
    slowCallMs: config.breaker.slowCallMs ?? Number.POSITIVE_INFINITY,
  });
}
