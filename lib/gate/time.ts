/** Time passing: whatever was due since the last batch happens as of when it was due, in a fixed order. */
import { enter } from "./breaker.ts";
import { expire } from "./lanes.ts";
import { leaveLine } from "./line.ts";
import { endOverride } from "./operator.ts";
import { dropSilent, silentDue } from "./sessions.ts";
import { expect, type Turn } from "./turn.ts";
import { rollWindow } from "./window.ts";

/** Costs nothing until something is due; then one look at all that lives, which finds the next due moment. */
export function passTime(turn: Turn): void {
  const { core, gate, now } = turn;
  if (now >= gate.due) {
    if (core.override && core.override.until <= now) endOverride(turn, core.override.until, "override_ended");
    for (const [id, permit] of gate.permits) if (permit.expiresAt <= now) expire(turn, id, permit);
    if (openPeriodIsOver(turn)) enter(turn, "half_open", core.openUntil, "open_period_over");
    for (const [id, ticket] of gate.tickets) if (ticket.goneAt <= now) leaveLine(turn, id, ticket);
    dropSilent(turn);
    gate.due = Number.MAX_SAFE_INTEGER;
    expectAll(turn);
  }
  rollWindow(turn);
}

/** Under `force_open` it is as long as the override, whose end came first. */
function openPeriodIsOver({ core, now }: Turn): boolean {
  return core.state === "open" && core.openUntil <= now;
}

function expectAll({ core, gate }: Turn): void {
  if (core.override) expect(gate, core.override.until);
  else if (core.state === "open") expect(gate, core.openUntil);
  for (const permit of gate.permits.values()) expect(gate, permit.expiresAt);
  for (const ticket of gate.tickets.values()) expect(gate, ticket.goneAt);
  expect(gate, silentDue(gate));
}
