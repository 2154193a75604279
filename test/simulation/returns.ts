/** How long things take to come back: the breaker after a database, permits after `kill -9`. */
import { START } from "./clock.ts";
import { createDemand } from "./demand.ts";
import { createFleet } from "./fleet.ts";
import { USUAL } from "./setting.ts";
import type { Row } from "./table.ts";

const [DIES_AT_MS, RETURNS_AT_MS, LOOKED_FOR_MS] = [4_000, 12_000, 40_000];

interface Return {
  readonly instances: number;
  readonly how: "fails" | "hangs";
  readonly demand: "busy" | "quiet";
  readonly frozen: boolean;
}

/** @returns From the database's return to the closed breaker; null: not within 40 s. */
export async function closedAfterMs({ instances, how, demand, frozen }: Return, seed: number): Promise<number | null> {
  const isQuiet = demand === "quiet";
  const fleet = createFleet({
    ...{ ...USUAL, seed, instances, callMs: 20, load: 0.6, ms: RETURNS_AT_MS + LOOKED_FOR_MS },
    ...{ freezes: frozen, pushes: !frozen, monitored: frozen && isQuiet },
  });
  const { clock, database, network } = fleet;
  const callers = createDemand(fleet);
  clock.at(DIES_AT_MS, () => Object.assign(database, { condition: how }));
  clock.at(RETURNS_AT_MS, () => Object.assign(database, { condition: "well" }));
  if (isQuiet) clock.at(RETURNS_AT_MS - 1_000, () => Object.assign(callers, { isQuiet: true }));
  const closed = () =>
    network.events.find(
      (event) => event.kind === "transition" && event.to === "closed" && event.at - START >= RETURNS_AT_MS,
    );
  for (let at = RETURNS_AT_MS; at <= RETURNS_AT_MS + LOOKED_FOR_MS && !closed(); at += 500) await clock.runUntil(at);
  const event = closed();
  return event ? event.at - START - RETURNS_AT_MS : null;
}

export async function* returns(seed: number): AsyncGenerator<Row> {
  for (const instances of [8, 100]) {
    for (const how of ["fails", "hangs"] as const) {
      for (const demand of ["busy", "quiet"] as const) {
        for (const frozen of [false, true]) {
          const given = { instances, how, demand, frozen };
          yield { instances, how, demand, frozen: String(frozen), "closed after": await closedAfterMs(given, seed) };
        }
      }
    }
  }
}

/** One instance alone has all permits and dies with them; another one is hungry for all of them. */
export async function* permitsBackAfterMs(seed: number): AsyncGenerator<Row> {
  for (const deadlineMs of [1_000, 5_000]) {
    const killedAtMs = 5_000;
    const setting = { ...USUAL, seed, deadlineMs, instances: 2, load: 3, skew: 1, ms: 25_000 };
    const fleet = createFleet(setting);
    const { clock, database } = fleet;
    createDemand(fleet);
    clock.at(killedAtMs, () => fleet.kill(0, false));
    let firstAt = Number.POSITIVE_INFINITY;
    let allAt = Number.POSITIVE_INFINITY;
    database.onStart = (running) => {
      if (clock.now < killedAtMs + 1_000) return;
      if (running > setting.capacity / 2) firstAt = Math.min(firstAt, clock.now);
      if (running === setting.capacity) allAt = Math.min(allAt, clock.now);
    };
    await clock.runUntil(setting.ms);
    yield { deadlineMs, "first back after": firstAt - killedAtMs, "all back after": allAt - killedAtMs };
  }
}
