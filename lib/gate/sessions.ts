/** Sessions: what is known of each instance, so that every command takes effect at most once. Rule 2 of the design. */
import type { Batch } from "./commands.ts";
import type { GateState, Session } from "./state.ts";
import { expect, type Turn } from "./turn.ts";

/** Coarse, so that a busy instance rarely moves in the order of the silent. */
const HEARD_STEP_MS = 10_000;
const SILENT_MS = 600_000;
/** Who was heard in the last minute counts as present. */
const PRESENT_MS = 60_000;

const heardAt = (now: number): number => now - (now % HEARD_STEP_MS);
const droppedAt = (session: Session): number => session.heard + HEARD_STEP_MS + SILENT_MS;

/** `unknown`: the sender has to open a session first. `minting`: this batch may bring permits into the new life. */
export type Hearing =
  | { readonly unknown: true }
  | { readonly unknown: false; readonly session: Session; readonly minting: boolean };

export function hear(turn: Turn, batch: Batch): Hearing {
  const { gate, core } = turn;
  const { opens } = batch;
  const known = gate.sessions.get(batch.session);
  const namesThisLife = opens?.life === core.life;
  if (!known && (!opens || (opens.life !== null && !namesThisLife))) return { unknown: true };

  // A first batch that named no life may have arrived late in a life its sender has not heard of: it may open once more.
  const opening = opens !== null && (!known || (namesThisLife && !known.named));
  const session = known ?? openSession(turn, batch);
  if (opening) {
    session.named = namesThisLife;
    core.generation = Math.max(core.generation, opens.generation);
    core.overrideVersion = Math.max(core.overrideVersion, opens.overrideVersion);
  }
  session.doneBelow = Math.max(session.doneBelow, batch.doneBelow);
  touchSession(turn, batch.session, session);
  return { unknown: false, session, minting: opening && namesThisLife };
}

function openSession(turn: Turn, batch: Batch): Session {
  const { core, gate } = turn;
  const about = batch.opens?.about ?? { runtime: "", region: "", version: "", startedAt: 0 };
  const session = { opened: ++core.openings, about, doneBelow: 0, heard: -1, permits: 0, named: false };
  while (gate.sessions.size >= turn.config.sessionsKept && dropLongestSilent(turn));
  return session;
}

/** Keeps the map in order of `heard`. */
function touchSession(turn: Turn, id: string, session: Session): void {
  const { sessions } = turn.gate;
  const heard = heardAt(turn.now);
  turn.touched.sessions.push(id);
  if (heard !== session.heard) {
    sessions.delete(id);
    session.heard = heard;
    sessions.set(id, session);
  }
  // Also where nothing moved: this batch may end the last permit, which is all that kept it from being due.
  expect(turn.gate, droppedAt(session));
}

/** An id that ends exactly at the mark raises it, so that a repeated batch cannot mint it again. */
export function endId(turn: Turn, session: Session, sessionId: string, n: number): void {
  if (session.doneBelow !== n) return;
  session.doneBelow = n + 1;
  turn.touched.sessions.push(sessionId);
}

export function dropSilent(turn: Turn): void {
  for (const [id, session] of turn.gate.sessions) {
    if (droppedAt(session) > turn.now) return;
    if (session.permits === 0) drop(turn, id);
  }
}

/** When the next session can be dropped; those with permits wait for their permits, which are due by themselves. */
export function silentDue(gate: GateState): number {
  for (const session of gate.sessions.values()) if (session.permits === 0) return droppedAt(session);
  return Number.MAX_SAFE_INTEGER;
}

/** Of those heard longest ago the first by name, as a store with sorted sets would find it. False where all hold permits. */
function dropLongestSilent(turn: Turn): boolean {
  let longest: [id: string, heard: number] | null = null;
  for (const [id, session] of turn.gate.sessions) {
    if (longest && session.heard > longest[1]) break;
    if (session.permits === 0 && (!longest || id < longest[0])) longest = [id, session.heard];
  }
  if (longest) drop(turn, longest[0]);
  return longest !== null;
}

function drop(turn: Turn, id: string): void {
  turn.gate.sessions.delete(id);
  turn.touched.sessions.push(id);
}

/** Instances heard in the last minute, newest news last and then by name, and the place of one among them by opening. */
export function present(turn: Turn, id: string): { n: number; rank: number; sessions: [string, Session][] } {
  const oldest = heardAt(turn.now) - PRESENT_MS;
  const sessions = [...turn.gate.sessions].filter(([, session]) => session.heard >= oldest).sort(byNews);
  const opened = turn.gate.sessions.get(id)?.opened ?? 0;
  return { n: sessions.length, rank: sessions.filter(([, session]) => session.opened < opened).length, sessions };
}

/** Every home has to list them alike, whatever order its storage has. */
function byNews([id, { heard }]: [string, Session], [otherId, other]: [string, Session]): number {
  return heard - other.heard || (id < otherId ? -1 : 1);
}
