/** A fleet: instances at places, a network, a store and a database, put together from one setting. */
import type { GuardRules } from "../../lib/guard/rules.ts";
import { VirtualClock } from "./clock.ts";
import { createDatabase, type Database } from "./database.ts";
import { createInstance, type Instance } from "./instance.ts";
import { createNetwork, type Network } from "./network.ts";
import { rulesFor, type Setting, traitsFor } from "./setting.ts";

/** The memo of the fleet's health is this old at least before somebody makes the next ping. */
const PINGS_APART_MS = 5_000;
/** A place whose instance has ended has another one after that. */
const REBIRTH_MS = 200;

export interface Fleet {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly database: Database;
  readonly setting: Setting;
  readonly rules: GuardRules;
  readonly seen: { away: number; late: number };
  /** At that place, dead or alive. */
  readonly at: (place: number) => Instance;
  /** All there ever were. */
  readonly all: readonly Instance[];
  /** `kill -9`, with a statement on its way. Another one comes, or none. */
  readonly kill: (place: number, isReplaced: boolean) => void;
  readonly leave: (place: number) => void;
  readonly pause: (place: number, ms: number, stopsClock: boolean) => void;
}

export function createFleet(setting: Setting): Fleet {
  const clock = new VirtualClock(setting.seed);
  const rules = rulesFor(setting);
  const network = createNetwork(clock, setting, traitsFor(setting), rules.gate);
  const database = createDatabase(clock, setting.callMs);
  const seen = { away: 0, late: 0 };
  const all: Instance[] = [];
  const places: (Instance | undefined)[] = [];
  let pingedAt = Number.NEGATIVE_INFINITY;
  const isTimeToPing = () => {
    if (clock.now - pingedAt < PINGS_APART_MS) return false;
    pingedAt = clock.now;
    return true;
  };
  const onAway = () => {
    seen.away += 1;
  };
  const onLate = () => {
    seen.late += 1;
  };
  const settle = (place: number): Instance => {
    const instance = createInstance({ clock, network, database, setting, rules, isTimeToPing, onAway, onLate });
    all.push(instance);
    places[place] = instance;
    return instance;
  };
  // Nobody knows of an instance before its first call: of 20,000 many are never made.
  const at = (place: number) => places[place] ?? settle(place);

  if (setting.monitored) {
    const monitor = () => {
      if (clock.now > setting.ms) return;
      const isThere = ({ process }: Instance) => !process.isDead && (setting.freezes || !process.isFrozen);
      const awake = places.filter((one) => one !== undefined && isThere(one));
      const one = awake[Math.floor(clock.random() * awake.length)];
      if (one && isTimeToPing()) one.ping();
      clock.after(1_000, monitor);
    };
    clock.after(1_000, monitor);
  }
  return {
    ...{ clock, network, database, setting, rules, seen, at, all },
    kill: (place, isReplaced) => {
      at(place).process.kill();
      if (isReplaced) clock.after(REBIRTH_MS, () => settle(place));
    },
    leave: (place) => {
      at(place).leave();
      settle(place);
    },
    pause: (place, ms, stopsClock) => {
      const { process } = at(place);
      process.freeze(stopsClock);
      clock.after(ms, () => process.thaw());
    },
  };
}
