/** What one instance holds of one gate, knows of it, and has to tell it. Pure: what happens comes in with its moment. */
import type { LaneGrant, LaneSums, Renewal, RenewalReply, Vote } from "../../gate/renewal.ts";
import {
  type BreakerState,
  LANES,
  type Lane,
  type Outcome,
  QUEUED_LANES,
  type RefusalReason,
  type Tallies,
  type Tally,
} from "../../gate/types.ts";
import { elapsedMs, type Moment } from "./moment.ts";

/** What is left of the recent peak of a lane after each {@link fade}. */
const PEAK_KEPT = 0.7;

export interface Held extends LaneGrant {
  /** Calls that run on permits, and as probes. */
  running: number;
  probing: number;
  /** Most that ran lately. */
  peak: number;
  /** Of the fleet's waiting calls, those of the others. */
  waitingElsewhere: number;
  /** Calls by the local gate that the shared one has not been told of: they take the place of permits. Rule 15. */
  untold: number;
  /** When the gate last had no probe for a call that waited here. */
  noProbeAt: Moment | null;
  sums: Sums;
}

export type Known = RenewalReply & { readonly known: true };
export type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
export type Sums = Omit<Mutable<LaneSums>, "ended" | "refused"> & {
  ended: Record<Outcome, number>;
  refused: Partial<Record<RefusalReason, number>>;
};

export interface Holdings {
  /** Null before the first answer. */
  heard: (Known & { readonly at: Moment }) | null;
  /** When the renewal was first sent that brought what is held. */
  leasedAt: Moment | null;
  /** Of the renewal in flight: nothing is started above it. Rule 3. */
  frozen: Renewal["lanes"] | null;
  opens: { life: number | null } | null;
  readonly lanes: Readonly<Record<Lane, Mutable<Held>>>;
  /** Probes of this generation and of older ones have become calls like any other. */
  outlived: number;
  /** Calls that have begun; those up to a number ran on by a lease that is over, and have no vote. Rule 12. */
  calls: number;
  voidUpTo: number;
  votes: Mutable<Vote>[];
  pings: { readonly ok: boolean }[];
  tallies: Partial<Record<Tally, number>>;
  n: number;
  lastCallAt: number;
}

export const noSums = (): Sums => ({
  ended: { success: 0, failure: 0, ignored: 0 },
  refused: {},
  ranMs: 0,
  waitedMs: 0,
});
export const nothing = () => ({ permits: 0, allow: 0, probes: 0, crowded: false, waiting: 0 });

export function noHoldings(): Holdings {
  const lane = (): Mutable<Held> => ({
    ...nothing(),
    running: 0,
    probing: 0,
    peak: 0,
    waitingElsewhere: 0,
    untold: 0,
    noProbeAt: null,
    sums: noSums(),
  });
  return {
    heard: null,
    leasedAt: null,
    frozen: null,
    opens: { life: null },
    outlived: 0,
    calls: 0,
    voidUpTo: 0,
    lanes: { request: lane(), slow: lane(), health: lane() },
    votes: [],
    pings: [],
    tallies: {},
    n: 0,
    lastCallAt: Number.NEGATIVE_INFINITY,
  };
}

/** The state of the breaker as it was last heard. */
export const stateOf = (own: Holdings): BreakerState => own.heard?.breaker.state ?? "closed";

/** Calls may begin by what is held. Rule 4. */
export function hasLease(own: Holdings, now: Moment): boolean {
  return own.heard !== null && own.leasedAt !== null && elapsedMs(own.leasedAt, now) < own.heard.leaseMs;
}

/** How a call of that lane could begin now; null where it cannot. Rules 3, 4 and 10. */
export function mayStart(own: Holdings, lane: Lane, now: Moment): "permit" | "probe" | null {
  if (!hasLease(own, now)) return null;
  const held = own.lanes[lane];
  const frozen = own.frozen?.[lane];
  const state = lane === "health" ? "closed" : stateOf(own);
  if (state === "closed") {
    return Math.min(held.allow, frozen?.keep ?? held.allow) > held.running + held.untold ? "permit" : null;
  }
  if (state === "open") return null;
  return Math.min(held.probes, frozen?.probes ?? held.probes) > held.probing ? "probe" : null;
}

/** @returns Its number. */
export function started(own: Holdings, lane: Lane, as: "permit" | "probe", waitedMs: number, now: Moment): number {
  const held = own.lanes[lane];
  if (as === "probe") held.probing += 1;
  else held.running += 1;
  held.peak = Math.max(held.peak, held.running);
  held.sums.waitedMs += waitedMs;
  // A ping is no call that others will follow.
  if (lane !== "health") own.lastCallAt = now.monotonicMs;
  own.calls += 1;
  return own.calls;
}

/** A call that runs, as its gate knows it. */
export interface Begun {
  readonly lane: Lane;
  readonly probe: boolean;
  readonly generation: number;
  /** In the order of their beginning. */
  readonly number: number;
}
export interface Ending {
  readonly outcome: Outcome;
  readonly slow: boolean;
  readonly ranMs: number;
  /** Of a failure: for how long the database asked to be left alone. */
  readonly retryAfterMs?: number;
}

