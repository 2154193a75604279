/** The lanes: how many permits may be out, and granting and releasing one. */
import { vote } from "./breaker.ts";
import type { AdmitReply } from "./replies.ts";
import type { Permit } from "./state.ts";
import { expect, type Turn } from "./turn.ts";
import type { Lane, Outcome } from "./types.ts";

/** How long a statement may take to stop after its deadline; its permit lives as long. */
export const CANCEL_GRACE_MS = 2_000;
/** A probe's statement may run so long at first; each probe that did not succeed doubles it. */
const PROBE_DEADLINE_MS = 10_000;
const LARGEST_PROBE_DOUBLING = 15;
const RAMP_STEP_MS = 250;
/** One very long call must not make the line believe that all are. */
const LONGEST_HELD_MS = 60_000;

/** After a recovery it starts at the number of probes and doubles every 250 ms up to what is configured. */
export function capacityInForce({ core, config, now }: Turn, lane: Lane): number {
  const capacity = config.capacity[lane];
  if (lane === "health" || core.recoveredAt === 0 || core.state !== "closed" || !config.enabled) return capacity;
  const doublings = Math.min(30, Math.floor((now - core.recoveredAt) / RAMP_STEP_MS));
  return Math.min(capacity, config.probes * 2 ** doublings);
}

export function freePermits(turn: Turn, lane: Lane): number {
  return Math.max(0, capacityInForce(turn, lane) - turn.core.held[lane]);
}

/** Mints a permit of the present generation. Its life is decided now: connecting, running, being cancelled. */
export function grant(
  turn: Turn,
  id: string,
  session: string,
  lane: Lane,
  askedMs: number,
  probe: boolean,
): AdmitReply {
  const { core, config, now } = turn;
  const longestMs = probe ? PROBE_DEADLINE_MS * 2 ** Math.min(core.failedProbes, LARGEST_PROBE_DOUBLING) : askedMs;
  const deadlineMs = Math.min(askedMs, longestMs);
  const permit: Permit = {
    session,
    lane,
    generation: core.generation,
    grantedAt: now,
    expiresAt: now + config.connectTimeoutMs + deadlineMs + CANCEL_GRACE_MS,
    deadlineMs,
    probe,
    adopted: false,
  };
  mint(turn, id, permit);
  return permitReply(turn, permit);
}

export function mint(turn: Turn, id: string, permit: Permit): void {
  const { core, gate } = turn;
  gate.permits.set(id, permit);
  turn.touched.permits.push(id);
  core.held[permit.lane] += 1;
  if (core.fullSince[permit.lane] === 0 && freePermits(turn, permit.lane) === 0) core.fullSince[permit.lane] = turn.now;
  if (permit.probe) core.probes.push(id);
  countSession(turn, permit.session, 1);
  expect(gate, permit.expiresAt);
}

export function permitReply({ now }: Turn, { expiresAt, deadlineMs, probe }: Permit): AdmitReply {
  return { kind: "permit", expiresAt, remainingMs: expiresAt - now, deadlineMs, probe };
}

/** Ends a permit that nobody gave back in time. Where others wait for it, the lane stays as full as it was. */
export function expire(turn: Turn, id: string, permit: Permit): void {
  release(turn, id, permit);
  const waiting = permit.lane === "health" ? 0 : turn.gate.lines[permit.lane].length;
  if (waiting === 0) turn.core.fullSince[permit.lane] = 0;
}

function giveBack(turn: Turn, id: string, permit: Permit): void {
  release(turn, id, permit);
  turn.core.fullSince[permit.lane] = 0;
}

function release(turn: Turn, id: string, permit: Permit): void {
  const { core, gate } = turn;
  gate.permits.delete(id);
  turn.touched.permits.push(id);
  core.held[permit.lane] -= 1;
  if (permit.probe) core.probes.splice(core.probes.indexOf(id), 1);
  countSession(turn, permit.session, -1);
}

/** Ends a living permit with its outcome. */
export function settle(turn: Turn, id: string, permit: Permit, outcome: Outcome, slow: boolean): void {
  giveBack(turn, id, permit);
  if (permit.lane !== "health" && !permit.adopted) {
    const heldMs = Math.min(turn.now - permit.grantedAt, LONGEST_HELD_MS);
    turn.core.heldMs[permit.lane] = Math.floor((7 * turn.core.heldMs[permit.lane] + heldMs) / 8);
  }
  vote(turn, permit, outcome, slow);
}

/** A holder gave its permit up; a probe given up did not succeed. */
export function cancel(turn: Turn, id: string, permit: Permit): void {
  giveBack(turn, id, permit);
  vote(turn, permit, "ignored", false);
}

function countSession(turn: Turn, session: string, change: number): void {
  const entry = turn.gate.sessions.get(session);
  if (!entry) return;
  entry.permits += change;
  turn.touched.sessions.push(session);
}
