/** Admission: one look at everything that can stand in the way of a call, in a fixed order. */
import type { Admit } from "./commands.ts";
import { freePermits, grant, permitReply } from "./lanes.ts";
import { keepPlace, leaveLine, placeOf } from "./line.ts";
import type { AdmitReply, RefusalReason } from "./replies.ts";
import type { Session, Ticket } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { QueuedLane } from "./types.ts";

/** A living permit of that id; else adopting, forced, open, spent, probing; else room, a place, or full. */
export function admit(turn: Turn, session: Session, sessionId: string, n: number, command: Admit): AdmitReply {
  const { gate, core, config, now } = turn;
  const { id, waitMs } = command;
  const permit = gate.permits.get(id);
  if (permit) return permitReply(turn, permit);

  const ticket = gate.tickets.get(id);
  const lane = ticket?.lane ?? command.lane;
  const deadlineMs = ticket?.deadlineMs ?? command.deadlineMs;
  const guarded = lane !== "health" && config.enabled;

  if (now < core.adoptingUntil) return refused("adopting", core.adoptingUntil - now);
  if (guarded && core.override?.mode === "force_open") return refused("forced", core.override.until - now);
  if (guarded && core.state === "open") return refused("open", core.openUntil - now);
  if (!ticket && n < session.doneBelow) return refused("spent", 0);

  const probing = guarded && core.state === "half_open";
  if (probing && core.probes.length >= config.probes) return refused("probing", firstProbeExpiryMs(turn));

  const queued = lane !== "health" && !probing;
  if (freePermits(turn, lane) > (queued ? ticketsBefore(turn, lane, ticket) : 0)) {
    if (ticket) leaveLine(turn, id, ticket);
    return grant(turn, id, sessionId, lane, deadlineMs, probing);
  }
  if (queued && waitMs > 0 && (ticket || gate.lines[lane].length < config.maxWaiting)) {
    return keepPlace(turn, id, { session: sessionId, lane, deadlineMs }, waitMs);
  }
  return refused("full", config.fullRetryAfterMs);
}

/** Who comes new counts as the last of the line: nobody overtakes. */
function ticketsBefore(turn: Turn, lane: QueuedLane, ticket: Ticket | undefined): number {
  return ticket ? placeOf(turn.gate, ticket) : turn.gate.lines[lane].length;
}

function firstProbeExpiryMs({ core, gate, now }: Turn): number {
  const expiries = core.probes.map((id) => gate.permits.get(id)?.expiresAt ?? now);
  return Math.min(...expiries) - now;
}

const refused = (reason: RefusalReason, retryAfterMs: number): AdmitReply => ({
  kind: "refused",
  reason,
  retryAfterMs,
});
