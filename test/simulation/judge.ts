/** What must hold in every run, whatever befalls it; and what must hold once it is calm again. */

import { CANCEL_GRACE_MS, LEASE_MS } from "../../lib/gate/lanes.ts";
import type { GateView } from "../../lib/gate/renewal.ts";
import { START } from "./clock.ts";
import type { Fleet } from "./fleet.ts";
import { CONNECT_TIMEOUT_MS } from "./setting.ts";

/** Where the documented bound is twice the capacity. Rules 14 and 15. */
export interface Bounds {
  wipes: readonly number[];
  outages: readonly (readonly [number, number])[];
  readonly returnsAtMs: number;
  /** The network and the processes are in order again. */
  readonly calmAtMs: number;
  /** Nothing keeps the fleet from hearing of the trouble. */
  readonly opens: boolean;
}

export interface End {
  readonly view: GateView;
  readonly closesWithinMs: number;
  /** Of the calm end. */
  readonly goodput: number;
}

export interface Verdict {
  readonly faults: readonly string[];
  readonly mostRunning: number;
  readonly mostProbes: number;
  readonly goodput: number;
  /** From then on to the closed breaker; null: it was never open. */
  readonly closedAfterMs: number | null;
  readonly away: number;
  readonly messages: number;
}

const LEAST_GOODPUT = 0.8;
/** An instance that was away tries again so often, and its message takes a while. */
const RETURNS_WITHIN_MS = 1_500;
const MOST_FAULTS = 6;

/** When the database is back, and nothing keeps the fleet from finding out. */
export const mendedAtMs = ({ returnsAtMs, calmAtMs, wipes, outages }: Bounds): number =>
  Math.max(returnsAtMs, calmAtMs, ...wipes, ...outages.map(([, until]) => until));

/** Watches from now on. @returns What judges the end. */
export function judge(fleet: Fleet, bounds: Bounds): (end: End) => Verdict {
  const { clock, database, network, setting } = fleet;
  const { capacity, probes } = setting;
  const faults: string[] = [];
  const fault = (what: string) => {
    if (faults.length < MOST_FAULTS) faults.push(`${Math.round(clock.now)} ms: ${what}`);
  };
  const lifeMs = LEASE_MS + CONNECT_TIMEOUT_MS + setting.deadlineMs + CANCEL_GRACE_MS;
  /** In how many lives, or by how many gates, permits may be in use that were granted. */
  const grants = () =>
    1 +
    bounds.wipes.filter((at) => clock.now >= at && clock.now <= at + lifeMs).length +
    Number(
      bounds.outages.some(([from, until]) => clock.now >= from && clock.now <= until + lifeMs + RETURNS_WITHIN_MS),
    );

  database.onStart = (running, probing) => {
    const most = grants() * capacity;
    if (running > most) fault(`${running} run where ${most} may`);
    if (most > capacity) return;
    const held = network.gate().core?.permits.request ?? 0;
    if (held > capacity) fault(`${held} permits are out of ${capacity}`);
    if (probing > probes) fault(`${probing} probes where ${probes} may`);
  };

  return ({ view, closesWithinMs, goodput }) => {
    const { seen } = database;
    const closedAfterMs = closedAfter(fleet, mendedAtMs(bounds));
    const held = Object.values(view.lanes).reduce((sum, lane) => sum + lane.held, 0);
    if (held > 0) fault(`${held} permits are still held`);
    if (fleet.seen.late > 0) fault(`${fleet.seen.late} statements were sent after their lease`);
    if (seen.running > 0) fault(`${seen.running} statements still run`);
    if (view.lanes.request.waiting > 0) fault(`${view.lanes.request.waiting} are still thought to wait`);
    if (view.breaker.state !== "closed") fault(`the breaker ends ${view.breaker.state}`);
    if (goodput < leastGoodput(setting)) fault(`of the calm end ${goodput.toFixed(2)} is served`);
    if (closedAfterMs === null && bounds.opens) fault("the breaker never opened");
    if (closedAfterMs !== null && closedAfterMs > closesWithinMs)
      fault(`closed only after ${Math.round(closedAfterMs)} ms`);
    // Each call is told once, by one message or none.
    const told = fleet.all.reduce((sum, one) => sum + one.told(), 0);
    const { success, failure, ignored } = view.totals.calls.request;
    if (success + failure + ignored > told)
      fault(`${success + failure + ignored} calls are counted, ${told} were made`);
    const voted = view.seconds.reduce((sum, { calls }) => sum + calls, 0);
    if (voted > told) fault(`${voted} votes are counted, ${told} calls were made`);
    return {
      ...{ faults, goodput, closedAfterMs },
      mostRunning: seen.most,
      mostProbes: seen.mostProbes,
      away: fleet.seen.away,
      messages: network.figures.messages,
    };
  };
}

/** Where instances outnumber permits, these go from hand to hand, and each time lie idle for two round trips. */
function leastGoodput({ instances, capacity, callMs, roundTripMs }: Fleet["setting"]): number {
  return instances > capacity ? (LEAST_GOODPUT * callMs) / (callMs + 2 * roundTripMs) : LEAST_GOODPUT;
}

/** Opening again after that is said by the end, and by what is served there. */
function closedAfter({ network }: Fleet, mendedAt: number): number | null {
  const moves = network.events.filter((event) => event.kind === "transition");
  if (!moves.some(({ to }) => to === "open")) return null;
  const back = moves.filter(({ at }) => at - START >= mendedAt).findLast(({ to }) => to === "closed");
  return back ? Math.max(0, back.at - START - mendedAt) : 0;
}