/** @returns Whether the gate is to hear of it at once. Rule 7. */
export function ended(
  own: Holdings,
  { lane, probe, generation, number }: Begun,
  { outcome, slow, ranMs, retryAfterMs = 0 }: Ending,
): boolean {
  const held = own.lanes[lane];
  if (probe && generation > own.outlived) held.probing -= 1;
  else held.running -= 1;
  countEnded(held, outcome, ranMs);
  if (lane === "health") {
    if (outcome !== "ignored") own.pings.push({ ok: outcome === "success" });
    return true;
  }
  if (number <= own.voidUpTo) return false;
  let votes = own.votes.find((one) => one.generation === generation && one.probe === probe);
  if (!votes) {
    votes = { generation, probe, calls: 0, failures: 0, slow: 0, ignored: 0, retryAfterMs: 0 };
    own.votes.push(votes);
  }
  if (outcome === "ignored") votes.ignored += 1;
  else {
    votes.calls += 1;
    if (outcome === "failure") {
      votes.failures += 1;
      votes.retryAfterMs = Math.max(votes.retryAfterMs, retryAfterMs);
    } else if (slow && lane === "request") votes.slow += 1;
  }
  return probe || outcome === "failure";
}

function countEnded({ sums }: Held, outcome: Outcome, ranMs: number): void {
  sums.ended[outcome] += 1;
  sums.ranMs += Math.max(0, Math.floor(ranMs));
}

/** A call by the local gate: it votes there alone, but the fleet's sums are to have it, once the shared gate is back. */
export const countElsewhere = (own: Holdings, lane: Lane, { outcome, ranMs }: Ending): void =>
  countEnded(own.lanes[lane], outcome, ranMs);

export function addTally({ tallies }: Holdings, tally: Tally, count = 1): void {
  tallies[tally] = (tallies[tally] ?? 0) + count;
}

export function addTallies(own: Holdings, tallies: Tallies): void {
  for (const [tally, count] of Object.entries(tallies) as [Tally, number][]) addTally(own, tally, count);
}

export function refusedHere(own: Holdings, lane: Lane, reason: RefusalReason): void {
  const { refused } = own.lanes[lane].sums;
  refused[reason] = (refused[reason] ?? 0) + 1;
}

const idle = (held: Held): number => Math.max(0, held.permits - held.running) + held.probes - held.probing;

/** It holds what others could use: the rest of a lane that is crowded, or what it was told not to use. Rule 7. */
export function owesOthers(own: Holdings, waiting: Readonly<Record<Lane, number>>): boolean {
  return QUEUED_LANES.some((lane) => {
    const held = own.lanes[lane];
    if (held.permits <= held.running) return false;
    return held.permits > held.allow || (held.crowded && waiting[lane] === 0);
  });
}

/** It runs more in a lane than it has told the gate. */
export const hasUntold = ({ lanes }: Holdings): boolean => QUEUED_LANES.some((lane) => lanes[lane].untold > 0);
export const holdsIdle = (own: Holdings): boolean => LANES.some((lane) => idle(own.lanes[lane]) > 0);
export const runningIn = ({ lanes }: Holdings, lane: Lane): number => lanes[lane].running + lanes[lane].probing;
export const runs = (own: Holdings): boolean => LANES.some((lane) => runningIn(own, lane) > 0);
export const hasNews = (own: Holdings): boolean =>
  own.votes.length + own.pings.length > 0 ||
  LANES.some((lane) => hasSums(own.lanes[lane].sums)) ||
  Object.keys(own.tallies).length > 0;
const hasSums = ({ ended: { success, failure, ignored }, refused }: Sums): boolean =>
  success + failure + ignored > 0 || Object.keys(refused).length > 0;

/** Lets the memory of a busy moment fade. */
export function fade(own: Holdings): void {
  for (const lane of LANES) own.lanes[lane].peak = Math.max(own.lanes[lane].running, own.lanes[lane].peak * PEAK_KEPT);
}

/**
 * Nothing is left of the fleet's line. A part of it is every instance's own, so that one alone cannot take all of it.
 * Rule 6.
 *
 * @param waiting Calls of that lane that wait here.
 * @param most That may wait in the fleet.
 */
export function lineIsFull({ heard, lanes }: Holdings, lane: Lane, waiting: number, most: number): boolean {
  if (lane === "health" || waiting * 2 < Math.floor(most / (heard?.fleet.n ?? 1))) return false;
  return waiting + lanes[lane].waitingElsewhere >= most;
}

/** It was told lately that others need what there is. */
export function isKnownToBeShort({ heard, lanes }: Holdings, lane: Lane, now: Moment): boolean {
  return lanes[lane].crowded && heard !== null && elapsedMs(heard.at, now) < heard.renewWithinMs;
}
