/**
 * The words of the gate. Everything is plain data; all numbers are integers below 10^14, rates in parts of 10,000, so
 * that a second language can hold the same state to the bit.
 */

export type Lane = "request" | "slow" | "health";
export const LANES: readonly Lane[] = ["request", "slow", "health"];

/** Lanes that vote, ramp and have a waiting line. */
export type QueuedLane = Exclude<Lane, "health">;
export const QUEUED_LANES: readonly QueuedLane[] = ["request", "slow"];

export type Outcome = "success" | "failure" | "ignored";
export type BreakerState = "closed" | "open" | "half_open";
export type OverrideMode = "force_open" | "force_closed" | "observe";

/** Rules that depend on where the gate lives. */
export interface HomeRules {
  /** The home calls waiters when there is room, so they need not ask often. */
  readonly wakes: boolean;
  /** How long a new life refuses with `adopting`, in milliseconds, for holders to be adopted first. */
  readonly adoptingMs: number;
  /** Instances remembered at most, beside those that hold permits: what the home can carry. */
  readonly sessionsKept: number;
}

/** The rules in force for one batch and for the time that passes before it. The gate stores none of it. */
export interface GateConfig extends HomeRules {
  readonly enabled: boolean;
  /** How many permits each lane may have out, for the whole fleet. */
  readonly capacity: Readonly<Record<Lane, number>>;
  /** Tickets a line holds at most. */
  readonly maxWaiting: number;
  readonly windowSeconds: number;
  /** Fewest calls in the window before a rate counts. */
  readonly windowCalls: number;
  readonly failureThreshold: number;
  /** In parts of 10,000. */
  readonly failureRate: number;
  /** In parts of 10,000; 10,000 switches it off, since it must be exceeded. */
  readonly slowRate: number;
  readonly recoveryMs: number;
  readonly probes: number;
  readonly successesToClose: number;
  readonly connectTimeoutMs: number;
  /** Retry hint of a refusal for want of room. */
  readonly fullRetryAfterMs: number;
}

/** What an instance says of itself: kept and shown, never acted upon. */
export interface About {
  readonly runtime: string;
  readonly region: string;
  readonly version: string;
  readonly startedAt: number;
}
