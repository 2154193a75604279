/** What a run is measured by. */
import { createDemand, type Demand } from "./demand.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { type Setting, USUAL } from "./setting.ts";

export interface Figures {
  readonly done: number;
  readonly refused: number;
  /** Calls done, of those that could have been done: the demand, or what the capacity can do. */
  readonly goodput: number;
  readonly waitP50Ms: number;
  readonly waitP99Ms: number;
  readonly messagesPerCall: number;
  readonly messagesPerRefused: number;
  /** To the store, in a second. */
  readonly renewalsPerSecond: number;
  readonly pushesPerCall: number;
  /** Jain's index over what each instance got, of what it could have had. */
  readonly fairness: number;
  readonly mostRunning: number;
  readonly mostProbes: number;
  readonly away: number;
}

/** After the last caller came. */
const AFTERWARDS_MS = 3_000;

/** Runs a fleet and measures what happens after its warm-up. */
export async function measure(given: Partial<Setting>): Promise<Figures> {
  const setting = { ...USUAL, ...given };
  const fleet = createFleet(setting);
  const demand = createDemand(fleet);
  const { clock, network } = fleet;
  await clock.runUntil(setting.warmUpMs);
  demand.count();
  const before = { ...network.figures };
  await clock.runUntil(setting.ms);
  const messages = network.figures.messages - before.messages;
  const pushes = network.figures.pushes - before.pushes;
  await clock.runUntil(setting.ms + AFTERWARDS_MS);
  return figuresOf(fleet, demand, messages, pushes);
}

function figuresOf({ setting, database, seen }: Fleet, demand: Demand, messages: number, pushes: number): Figures {
  const done = demand.told.filter(({ fate }) => fate === "done");
  const refused = demand.told.filter(({ fate }) => fate === "refused").length;
  const windowMs = setting.ms - setting.warmUpMs;
  const capacity = (setting.capacity / setting.callMs) * windowMs;
  const offered = setting.callers > 0 ? Number.POSITIVE_INFINITY : demand.offered.reduce((sum, one) => sum + one, 0);
  const waits = done.map(({ begunAt, bornAt }) => begunAt - bornAt).sort((one, other) => one - other);
  const part = (of: number) => waits[Math.floor((waits.length - 1) * of)] ?? 0;
  return {
    done: done.length,
    refused,
    goodput: done.length / Math.min(offered, capacity),
    waitP50Ms: part(0.5),
    waitP99Ms: part(0.99),
    messagesPerCall: messages / Math.max(1, done.length),
    messagesPerRefused: refused > 0 ? messages / refused : 0,
    renewalsPerSecond: messages / (windowMs / 1_000),
    pushesPerCall: pushes / Math.max(1, done.length),
    fairness: fairness(demand, capacity),
    mostRunning: database.seen.most,
    mostProbes: database.seen.mostProbes,
    away: seen.away,
  };
}

/** Of what really came, so that chance in the demand is nobody's unfairness. */
function fairness({ offered, told }: Demand, capacity: number): number {
  const got = offered.map(() => 0);
  for (const { place, fate } of told) if (fate === "done") got[place] = (got[place] ?? 0) + 1;
  const fair = fairShares(offered, capacity);
  const parts = got.flatMap((calls, place) => (offered[place] ? calls / (fair[place] as number) : []));
  const total = parts.reduce((sum, one) => sum + one, 0);
  return total ** 2 / (parts.length * parts.reduce((sum, one) => sum + one * one, 0));
}

/** Max-min: who wants less than an equal share gets it, the rest is divided among the others. */
function fairShares(demands: readonly number[], capacity: number): number[] {
  const order = demands.map((demand, at) => ({ demand, at })).sort((one, other) => one.demand - other.demand);
  const shares: number[] = [];
  let left = capacity;
  order.forEach(({ demand, at }, place) => {
    const share = Math.min(demand, left / (order.length - place));
    shares[at] = share;
    left -= share;
  });
  return shares;
}
