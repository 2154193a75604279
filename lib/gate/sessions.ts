/** Sessions: what the gate knows of each instance, the sums over all of them, and what time does to them. */
import type { Opening } from "./renewal.ts";
import { type Core, type GateState, type Lease, noLeases, type Session } from "./state.ts";
import type { Turn } from "./turn.ts";
import { LANES, type Lane, QUEUED_LANES } from "./types.ts";

/** A hungry instance asks again within a second; who was not heard for so long is not hungry any more. Rule 5. */
export const HUNGER_MS = 1_500;
/** Silent, and holding nothing: forgotten. Rule 17. */
export const SILENT_MS = 60_000;
/** Beyond its lease a holder that is silent is not counted among the living. */
export const MISSED_MS = 1_000;
/** Of what a score holds beside the moment: 2^41 milliseconds are enough until 2039. */
export const MOMENTS: number = 2 ** 41;
export const MOST_IN_SCORE = 4_000;

/** It needs more than it holds, and has said so since the breaker last moved. */
export function isHungry(core: Core, session: Session, { hungrySince }: Lease): boolean {
  return hungrySince > 0 && session.generation === core.generation;
}

const hungerScore = ({ permits, hungrySince }: Lease): number =>
  Math.min(permits, MOST_IN_SCORE) * MOMENTS + hungrySince;
/** What it does not use counts first, then what it holds. */
const riches = ({ permits, need }: Lease): number =>
  Math.min(Math.max(0, permits - need), MOST_IN_SCORE) * MOST_IN_SCORE + Math.min(permits, MOST_IN_SCORE);

export const holdsAny = (session: Session): boolean =>
  LANES.some((lane) => {
    const { permits, probes, owed } = session.lanes[lane];
    return permits + probes + owed > 0;
  });

/** Takes a session out of the order of its lanes and of the sums, to be changed and enlisted again. */
export function withdraw({ gate, core }: Turn, id: string, session: Session): void {
  count(core, session, -1);
  index(gate, core, id, session, "remove");
}

export function enlist(turn: Turn, id: string, session: Session): void {
  const { gate, core, touched } = turn;
  gate.sessions.set(id, session);
  session.active = holdsAny(session) || QUEUED_LANES.some((lane) => isHungry(core, session, session.lanes[lane]));
  count(core, session, 1);
  session.due = dueOf(session);
  index(gate, core, id, session, "add");
  touched.sessions.push(id);
}

/** Its places in every order that it stands in. */
export function index(gate: GateState, core: Core, id: string, session: Session, change: "add" | "remove"): void {
  for (const lane of QUEUED_LANES) {
    const lease = session.lanes[lane];
    if (isHungry(core, session, lease)) gate.hungry[lane][change](hungerScore(lease), id);
    if (lease.permits > 0) gate.rich[lane][change](riches(lease), id);
  }
  if (session.presentUntil > 0) gate.present[change](session.opened, id);
  if (!session.active) gate.idle[change](session.heard, id);
  gate.due[change](session.due, id);
}

function count(core: Core, session: Session, sign: 1 | -1): void {
  for (const lane of LANES) {
    const { permits, probes, owed, need, waiting } = session.lanes[lane];
    core.permits[lane] += sign * (permits + probes);
    core.owed[lane] += sign * owed;
    core.running[lane] += sign * (need - waiting);
    core.waiting[lane] += sign * waiting;
    core.probes += sign * probes;
  }
  if (session.active) core.active += sign;
}

function dueOf(session: Session): number {
  let due = holdsAny(session) ? Number.MAX_SAFE_INTEGER : session.heard + SILENT_MS;
  if (session.presentUntil > 0) due = Math.min(due, session.presentUntil);
  for (const lane of LANES) {
    const lease = session.lanes[lane];
    if (lease.until > 0) due = Math.min(due, lease.until);
    if (lease.probesUntil > 0) due = Math.min(due, lease.probesUntil);
    if (lease.waiting > 0 || lease.hungrySince > 0) due = Math.min(due, session.heard + HUNGER_MS);
  }
  return due;
}

export function openSession(turn: Turn, n: number, { about }: Opening): Session {
  const { gate, core, config } = turn;
  while (gate.sessions.size >= config.sessionsKept && forgetSilent(turn));
  return {
    opened: ++core.openings,
    about,
    n: n - 1,
    heard: 0,
    presentUntil: 0,
    active: false,
    due: 0,
    generation: core.generation,
    roundTripMs: 0,
    leaseMs: 0,
    lanes: noLeases(),
  };
}

/** Lets time do to sessions what was due by now. */
export function passSessions(turn: Turn): void {
  const { gate, now } = turn;
  for (const id of gate.due.until(now)) passSession(turn, id, gate.sessions.get(id) as Session);
}

function passSession(turn: Turn, id: string, session: Session): void {
  const { now } = turn;
  withdraw(turn, id, session);
  const held = holdsAny(session);
  for (const lane of LANES) passLease(turn, session, lane);
  if (session.presentUntil <= now) session.presentUntil = 0;
  // Whose lease has run out has to open again: what ran on it has no vote. Rule 12.
  if (!holdsAny(session) && (held || session.heard + SILENT_MS <= now)) forget(turn, id);
  else enlist(turn, id, session);
}

function passLease({ now }: Turn, session: Session, lane: Lane): void {
  const lease = session.lanes[lane];
  if (lease.probesUntil > 0 && lease.probesUntil <= now) Object.assign(lease, { probes: 0, probesUntil: 0 });
  if (lease.until > 0 && lease.until <= now) {
    Object.assign(lease, { permits: 0, owed: 0, need: lease.waiting, until: 0 });
  }
  if (session.heard + HUNGER_MS <= now) giveUpHunger(lease);
}

/** Whatever waited there has given up, or nobody is there. */
export function giveUpHunger(lease: Lease): void {
  Object.assign(lease, { need: lease.need - lease.waiting, waiting: 0, hungrySince: 0, woken: 0 });
}

export function forget({ gate, touched }: Turn, id: string): void {
  gate.sessions.delete(id);
  touched.sessions.push(id);
}

/** Of those that hold nothing the one that was heard longest ago. False where all hold something or wait for it: they are remembered in any case. */
function forgetSilent(turn: Turn): boolean {
  const { gate } = turn;
  const [id] = gate.idle.first(1);
  if (id === undefined) return false;
  withdraw(turn, id, gate.sessions.get(id) as Session);
  forget(turn, id);
  return true;
}
