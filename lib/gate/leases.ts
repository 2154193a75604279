/** Renewing what an instance holds: what it gives back, what it is given, and for how long. Rules 3, 4, 10 and 16. */
import { allocate } from "./allocation.ts";
import { LONGEST_PROBE_MS, SHORTEST_PROBE_MS, stateFor } from "./breaker.ts";
import {
  capacityInForce,
  leaseMs,
  outlastsMs,
  probeDeadlineMs,
  RENEWALS_A_LEASE,
  renewWithinMs,
  roomIn,
} from "./lanes.ts";
import type { CommandReply, LaneGrant, LaneReport, Opening, Renewal, RenewalReply } from "./renewal.ts";
import { enlist, forget, holdsAny, MISSED_MS, SILENT_MS } from "./sessions.ts";
import type { Lease, Session } from "./state.ts";
import type { Turn } from "./turn.ts";
import { LANES, type Lane } from "./types.ts";

type Allowed = Readonly<Record<Lane, Pick<LaneGrant, "allow" | "crowded">>>;

export function renew(turn: Turn, renewal: Renewal, session: Session): Allowed {
  const { core, config, now } = turn;
  const { session: id } = renewal;
  // Brought into a life, or back to a gate that has forgotten it: counted, even beyond the capacity. Rule 14.
  const adopts = renewal.opens !== null && renewal.life !== null;
  session.heard = now;
  session.leaseMs = leaseMs(turn);
  const lane = (name: Lane) => renewLane(turn, session, name, renewal.lanes[name], adopts);
  const allowed = { request: lane("request"), slow: lane("slow"), health: lane("health") };
  // Only now: until here, its hunger is that of the generation it was last heard in.
  session.generation = core.generation;
  for (const name of LANES) {
    const lease = session.lanes[name];
    const { permits, probes, owed } = lease;
    const until = (deadlineMs: number) => now + session.leaseMs + outlastsMs(config, deadlineMs);
    lease.until = permits + owed > 0 ? until(config.deadlineMs[name]) : 0;
    lease.probesUntil = probes > 0 ? until(probeDeadlineMs(core, config, name)) : 0;
  }
  if (renewal.leaves && !holdsAny(session)) forget(turn, id);
  else {
    session.presentUntil = renewal.leaves ? 0 : now + (holdsAny(session) ? session.leaseMs + MISSED_MS : SILENT_MS);
    enlist(turn, id, session);
  }
  for (const name of LANES) noteFull(turn, name, renewal);
  return allowed;
}

function renewLane(turn: Turn, session: Session, lane: Lane, asked: LaneReport, adopts: boolean) {
  const lease = session.lanes[lane];
  const state = lane === "health" ? "closed" : stateFor(turn);
  const permits = adopts ? asked.keep : Math.min(asked.keep, lease.permits);
  const probes = adopts ? asked.probes : Math.min(asked.probes, lease.probes);
  const closed = state === "closed";
  // Once the breaker is closed a probe is a call like any other; until then it counts among the probes.
  lease.permits = permits + (closed ? probes : 0);
  lease.probes = closed ? 0 : probes;
  if (adopts) lease.got = turn.now;
  lease.owed = asked.owed;
  if (lane !== "health" && closed) {
    const allowed = allocate(turn, session, lane, asked);
    // Those that may start now wait no more.
    const starts = Math.max(0, allowed.allow - (asked.need - asked.waiting));
    Object.assign(lease, { need: asked.need, waiting: Math.max(0, asked.waiting - starts), woken: 0 });
    return allowed;
  }
  Object.assign(lease, { need: asked.need, waiting: asked.waiting, woken: 0, hungrySince: 0 });
  if (lane === "health") grantPing(turn, lease);
  else if (state === "half_open") grantProbes(turn, session, lease, lane);
  return { allow: lane === "health" ? lease.permits : 0, crowded: lane !== "health" };
}

/** Its capacity is all that it waits for. */
function grantPing(turn: Turn, lease: Lease): void {
  const room = roomIn(turn, "health") - lease.permits - lease.owed;
  lease.permits += Math.max(0, Math.min(room, lease.need - lease.permits));
}

/** For who waits here, while the fleet has fewer than it may. */
function grantProbes(turn: Turn, session: Session, lease: Lease, lane: Lane): void {
  const { core, config, now } = turn;
  const own = LANES.reduce((sum, name) => sum + session.lanes[name].probes, 0);
  const room = Math.min(
    roomIn(turn, lane) - lease.permits - lease.probes - lease.owed,
    config.probes - core.probes - own,
  );
  const granted = Math.max(0, Math.min(room, lease.waiting));
  lease.probes += granted;
  if (granted > 0) lease.got = now;
}

/** Since when as many calls run as may, and none has ended: what a watchdog goes by. */
function noteFull(turn: Turn, lane: Lane, { sums }: Renewal): void {
  const { core, now } = turn;
  const { success, failure, ignored } = sums[lane].ended;
  if (core.running[lane] < Math.max(1, capacityInForce(turn, lane))) core.fullSince[lane] = 0;
  else if (core.fullSince[lane] === 0 || success + failure + ignored > 0) core.fullSince[lane] = now;
}

/** @param allowed Null for a renewal that was heard before: then as things stand. */
export function replyTo(
  turn: Turn,
  n: number,
  session: Session,
  allowed: Allowed | null,
  replies: readonly CommandReply[],
): RenewalReply {
  const { gate, core, config, now } = turn;
  const state = stateFor(turn);
  const lane = (name: Lane): LaneGrant => {
    const { permits, probes } = session.lanes[name];
    const passes = name === "health" || state === "closed";
    const crowded = name !== "health" && (!passes || gate.hungry[name].size > 0);
    const standing = allowed ? allowed[name] : { allow: passes ? permits : 0, crowded };
    return { permits, probes, waiting: core.waiting[name], ...standing };
  };
  const forced = core.override?.mode === "force_open";
  const refusal = state === "open" ? (forced ? "forced" : "open") : state === "half_open" ? "probing" : null;
  const probeMs = Math.max(SHORTEST_PROBE_MS, Math.min(LONGEST_PROBE_MS, core.probeMs));
  return {
    known: true,
    n,
    life: core.life,
    generation: core.generation,
    overrideVersion: core.overrideVersion,
    breaker: {
      state,
      refusal,
      retryAfterMs: state === "open" ? core.openUntil - now : state === "half_open" ? probeMs : 0,
      probeMs: probeDeadlineMs(core, config, "request"),
    },
    override: overrideIn(turn),
    lanes: { request: lane("request"), slow: lane("slow"), health: lane("health") },
    leaseMs: session.leaseMs,
    renewWithinMs: Math.min(renewWithinMs(turn), Math.floor(session.leaseMs / RENEWALS_A_LEASE)),
    fleet: { n: gate.present.size, rank: gate.present.placeOf(session.opened, "") },
    replies,
  };
}

function overrideIn({ core, now }: Turn): Opening["override"] {
  if (!core.override) return null;
  const { mode, until, actor, reason } = core.override;
  return { mode, remainingMs: until - now, actor, reason };
}
