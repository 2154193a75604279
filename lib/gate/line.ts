/** The waiting lines: tickets in order of arrival. Nothing is offered or reserved; who asks in time gets its turn. */

import type { Wake } from "./events.ts";
import { capacityInForce, freePermits } from "./lanes.ts";
import type { AdmitReply } from "./replies.ts";
import type { GateState, Ticket } from "./state.ts";
import { expect, type Turn } from "./turn.ts";
import { QUEUED_LANES } from "./types.ts";

/** How late the next ask may be before the ticket is gone. */
const LATE_ASK_MS = 1_000;
const CHECK_BETWEEN_MS = { waking: [1_000, 5_000], polling: [10, 1_000] } as const;

/** How many tickets stand before this one. */
export function placeOf({ lines, tickets }: GateState, ticket: Ticket): number {
  const line = lines[ticket.lane];
  let [low, high] = [0, line.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tickets.get(line[middle] ?? "")?.arrival ?? 0) < ticket.arrival) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Gives a ticket its place, or keeps it there for another while. */
export function keepPlace(
  turn: Turn,
  id: string,
  fresh: Omit<Ticket, "arrival" | "goneAt">,
  waitMs: number,
): AdmitReply {
  const { gate, core, now } = turn;
  const known = gate.tickets.get(id);
  const ticket = known ?? { ...fresh, arrival: ++core.arrivals, goneAt: 0 };
  if (!known) {
    gate.tickets.set(id, ticket);
    gate.lines[ticket.lane].push(id);
  }
  const ahead = placeOf(gate, ticket);
  const nextCheckMs = checkAfterMs(turn, ticket, ahead, waitMs);
  ticket.goneAt = now + nextCheckMs + LATE_ASK_MS;
  turn.touched.tickets.push(id);
  expect(gate, ticket.goneAt);
  return { kind: "place", ahead, nextCheckMs };
}

/** When its turn can be expected to come: so many before it, each lane place held so long. */
function checkAfterMs(turn: Turn, { lane }: Ticket, ahead: number, waitMs: number): number {
  const [least, most] = turn.config.wakes ? CHECK_BETWEEN_MS.waking : CHECK_BETWEEN_MS.polling;
  const capacity = capacityInForce(turn, lane);
  const turnMs = capacity > 0 ? Math.floor((ahead * turn.core.heldMs[lane]) / capacity) : most;
  return Math.min(waitMs, Math.max(least, Math.min(most, turnMs)));
}

export function leaveLine(turn: Turn, id: string, ticket: Ticket): void {
  turn.gate.lines[ticket.lane].splice(placeOf(turn.gate, ticket), 1);
  turn.gate.tickets.delete(id);
  turn.touched.tickets.push(id);
}

/** The first ticket of each line that fits now. */
export function wakes(turn: Turn): Wake[] {
  const wake: Wake[] = [];
  for (const lane of QUEUED_LANES) {
    const first = turn.gate.lines[lane][0];
    if (first === undefined || freePermits(turn, lane) === 0) continue;
    const ticket = turn.gate.tickets.get(first);
    if (ticket) wake.push({ session: ticket.session, lane });
  }
  return wake;
}
