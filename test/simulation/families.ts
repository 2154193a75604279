/** Four families of runs, each from a seed: calm, a bad network, a wiped store, a store away. In all the database dies. */
import { VirtualClock } from "./clock.ts";
import { createDemand } from "./demand.ts";
import { createFleet } from "./fleet.ts";
import { type Bounds, judge, mendedAtMs, type Verdict } from "./judge.ts";
import { type Setting, USUAL } from "./setting.ts";
import { freezeStore, troubleDatabase, troubleNetwork, troubleProcesses, wipeStore } from "./trouble.ts";

export type Family = "calm" | "network" | "wiped" | "away";
export const FAMILIES: readonly Family[] = ["calm", "network", "wiped", "away"];

const DIES_AT_MS = 6_000;
/** A store may be away for so long beyond that. */
const LONGEST_OUTAGE_MS = 6_000;
/** After the database's return the network and the processes are in trouble for so long. */
const STILL_TROUBLED_MS = 4_000;
/** From the database's return until the breaker must be closed. */
export const CLOSES_WITHIN_MS = { busy: 15_000, quiet: 25_000 } as const;
const CALM_END_MS = 6_000;
/** Long enough for every lease and whatever ran by it. */
const AFTERWARDS_MS = 9_000;

export async function runFamily(family: Family, seed: number): Promise<Verdict> {
  const { setting, isQuiet, returnsAtMs } = plan(family, seed);
  const fleet = createFleet(setting);
  const demand = createDemand(fleet);
  const { clock, network } = fleet;
  const calmAtMs = returnsAtMs + (family === "calm" ? 0 : STILL_TROUBLED_MS);
  const bounds: Bounds = { wipes: [], outages: [], returnsAtMs, calmAtMs, opens: family === "calm" };
  troubleDatabase(fleet, DIES_AT_MS, returnsAtMs);
  if (family !== "calm") troubleProcesses(fleet, calmAtMs);
  if (family === "network") troubleNetwork(fleet, calmAtMs);
  if (family === "wiped") bounds.wipes = wipeStore(fleet, 3, calmAtMs);
  if (family === "away") bounds.outages = freezeStore(fleet, 3, calmAtMs);
  const verdict = judge(fleet, bounds);

  if (isQuiet) clock.at(returnsAtMs - 1_000, () => Object.assign(demand, { isQuiet: true }));
  const closesWithinMs = CLOSES_WITHIN_MS[isQuiet ? "quiet" : "busy"];
  clock.at(mendedAtMs(bounds) + closesWithinMs, () => Object.assign(demand, { isQuiet: false }));
  await clock.runUntil(setting.ms - CALM_END_MS);
  demand.count();
  await clock.runUntil(setting.ms + AFTERWARDS_MS);

  const came = demand.offered.reduce((sum, calls) => sum + calls, 0);
  const could = Math.min(came, (setting.capacity / setting.callMs) * CALM_END_MS);
  const goodput = demand.told.filter(({ fate }) => fate === "done").length / could;
  return verdict({ view: network.look(), closesWithinMs, goodput });
}

/** Chance for a fleet, by a clock of its own so that the run itself does not depend on how it was chosen. */
function plan(family: Family, seed: number): { setting: Setting; isQuiet: boolean; returnsAtMs: number } {
  const chance = new VirtualClock(seed * 4 + FAMILIES.indexOf(family));
  const one = <Value>(...of: Value[]) => of[Math.floor(chance.random() * of.length)] as Value;
  const isQuiet = chance.happens(0.3);
  const freezes = family === "calm" && chance.happens(0.3);
  const returnsAtMs = DIES_AT_MS + chance.between(2_000, 7_000);
  // As many calls as a run can afford.
  const laterMs = {
    calm: 0,
    network: STILL_TROUBLED_MS,
    wiped: STILL_TROUBLED_MS,
    away: STILL_TROUBLED_MS + LONGEST_OUTAGE_MS,
  }[family];
  const callMs = one(60, 120);
  const instances = one(3, 6, 12, 30);
  const setting: Setting = {
    ...USUAL,
    ...{ seed, instances, callMs },
    capacity: one(3, 6, 10, 20),
    probes: one(1, 1, 2),
    load: one(0.6, 0.9, 1.5),
    roundTripMs: one(1, 2, 20),
    connects: 0.02,
    // Who waits for its process to go on is not to fill the end with old calls.
    patienceMs: 500,
    freezes,
    pushes: !freezes && chance.happens(0.7),
    // Where all that knew of the trouble are dead or frozen, somebody has to look.
    monitored: isQuiet && (family !== "calm" || freezes),
    fallback: family === "away" ? "local" : "closed",
    ms: returnsAtMs + laterMs + CLOSES_WITHIN_MS[isQuiet ? "quiet" : "busy"] + 1_000 + CALM_END_MS,
  };
  return { setting, isQuiet, returnsAtMs };
}
