/** The rules a guard works by: taken from the configuration and from what the store and the database can do. */
import type { Config } from "../config/types.ts";
import type { GateConfig, Lane } from "../gate/types.ts";
import type { StoreTraits } from "../store/port.ts";
import type { GateOptions, LaneOptions } from "./gate-options.ts";

/** How calls of a lane wait. */
export interface Waits {
  /** Longest wait for a permit and a connection together. */
  readonly waitTimeoutMs: number;
  /** Calls of a lane that may wait, in the whole fleet. */
  readonly maxWaiting: number;
}

export interface GuardRules extends Waits {
  readonly gate: GateConfig;
  /** Of the lane `slow`, where that differs. */
  readonly slow?: Waits | undefined;
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
    slow: config.admission.slow,
    fullRetryAfterMs: config.admission.exhaustedRetryAfterMs,
    connectTimeoutMs,
    padMs,
    storeDeadlineMs: config.store.deadlineMs ?? traits.deadlineMs,
    fallback: config.store.fallback,
    slowCallMs: config.breaker.slowCallMs ?? Number.POSITIVE_INFINITY,
  });
}

export const waitsOf = (rules: GuardRules, lane: Lane): Waits => (lane === "slow" && rules.slow) || rules;

/** The store remembers a gate of one's own for so long after its last call. */
const OWN_KEPT_MS = 600_000;

/** Those of the database, for a gate of which nothing was said. */
export function unsaidRules(base: GuardRules): GuardRules {
  return Object.freeze({ ...base, gate: Object.freeze({ ...base.gate, keptMs: OWN_KEPT_MS }) });
}

/** Those of a gate of one's own: what was said about it, and for the rest those of the database. */
export function saidRules(base: GuardRules, options: GateOptions): GuardRules {
  const { lanes, breaker = {} } = options;
  const request = { capacity: options.capacity, deadlineMs: options.deadlineMs, ...defined(lanes?.request) };
  const { capacity, deadlineMs } = base.gate;
  const calls = request.capacity ?? capacity.request;
  const gate: GateConfig = {
    ...base.gate,
    ...breakerRules(base.gate, breaker),
    probes: breaker.probes ?? Math.min(base.gate.probes, calls),
    capacity: {
      request: calls,
      slow: lanes?.slow ? (lanes.slow.capacity ?? capacity.slow) : 0,
      health: capacity.health,
    },
    deadlineMs: {
      request: request.deadlineMs ?? deadlineMs.request,
      slow: lanes?.slow?.deadlineMs ?? deadlineMs.slow,
      health: deadlineMs.health,
    },
    keptMs: OWN_KEPT_MS,
  };
  return Object.freeze({
    ...base,
    gate: Object.freeze(gate),
    ...saidWaits(base, options, lanes?.request),
    slow: saidWaits(base.slow ?? base, options, lanes?.slow),
    slowCallMs: breaker.slowMs ?? base.slowCallMs,
  });
}

function saidWaits(base: Waits, gate: LaneOptions, lane: LaneOptions = {}): Waits {
  return {
    waitTimeoutMs: lane.waitMs ?? gate.waitMs ?? base.waitTimeoutMs,
    maxWaiting: lane.maxWaiting ?? gate.maxWaiting ?? base.maxWaiting,
  };
}

function breakerRules(base: GateConfig, breaker: NonNullable<GateOptions["breaker"]>): Partial<GateConfig> {
  const { backoff = {} } = breaker;
  return {
    mode: breaker.mode ?? base.mode,
    failureThreshold: breaker.failureThreshold ?? base.failureThreshold,
    failureRate: partsOf10000(breaker.failureRate) ?? base.failureRate,
    windowSeconds: breaker.windowSeconds ?? base.windowSeconds,
    windowCalls: breaker.windowCalls ?? base.windowCalls,
    recoveryMs: breaker.recoveryMs ?? base.recoveryMs,
    backoffFactor: partsOf10000(backoff.factor) ?? base.backoffFactor,
    backoffMaxMs: backoff.maxMs ?? base.backoffMaxMs,
    backoffJitter: partsOf10000(backoff.jitter) ?? base.backoffJitter,
    successesToClose: breaker.successesToClose ?? base.successesToClose,
    slowRate: partsOf10000(breaker.slowRate) ?? base.slowRate,
  };
}

const partsOf10000 = (ratio: number | undefined): number | undefined =>
  ratio === undefined ? undefined : Math.round(ratio * 10_000);

/** Without what is there and undefined, which would hide what it is laid over. */
const defined = <Given extends object>(given: Given | undefined): Partial<Given> =>
  Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Partial<Given>;
