/** What a run is given: the fleet, its demand, the distance; and the rules and traits that follow from it. */
import type { About } from "../../lib/gate/types.ts";
import type { GuardRules } from "../../lib/guard/rules.ts";
import type { StoreTraits } from "../../lib/store/port.ts";

export interface Setting {
  readonly seed: number;
  readonly instances: number;
  readonly capacity: number;
  readonly probes: number;
  /** Demand, in parts of what the capacity can do. */
  readonly load: number;
  /** In place of a load: callers that call again as soon as they are answered. */
  readonly callers: number;
  /** Demand of the first instance, in shares of another. */
  readonly skew: number;
  readonly callMs: number;
  readonly deadlineMs: number;
  /** Of a round trip to the store. */
  readonly roundTripMs: number;
  /** By chance on top of each way, as a part of it. */
  readonly jitter: number;
  /** Chance for a call that it has to connect first. */
  readonly connects: number;
  readonly pushes: boolean;
  /** Instances are frozen between their requests. */
  readonly freezes: boolean;
  /** Somebody asks for the fleet's health whatever the breaker says. */
  readonly monitored: boolean;
  readonly fallback: "local" | "closed";
  /** Longest a caller waits. */
  readonly patienceMs: number;
  readonly maxWaiting: number;
  readonly warmUpMs: number;
  /** Callers come until then. */
  readonly ms: number;
}

export const USUAL: Setting = {
  seed: 1,
  instances: 8,
  capacity: 10,
  probes: 1,
  load: 0.95,
  callers: 0,
  skew: 1,
  callMs: 5,
  deadlineMs: 1_000,
  roundTripMs: 2,
  jitter: 0.1,
  connects: 0,
  pushes: true,
  freezes: false,
  monitored: false,
  fallback: "local",
  patienceMs: 1_000,
  maxWaiting: 1_000,
  warmUpMs: 3_000,
  ms: 13_000,
};

export const CONNECT_TIMEOUT_MS = 500;
export const ABOUT: About = { runtime: "simulated", region: "", version: "0", startedAt: 0 };

export const traitsFor = ({ pushes, freezes }: Setting): StoreTraits => ({
  gate: { pushes, renewalsPerSecond: 5_000, sessionsKept: 16_384 },
  inProcess: false,
  sharesIo: !freezes,
  freezes,
  ownClock: true,
  deadlineMs: 250,
  firstContactMs: 2_000,
});

export const rulesFor = (setting: Setting): GuardRules => ({
  gate: {
    ...traitsFor(setting).gate,
    mode: "on",
    capacity: { request: setting.capacity, slow: 5, health: 1 },
    deadlineMs: { request: setting.deadlineMs, slow: 5_000, health: 800 },
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    windowSeconds: 30,
    windowCalls: 10,
    failureThreshold: 5,
    failureRate: 5_000,
    slowRate: 10_000,
    recoveryMs: 30_000,
    backoffFactor: 20_000,
    backoffMaxMs: 300_000,
    backoffJitter: 2_000,
    probes: setting.probes,
    successesToClose: 2,
    // Without it, who is born while the store is away takes itself to be alone.
    expectedInstances: setting.fallback === "local" ? Math.min(setting.instances, setting.capacity) : 1,
    keptMs: 86_400_000,
  },
  waitTimeoutMs: setting.patienceMs,
  maxWaiting: setting.maxWaiting,
  fullRetryAfterMs: 5_000,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  padMs: 0,
  storeDeadlineMs: 250 + setting.roundTripMs,
  fallback: setting.fallback,
  slowCallMs: Number.POSITIVE_INFINITY,
});
