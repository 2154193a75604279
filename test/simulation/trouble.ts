/** What befalls a fleet: processes that stand still, are killed, leave, or are cut off; a store; a database. */
import type { Fleet } from "./fleet.ts";

/** Each place in its turn, again and again. */
export function troubleProcesses(fleet: Fleet, untilMs: number): void {
  const { clock, setting } = fleet;
  const befall = (place: number) => {
    if (clock.now >= untilMs) return;
    const chance = clock.random();
    if (chance < 0.3) fleet.pause(place, clock.between(300, 8_000), clock.happens(0.5));
    else if (chance < 0.42) fleet.kill(place, true);
    else if (chance < 0.5) fleet.leave(place);
    // Alone, it would take its local share while the others have all: the bound of an outage, without one.
    else if (chance < 0.65 && setting.fallback === "closed")
      fleet.at(place).link.cutUntil = clock.now + clock.between(500, 7_000);
    clock.after(clock.between(2_000, 6_000), () => befall(place));
  };
  for (let place = 0; place < setting.instances; place++) clock.after(clock.between(0, 6_000), () => befall(place));
}

/** Messages are lost, repeated, and overtaken. */
export function troubleNetwork({ clock, network }: Fleet, untilMs: number): void {
  Object.assign(network.weather, { lost: 0.05, repeated: 0.05, late: 0.08 });
  clock.at(untilMs, () => Object.assign(network.weather, { lost: 0, repeated: 0, late: 0 }));
}

/** @returns When it lost what it knew. */
export function wipeStore({ clock, network }: Fleet, times: number, untilMs: number): readonly number[] {
  const moments = Array.from({ length: times }, () => clock.between(0, untilMs));
  for (const moment of moments) clock.at(moment, network.wipe);
  return moments;
}

/** @returns From when until when it did not answer. */
export function freezeStore({ clock, network }: Fleet, times: number, untilMs: number): readonly [number, number][] {
  const periods = Array.from({ length: times }, (): [number, number] => {
    const from = clock.between(0, untilMs);
    return [from, from + clock.between(1_000, 6_000)];
  });
  for (const [from, until] of periods) {
    clock.at(from, () => {
      network.frozenUntil = Math.max(network.frozenUntil, until);
    });
  }
  return periods;
}

export function troubleDatabase({ clock, database }: Fleet, fromMs: number, untilMs: number): void {
  const how = clock.happens(0.5) ? "fails" : "hangs";
  clock.at(fromMs, () => {
    database.condition = how;
  });
  clock.at(untilMs, () => {
    database.condition = "well";
  });
}
