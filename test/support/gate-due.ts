/** When something will be due next, found by looking at everything: what `gate.due` may never exceed. */
import type { GateState } from "../../lib/gate/state.ts";

const SILENT_MS = 610_000;

export function nextDue({ core, permits, tickets, sessions }: GateState): number {
  const moments = [Number.MAX_SAFE_INTEGER];
  if (core?.override) moments.push(core.override.until);
  else if (core?.state === "open") moments.push(core.openUntil);
  for (const permit of permits.values()) moments.push(permit.expiresAt);
  for (const ticket of tickets.values()) moments.push(ticket.goneAt);
  for (const session of sessions.values()) if (session.permits === 0) moments.push(session.heard + SILENT_MS);
  return moments.reduce((least, moment) => Math.min(least, moment));
}
