/** What is true of a gate after every step, found by looking at everything. */
import { expect } from "vitest";
import type { Ranking } from "../../lib/gate/ranking.ts";
import { HUNGER_MS, isHungry } from "../../lib/gate/sessions.ts";
import { restore, snapshot } from "../../lib/gate/snapshot.ts";
import { type Core, type GateState, perLane, type Session } from "../../lib/gate/state.ts";
import { LANES, QUEUED_LANES } from "../../lib/gate/types.ts";
import { type GateHome, sortedSnapshot } from "./gate-home.ts";

export function checkGate(gate: GateState, home: GateHome): void {
  expect(home.stored()).toEqual(sortedSnapshot(gate));
  expect(orders(restore(snapshot(gate)))).toEqual(orders(gate));
  if (!gate.core) return;
  const { permits, owed, running, waiting, probes, active } = gate.core;
  expect({ permits, owed, running, waiting, probes, active }).toEqual(sumsOver([...gate.sessions.values()]));
  expect(gate.core.keptUntil).toBeGreaterThan(lastOf(gate.core, [...gate.sessions.values()]));
  expect([...gate.sessions].flatMap(([id, session]) => overdue(gate.core as Core, id, session))).toEqual([]);
}

/** What is derived, by name. */
const orders = ({ present, due, hungry, rich }: GateState) =>
  [present, due, hungry.request, hungry.slow, rich.request, rich.slow].map((ranking: Ranking) =>
    ranking.first(ranking.size + 1),
  );

function sumsOver(sessions: readonly Session[]) {
  const sums = { permits: perLane(), owed: perLane(), running: perLane(), waiting: perLane(), probes: 0, active: 0 };
  for (const { lanes, active } of sessions) {
    for (const lane of LANES) {
      const { permits, probes, owed, need, waiting } = lanes[lane];
      sums.permits[lane] += permits + probes;
      sums.owed[lane] += owed;
      sums.running[lane] += need - waiting;
      sums.waiting[lane] += waiting;
      sums.probes += probes;
    }
    sums.active += active ? 1 : 0;
  }
  return sums;
}

/** The last moment that anything in it is meant for. */
function lastOf({ clock, openUntil, retryAt, override }: Core, sessions: readonly Session[]): number {
  const ends = sessions.flatMap(({ lanes }) => LANES.flatMap((lane) => [lanes[lane].until, lanes[lane].probesUntil]));
  return Math.max(clock, openUntil, retryAt, override?.until ?? 0, ...ends);
}

/** What should have ended by now and has not. */
function overdue(core: Core, id: string, session: Session): string[] {
  const over = (moment: number) => moment > 0 && moment <= core.clock;
  const late = LANES.filter((lane) => over(session.lanes[lane].until) || over(session.lanes[lane].probesUntil));
  const hungry = QUEUED_LANES.filter(
    (lane) => isHungry(core, session, session.lanes[lane]) && over(session.heard + HUNGER_MS),
  );
  const found = [...late.map((lane) => `lease ${lane}`), ...hungry.map((lane) => `hunger ${lane}`)];
  return (over(session.presentUntil) ? [...found, "presence"] : found).map((what) => `${id}: ${what}`);
}
