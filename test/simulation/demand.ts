/** Callers: they come by chance, or call again as soon as they are answered; and what became of their calls. */
import type { Fleet } from "./fleet.ts";
import type { Fate } from "./instance.ts";

/** One call. Moments are of the virtual clock. */
export interface Told {
  readonly place: number;
  readonly bornAt: number;
  readonly begunAt: number;
  readonly fate: Fate;
}

export interface Demand {
  /** No caller comes while this holds. */
  isQuiet: boolean;
  /** Calls that came, by place, since the beginning or the last {@link Demand.count}. */
  offered: number[];
  /** Those that were answered, of those that came since. */
  told: Told[];
  /** From now on. */
  readonly count: () => void;
}

/** Calls in a millisecond, of the whole fleet. */
const perMsOf = ({ capacity, callMs, load }: Fleet["setting"]): number => (capacity / callMs) * load;

export function createDemand(fleet: Fleet): Demand {
  const { clock, setting } = fleet;
  const nobody = () => Array.from({ length: setting.instances }, () => 0);
  let countsFrom = 0;
  const self: Demand = {
    isQuiet: false,
    offered: nobody(),
    told: [],
    count: () => {
      countsFrom = clock.now;
      self.offered = nobody();
      self.told = [];
    },
  };
  const call = (place: number, over: () => void = () => {}) => {
    const bornAt = clock.now;
    let begunAt = Number.POSITIVE_INFINITY;
    self.offered[place] = (self.offered[place] ?? 0) + 1;
    fleet.at(place).call(
      () => {
        begunAt = clock.now;
      },
      (fate) => {
        if (bornAt >= countsFrom) self.told.push({ place, bornAt, begunAt, fate });
        over();
      },
    );
  };
  const isOver = () => clock.now > setting.ms;

  const again = (place: number) => {
    if (!isOver()) call(place, () => clock.after(0, () => again(place)));
  };
  for (let caller = 0; caller < setting.callers; caller++) {
    clock.after(clock.random() * 10, () => again(caller % setting.instances));
  }
  if (setting.callers > 0) return self;

  const perMs = perMsOf(setting) / (setting.instances - 1 + setting.skew);
  for (let place = 0; place < setting.instances; place++) {
    const gapMs = 1 / (perMs * (place === 0 ? setting.skew : 1));
    const come = () => {
      if (isOver()) return;
      if (!self.isQuiet) call(place);
      clock.after(clock.exponential(gapMs), come);
    };
    clock.after(clock.exponential(gapMs), come);
  }
  return self;
}
