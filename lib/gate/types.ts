/**
 * The words of the gate. Everything is plain data; all numbers are integers below 10^14, rates in parts of 10,000, so
 * that a second language can hold the same state to the bit.
 */

/** A kind of call with a capacity of its own: `slow` for what takes long, `health` for pings. */
export type Lane = "request" | "slow" | "health";
export const LANES: readonly Lane[] = ["request", "slow", "health"];

/** Lanes that vote, ramp, and can be short of permits. */
export type QueuedLane = Exclude<Lane, "health">;
export const QUEUED_LANES: readonly QueuedLane[] = ["request", "slow"];

/** How a call ended, as the breaker counts it; `ignored` counts for nothing. */
export type Outcome = "success" | "failure" | "ignored";
export const OUTCOMES: readonly Outcome[] = ["success", "failure", "ignored"];
/** `half_open`: single calls find out whether the dependency is back. */
export type BreakerState = "closed" | "open" | "half_open";
export const BREAKER_STATES: readonly BreakerState[] = ["closed", "open", "half_open"];
/** An operator's words that hold for a time. */
export type OverrideMode = "force_open" | "force_closed" | "observe";
export const OVERRIDE_MODES: readonly OverrideMode[] = ["force_open", "force_closed", "observe"];

/** An operator's word that is in force. */
export interface Override {
  /** What the breaker does meanwhile. */
  readonly mode: OverrideMode;
  /** Milliseconds since 1970, on the store's clock. */
  readonly until: number;
  /** Who said it. */
  readonly actor: string;
  /** Why, for people. */
  readonly reason: string;
}

/** An operator's words: one that holds until its end, or what ends it: `auto`, and `reset`, which forgets what was counted. */
export type OperateMode = OverrideMode | "auto" | "reset";
export const OPERATE_MODES: readonly OperateMode[] = [...OVERRIDE_MODES, "auto", "reset"];

/**
 * What the breaker is to its sender. `observe`: it counts, says when it would have opened, and keeps no call away, unless an
 * operator has forced it open. `off`: the same without a word, whatever an operator says.
 */
export type BreakerMode = "on" | "observe" | "off";
export const BREAKER_MODES: readonly BreakerMode[] = ["on", "observe", "off"];

/**
 * Why a call was not let in. Of the gate: `forced`, `open`, `probing`, `full`. Of its instance: `late`, what it was given
 * was over before it could begin; `detached`, the store is away and its share is nothing; `closing`, it ends; `nested`, it
 * is inside a call of the same gate and lane, which would wait for it, and no permit is to be had at once.
 */
export type RefusalReason = "forced" | "open" | "probing" | "full" | "late" | "detached" | "closing" | "nested";
export const REFUSAL_REASONS: readonly RefusalReason[] = [
  "forced",
  "open",
  "probing",
  "full",
  "late",
  "detached",
  "closing",
  "nested",
];

/**
 * What instances count for their fleet beside calls, at the main gate: how callers of kept answers were answered, and old
 * answers by the code of what they stood in for. The gate adds up, and means nothing by it.
 */
export type Tally =
  | "kept_loaded"
  | "kept_fresh"
  | "kept_refreshing"
  | "kept_shared"
  | "kept_missing"
  | "stale_CIRCUIT_BREAKER_OPEN"
  | "stale_DB_POOL_EXHAUSTED"
  | "stale_DB_CONNECTION_FAILED"
  | "stale_DB_QUERY_TIMEOUT"
  | "stale_SERVICE_UNAVAILABLE"
  | "stale_other";
/** In the order in which they are counted: what is new comes last. */
export const TALLIES: readonly Tally[] = [
  "kept_loaded",
  "kept_fresh",
  "kept_refreshing",
  "kept_shared",
  "kept_missing",
  "stale_CIRCUIT_BREAKER_OPEN",
  "stale_DB_POOL_EXHAUSTED",
  "stale_DB_CONNECTION_FAILED",
  "stale_DB_QUERY_TIMEOUT",
  "stale_SERVICE_UNAVAILABLE",
  "stale_other",
];
/** Sums of some of them. */
export type Tallies = Readonly<Partial<Record<Tally, number>>>;

/** What a gate's home can carry. */
export interface HomeRules {
  /** It calls instances: a permit may be kept free for the one whose turn it is. */
  readonly pushes: boolean;
  /** Renewals of one gate that it carries in a second: beyond it instances renew less often. */
  readonly renewalsPerSecond: number;
  /** Instances remembered at most, beside those that hold something. */
  readonly sessionsKept: number;
}

/** The rules in force for one renewal and for the time that passes before it. The gate stores none of it. */
export interface GateConfig extends HomeRules {
  /** What the breaker is to this sender. */
  readonly mode: BreakerMode;
  /** How many permits each lane may have out, for the whole fleet. */
  readonly capacity: Readonly<Record<Lane, number>>;
  /** Longest a call of each lane may run. */
  readonly deadlineMs: Readonly<Record<Lane, number>>;
  /** Longest that opening a connection may take, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How far back calls count, in seconds. */
  readonly windowSeconds: number;
  /** Fewest calls in the window before a rate counts. */
  readonly windowCalls: number;
  /** Fewest failures that open the breaker. */
  readonly failureThreshold: number;
  /** In parts of 10,000. */
  readonly failureRate: number;
  /** In parts of 10,000; 10,000 switches it off, since it must be exceeded. */
  readonly slowRate: number;
  /** The first open period. */
  readonly recoveryMs: number;
  /** Each failed recovery makes the next one so many times as long: in parts of 10,000; 10,000 keeps it as it is. */
  readonly backoffFactor: number;
  /** Up to that, or the first period, if that is longer. No dependency is left alone for longer by its own word either. */
  readonly backoffMaxMs: number;
  /** By how much chance makes it longer: in parts of 10,000 of the period. */
  readonly backoffJitter: number;
  /** Calls at once while the breaker is half open. */
  readonly probes: number;
  /** Successful probes that close it. */
  readonly successesToClose: number;
  /** Instances at most, as far as the sender knows: a new life grants each no more than its share at first. */
  readonly expectedInstances: number;
  /** Beyond what is in force, a gate that nobody renews at is remembered for so long. */
  readonly keptMs: number;
}

/** What an instance says of itself: kept and shown, never acted upon. */
export interface About {
  /** Such as `node` or `workerd`. */
  readonly runtime: string;
  /** Where it runs; empty where that is not known. */
  readonly region: string;
  /** The application's. */
  readonly version: string;
  /** Milliseconds since 1970, by its own clock. */
  readonly startedAt: number;
}
