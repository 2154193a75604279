/**
 * What an instance tells its gate and hears from it: the next renewal out of what it holds, and an answer into it. Pure,
 * as `holdings` is.
 */
import type { LaneReport, Opening, Renewal, RenewalReply } from "../../gate/renewal.ts";
import { SILENT_MS } from "../../gate/sessions.ts";
import { LANES, type Lane, type Outcome, type RefusalReason } from "../../gate/types.ts";
import { addTallies, type Holdings, hasLease, noSums, nothing, runs } from "./holdings.ts";
import { elapsedMs, type Moment } from "./moment.ts";

/** Nothing has run for so long: all is given back. Rule 7. */
const IDLE_MS = 1_000;
/** What is known of a breaker is brought along for so long. */
const NEWS_MS = 10_000;

/** The part of a renewal that others decide on. */
export interface Demand {
  readonly waiting: Readonly<Record<Lane, number>>;
  readonly waitedMs: Readonly<Record<Lane, number>>;
  /** Calls that run by the local gate. */
  readonly owed: Readonly<Record<Lane, number>>;
  readonly leaves: boolean;
  /** An open breaker of the local gate. */
  readonly open: Renewal["open"];
}

export interface Terms extends Pick<Renewal, "session" | "jitter" | "roundTripMs" | "config" | "commands"> {
  readonly about: Opening["about"];
  /** Nothing idle is kept: this instance may be frozen at any moment, or its gate is at hand. */
  readonly keepsNothing: boolean;
}

/** The next renewal. What it tells is told with it: should it come to nothing, {@link takeBack} is for that. */
export function composed(own: Holdings, demand: Demand, terms: Terms, now: Moment): Renewal {
  const { about, keepsNothing, ...rest } = terms;
  const resting = !runs(own) && now.monotonicMs - own.lastCallAt >= IDLE_MS;
  const lane = (name: Lane) => laneReport(own, name, demand, keepsNothing || resting || name === "health", now);
  const lanes = { request: lane("request"), slow: lane("slow"), health: lane("health") };
  own.n += 1;
  own.frozen = lanes;
  const isForgotten = own.heard !== null && elapsedMs(own.heard.at, now) >= SILENT_MS;
  const opening = own.opens ?? (isForgotten ? own.heard : null);
  const open = demand.open ?? (opening ? rememberedOpen(own, now) : null);
  const opens = opening && openingOf(own, about, now);
  const life = opening ? opening.life : (own.heard?.life ?? null);
  return { ...rest, n: own.n, agoMs: 0, life, opens, leaves: demand.leaves, lanes, open, ...takeNews(own) };
}

/** Rules 3, 5 and 7. */
function laneReport(own: Holdings, lane: Lane, demand: Demand, keepsNothing: boolean, now: Moment): LaneReport {
  const held = own.lanes[lane];
  const waiting = demand.leaves ? 0 : demand.waiting[lane];
  const need = held.running + held.probing + waiting;
  const frugal = keepsNothing || held.crowded || demand.leaves;
  // Of a lane that nobody uses nothing is kept ready.
  const ahead = held.peak > 0 ? Math.ceil(held.peak) + 1 : 0;
  const wanted = frugal ? Math.min(held.allow, need) : ahead;
  const keep = hasLease(own, now) ? Math.max(held.running, Math.min(held.permits - held.untold, wanted)) : held.running;
  return {
    keep,
    probes: held.probing,
    need,
    want: frugal ? need : Math.max(need, ahead),
    waiting,
    waitedMs: waiting > 0 ? Math.max(0, Math.floor(demand.waitedMs[lane])) : 0,
    owed: demand.owed[lane],
  };
}

function takeNews(own: Holdings): Pick<Renewal, "votes" | "pings" | "sums" | "tallies"> {
  const { votes, pings, tallies } = own;
  const take = (lane: Lane) => {
    const { sums } = own.lanes[lane];
    own.lanes[lane].sums = noSums();
    return { ...sums, waitedMs: Math.floor(sums.waitedMs) };
  };
  own.votes = [];
  own.pings = [];
  own.tallies = {};
  return { votes, pings, tallies, sums: { request: take("request"), slow: take("slow"), health: take("health") } };
}

function openingOf({ heard }: Holdings, about: Opening["about"], now: Moment): Opening {
  const sinceMs = heard ? elapsedMs(heard.at, now) : 0;
  const remainingMs = Math.floor((heard?.override?.remainingMs ?? 0) - sinceMs);
  const override = heard?.override && remainingMs > 0 ? { ...heard.override, remainingMs } : null;
  return { generation: heard?.generation ?? 0, overrideVersion: heard?.overrideVersion ?? 0, override, about };
}

/** What it last heard of an open breaker, while that is news. Rule 14. */
function rememberedOpen({ heard }: Holdings, now: Moment): Renewal["open"] {
  if (heard?.breaker.refusal !== "open") return null;
  const agoMs = Math.floor(elapsedMs(heard.at, now));
  const remainingMs = Math.floor(heard.breaker.retryAfterMs - agoMs);
  return agoMs <= NEWS_MS && remainingMs > 0 ? { remainingMs, agoMs } : null;
}

/**
 * An answer to the renewal in flight.
 *
 * @param sent When that was first sent.
 * @param owed Calls that run by the local gate now.
 * @returns False where the gate does not know this instance: nothing was done, and the next renewal opens a session.
 */
export function hear(
  own: Holdings,
  reply: RenewalReply,
  renewal: Renewal,
  sent: Moment,
  now: Moment,
  owed: Demand["owed"],
): boolean {
  own.frozen = null;
  if (!reply.known) {
    own.opens = { life: reply.life };
    for (const lane of LANES) {
      const held = own.lanes[lane];
      Object.assign(held, { ...nothing(), permits: held.running });
    }
    takeBack(own, renewal);
    own.votes = [];
    own.voidUpTo = own.calls;
    return false;
  }
  own.opens = null;
  own.heard = { ...reply, at: now };
  own.leasedAt = sent;
  for (const lane of LANES) {
    const held = own.lanes[lane];
    const { need, waiting, probes } = renewal.lanes[lane];
    Object.assign(held, reply.lanes[lane]);
    held.untold = Math.max(0, owed[lane] - renewal.lanes[lane].owed);
    const starts = Math.max(0, held.allow - (need - waiting));
    held.waitingElsewhere = Math.max(0, held.waiting - Math.max(0, waiting - starts));
    // That there are probes is no reason to refuse: that none was left for who asked is one.
    if (reply.breaker.state !== "half_open") held.noProbeAt = null;
    else if (waiting > 0) held.noProbeAt = held.probes - probes < waiting ? now : null;
    if (reply.breaker.state !== "closed") continue;
    held.running += held.probing;
    held.probing = 0;
  }
  if (reply.breaker.state === "closed") own.outlived = reply.generation;
  return true;
}

/** What a renewal told that came to nothing. Votes belong to the life that is over. Rule 19. */
function takeBack(own: Holdings, { pings, sums, tallies = {} }: Renewal): void {
  own.pings.unshift(...pings);
  addTallies(own, tallies);
  for (const lane of LANES) {
    const { ended, refused, ranMs, waitedMs } = sums[lane];
    const now = own.lanes[lane].sums;
    for (const [outcome, calls] of Object.entries(ended)) now.ended[outcome as Outcome] += calls;
    for (const [reason, calls] of Object.entries(refused)) {
      now.refused[reason as RefusalReason] = (now.refused[reason as RefusalReason] ?? 0) + calls;
    }
    now.ranMs += ranMs;
    now.waitedMs += waitedMs;
  }
}
