/** What the simulator is asked by name. Each scenario is a table; what its rows have in common is said in its title. */
import { type Figures, measure } from "./figures.ts";
import { permitsBackAfterMs, returns } from "./returns.ts";
import type { Setting } from "./setting.ts";
import type { Row } from "./table.ts";

export interface Scenario {
  readonly title: string;
  readonly rows: (seed: number) => AsyncGenerator<Row>;
}

/** 200 instances that are frozen between their requests, on 10 permits. */
export const FROZEN: Partial<Setting> = { instances: 200, callMs: 50, freezes: true, pushes: false };
export const FAR = [0.2, 2, 20, 50] as const;
/** Far more instances than renewals in a second; short, because each of them costs the simulator its time. */
export const LARGE: Partial<Setting> = { instances: 20_000, capacity: 2_000, load: 0.002, warmUpMs: 1_500, ms: 3_500 };

const usual = (figures: Figures): Row => ({
  goodput: figures.goodput,
  "p50 ms": figures.waitP50Ms,
  "p99 ms": figures.waitP99Ms,
  "messages/call": figures.messagesPerCall,
  "pushes/call": figures.pushesPerCall,
  "renewals/s": figures.renewalsPerSecond,
  Jain: figures.fairness,
  most: figures.mostRunning,
  away: figures.away,
});

/** A row for each setting, with the named parts of the setting in front. */
const runs = (
  common: Partial<Setting>,
  ...settings: readonly (Partial<Setting> & { readonly [Name in keyof Setting]?: Setting[Name] })[]
): Scenario["rows"] =>
  async function* rows(seed) {
    for (const setting of settings) {
      yield { ...(setting as Row), ...usual(await measure({ seed, ...common, ...setting })) };
    }
  };
const crossed = (loads: readonly number[], distances: readonly number[]) =>
  distances.flatMap((roundTripMs) => loads.map((load) => ({ roundTripMs, load })));

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  distance: {
    title: "8 instances, 10 permits, calls of 5 ms",
    rows: runs({}, ...crossed([0.5, 0.8, 0.95, 3], FAR)),
  },
  saturated: {
    title: "4 instances, 10 permits, calls of 5 ms, 64 callers that call again at once",
    rows: runs({ instances: 4, callers: 64, ms: 9_000 }, ...FAR.map((roundTripMs) => ({ roundTripMs }))),
  },
  crowd: {
    title: "100 instances, 10 permits, calls of 5 ms",
    rows: runs({ instances: 100 }, ...crossed([0.8, 2], [2, 20])),
  },
  silent: {
    title: "8 instances, 10 permits, calls of 5 ms, a store that pushes nothing",
    rows: runs({ pushes: false }, ...crossed([0.5, 0.95, 3], [2, 20])),
  },
  skewed: {
    title: "8 instances, 10 permits, calls of 5 ms, one with 20 times the demand of another",
    rows: runs({ skew: 20 }, ...crossed([0.95, 3], [2, 20])),
  },
  overload: {
    title: "8 instances, 10 permits, calls of 5 ms, ten times what can be done",
    rows: async function* rows(seed) {
      for (const roundTripMs of [2, 20]) {
        const figures = await measure({ seed, roundTripMs, load: 10, ms: 6_000 });
        yield { roundTripMs, "messages/refused": figures.messagesPerRefused, ...usual(figures) };
      }
    },
  },
  spare: {
    title: "8 instances with 100 calls/s each, 40 permits, calls of 5 ms",
    rows: runs({ capacity: 40, load: 0.1 }, ...FAR.map((roundTripMs) => ({ roundTripMs }))),
  },
  frozen: {
    title: "200 instances that are frozen between their requests, 10 permits, calls of 50 ms",
    rows: runs({ ...FROZEN, ms: 33_000 }, ...crossed([0.6, 1.6], [2, 20])),
  },
  fleets: {
    title: "fleets that share 250 calls/s of 5 ms on 400 permits",
    rows: runs(
      { capacity: 400, load: 0.003_125, warmUpMs: 2_000, ms: 5_000 },
      ...[10, 100, 1_000, 5_000, 20_000].map((instances) => ({ instances })),
    ),
  },
  returns: {
    title: "the database dies for 8 s: from its return to a closed breaker, in ms (10 permits, calls of 20 ms)",
    rows: returns,
  },
  killed: {
    title: "kill -9 of an instance that holds permits: until they are granted again, in ms",
    rows: permitsBackAfterMs,
  },
};
