/**
 * Who gets which permits of a lane while the breaker is closed. Rule 5: the poorest first, and of those the one that
 * waits longest; nothing is found by a scan.
 */
import { roomIn } from "./lanes.ts";
import type { LaneGrant, LaneReport } from "./renewal.ts";
import { enlist, giveUpHunger, HUNGER_MS, isHungry, withdraw } from "./sessions.ts";
import type { Lease, Session } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { QueuedLane } from "./types.ts";

/** Looked at beyond those that there is room for. */
export const MORE_LOOKED_AT = 4;
/** So long, or so many round trips, is a permit kept by who holds one more than a hungry instance. */
export const QUANTUM_MS = 50;
export const QUANTUM_ROUND_TRIPS = 3;
/** The same where nobody is called: until somebody comes for what was given back, it is nobody's. */
export const QUANTUM_ROUND_TRIPS_UNCALLED = 8;
/** So long, or so many round trips, has who was woken a claim without being heard. */
export const WAKE_MS = 150;
export const WAKE_ROUND_TRIPS = 3;
/** For so long after its beginning a life grants each instance its share only. Rule 14. */
export const ADOPTING_MS = 2_000;

interface Hungry {
  readonly id: string;
  readonly session: Session;
  readonly lease: Lease;
}

/** Gives the sender what it may have, calls others where there is room or need, and says what it may go on using. */
export function allocate(
  turn: Turn,
  session: Session,
  lane: QueuedLane,
  asked: LaneReport,
): Pick<LaneGrant, "allow" | "crowded"> {
  const { core, gate, now, push } = turn;
  const lease = session.lanes[lane];
  // The sender itself is out of the sums while it is being changed.
  const free = roomIn(turn, lane) - lease.permits - lease.probes - lease.owed;
  const room = Math.max(0, free);
  const others = hungryOthers(turn, lane, room);
  const wasHungry = isHungry(core, session, lease);

  if (asked.need <= lease.permits) lease.hungrySince = 0;
  else if (!wasHungry) lease.hungrySince = Math.max(1, now - asked.waitedMs);
  const granted = grantable(turn, lane, lease, asked, room, others);
  if (granted > 0) {
    lease.permits += granted;
    lease.got = now;
    if (asked.need <= lease.permits) lease.hungrySince = 0;
  }
  const left = room - granted;
  const excess = free < 0 ? excessOf(core.permits[lane], lease.permits, -free) : 0;
  const gives = left > 0 ? 0 : Math.max(excess, givenAway(turn, session, lease, others));
  const hungry = lease.hungrySince > 0;
  // It has had its turn, and stands at the end of those who wait for theirs.
  if (hungry && gives > 0) Object.assign(lease, { hungrySince: now, got: now });
  const share = shareIn(turn, lane);
  // Who has its share of a young life would come for nothing, and have the next one called.
  for (const other of others.slice(0, left)) if (other.lease.permits < share) wake(turn, other);
  if (hungry && left === 0) {
    const holder = reclaimable(turn, session, lane);
    if (holder !== null) push.push({ session: holder, message: "reclaim" });
  }
  return { allow: lease.permits - gives, crowded: hungry || gate.hungry[lane].size > 0 };
}

/** The first of the line that have a claim, without the sender. Who has lost its claim leaves the line. */
function hungryOthers(turn: Turn, lane: QueuedLane, room: number): readonly Hungry[] {
  const { gate, now } = turn;
  const found: Hungry[] = [];
  for (const id of gate.hungry[lane].first(room + MORE_LOOKED_AT)) {
    const session = gate.sessions.get(id) as Session;
    const lease = session.lanes[lane];
    if (isDeaf(session, lease, now)) {
      withdraw(turn, id, session);
      giveUpHunger(lease);
      enlist(turn, id, session);
    } else found.push({ id, session, lease });
  }
  return found;
}

/** It was called, and has not come. */
const isDeaf = ({ heard, roundTripMs }: Session, { woken }: Lease, now: number): boolean =>
  heard + HUNGER_MS <= now || (woken > 0 && now - woken > Math.max(WAKE_MS, WAKE_ROUND_TRIPS * roundTripMs));

/** What an instance is granted at most. Rule 14. */
function shareIn({ core, config, gate, now }: Turn, lane: QueuedLane): number {
  if (now >= core.life + ADOPTING_MS) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(config.capacity[lane] / Math.max(config.expectedInstances, gate.present.size + 1)));
}

/** As many as there is room for once all have been served that are poorer, or as poor and older. */
function grantable(
  turn: Turn,
  lane: QueuedLane,
  lease: Lease,
  { need, want }: LaneReport,
  room: number,
  others: readonly Hungry[],
): number {
  const wanted = Math.min(others.length > 0 ? need : Math.max(need, want), shareIn(turn, lane));
  const most = Math.max(0, Math.min(room, wanted - lease.permits));
  if (others.length === 0) return most;
  let granted = 0;
  while (granted < most) {
    const level = lease.permits + granted;
    let claims = 0;
    for (const { lease: other } of others) {
      // Who cannot be called comes when it comes: nothing is kept free for it by those who are as poor.
      const older = turn.config.pushes && (lease.hungrySince === 0 || other.hungrySince < lease.hungrySince);
      claims += Math.max(0, Math.min(other.need, older ? level + 1 : level) - other.permits);
    }
    if (room - granted - claims <= 0) break;
    granted += 1;
  }
  return granted;
}

/** Where more is out than is in force, everybody gives its part of that. Rule 14. */
function excessOf(others: number, own: number, excess: number): number {
  return own === 0 ? 0 : Math.min(own, Math.ceil((excess * own) / (others + own)));
}

/** How many it is to give: until nobody looked at holds two fewer; of one more alone, it has its time. */
function givenAway(turn: Turn, session: Session, lease: Lease, others: readonly Hungry[]): number {
  const levels = others.map(({ lease: { permits, need } }) => ({ permits, need }));
  const poorest = () =>
    levels.reduce<{ permits: number; need: number } | null>(
      (least, one) => (one.permits < one.need && (!least || one.permits < least.permits) ? one : least),
      null,
    );
  let gives = 0;
  for (let one = poorest(); one && lease.permits - gives >= one.permits + 2; one = poorest()) {
    one.permits += 1;
    gives += 1;
  }
  if (gives > 0) return gives;
  const one = poorest();
  return one && lease.permits === one.permits + 1 && hadItsTime(turn, session, lease) ? 1 : 0;
}

function hadItsTime({ config, now }: Turn, { roundTripMs }: Session, { got }: Lease): boolean {
  const roundTrips = config.pushes ? QUANTUM_ROUND_TRIPS : QUANTUM_ROUND_TRIPS_UNCALLED;
  return now - got > Math.max(QUANTUM_MS, roundTrips * roundTripMs);
}

function wake(turn: Turn, { id, lease }: Hungry): void {
  turn.push.push({ session: id, message: "wake" });
  if (lease.woken > 0) return;
  lease.woken = turn.now;
  turn.touched.sessions.push(id);
}

/** Who holds what it does not use; else who holds the most, if that is more than its share. */
function reclaimable(turn: Turn, session: Session, lane: QueuedLane): string | null {
  const { gate } = turn;
  const [holder] = gate.rich[lane].last(1);
  const other = holder === undefined ? undefined : gate.sessions.get(holder);
  if (holder === undefined || !other) return null;
  const [mine, theirs] = [session.lanes[lane], other.lanes[lane]];
  if (theirs.permits > theirs.need || theirs.permits >= mine.permits + 2) return holder;
  return theirs.permits === mine.permits + 1 && hadItsTime(turn, other, theirs) ? holder : null;
}
