/** Adoption: what instances bring along into a new life after the store has lost its data. */
import { enter, stayOpenUntil } from "./breaker.ts";
import type { Adopt, Opening } from "./commands.ts";
import { mint } from "./lanes.ts";
import { leaveLine } from "./line.ts";
import { beginOverride } from "./operator.ts";
import type { Reply } from "./replies.ts";
import { report, type Turn } from "./turn.ts";

/** Who opens naming the highest numbers and brings nothing says that there is nothing. */
export const NOTHING: Adopt = { kind: "adopt", permits: [], openMs: null, override: null };

/**
 * Permits are taken in even beyond the capacity, since their statements do run; they vote nothing. The breaker and the
 * override are those of whoever knew the latest of them, while the life still adopts and no operator has spoken in it.
 */
export function adopt(turn: Turn, session: string, command: Adopt, opening: Opening | null): Reply {
  const spent: string[] = [];
  for (const { id, lane, remainingMs } of command.permits) {
    if (turn.gate.permits.has(id)) continue;
    if (!opening || remainingMs <= 0) spent.push(id);
    else {
      // A late repetition of the very first batch may have queued it.
      const ticket = turn.gate.tickets.get(id);
      if (ticket) leaveLine(turn, id, ticket);
      mint(turn, id, {
        session,
        lane,
        generation: turn.core.generation,
        grantedAt: turn.now,
        expiresAt: turn.now + remainingMs,
        deadlineMs: 0,
        probe: false,
        adopted: true,
      });
    }
  }
  if (opening && turn.now < turn.core.adoptingUntil && !turn.core.operated) {
    // The override first: where a better one is nothing, what is known of the breaker counts again.
    adoptOverride(turn, command.override, opening.overrideVersion);
    adoptBreaker(turn, command.openMs, opening.generation);
  }
  return { kind: "adopted", spent };
}

function adoptBreaker(turn: Turn, openMs: number | null, generation: number): void {
  const { core, now } = turn;
  if (generation < core.adoptedGeneration) return;
  const knowsBetter = generation > core.adoptedGeneration;
  core.adoptedGeneration = generation;
  if (core.override) return;
  if (openMs === null || openMs <= 0) {
    if (knowsBetter && core.state === "open") enter(turn, "closed", now, "adopted");
    return;
  }
  const until = now + openMs;
  const openUntil = knowsBetter ? until : Math.max(core.openUntil, until);
  if (core.state !== "open") enter(turn, "open", now, "adopted");
  stayOpenUntil(turn, openUntil);
}

function adoptOverride(turn: Turn, override: Adopt["override"], version: number): void {
  const { core, now } = turn;
  if (version < core.adoptedOverrideVersion) return;
  const knowsBetter = version > core.adoptedOverrideVersion;
  core.adoptedOverrideVersion = version;
  if (override && override.remainingMs > 0) {
    if (core.override && !knowsBetter) return;
    const { mode, remainingMs, actor, reason } = override;
    report(turn, { kind: "override", at: now, mode, until: now + remainingMs, actor, reason });
    beginOverride(turn, { mode, until: now + remainingMs, actor, reason }, "adopted");
  } else if (core.override && knowsBetter) {
    core.override = null;
    if (core.state !== "closed") enter(turn, "closed", now, "adopted");
  }
}
