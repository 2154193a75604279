/**
 * Random histories of renewals, plausible and hostile, and what must hold whatever happens. A failure names its seed
 * and path; `TIDEGATE_SEED` runs another. About 20,000 renewals by default, a million with `TIDEGATE_FULL=1`.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { drilledHistory, drilledRules } from "../store/drills.ts";
import { knowledge } from "./model/actions.ts";
import { Coverage } from "./model/coverage.ts";
import { Simulation } from "./model/simulation.ts";

const full = process.env.TIDEGATE_FULL === "1";
const STEPS = full ? 1_000_000 : 20_000;
/** Everything a gate can do must have been seen so often in a run, or the run has shown little. */
const LEAST_SEEN = full ? 250 : 5;
const seed = Number(process.env.TIDEGATE_SEED ?? 8);

test(`${STEPS} renewals over random time, lost, late, repeated and reordered, keep what a gate promises`, () => {
  const coverage = new Coverage();
  for (let round = 0; coverage.steps < STEPS; round++) {
    fc.assert(
      fc.property(drilledRules, knowledge, drilledHistory, (config, known, actions) => {
        const simulation = new Simulation(config, known, coverage);
        for (const action of actions) simulation.act(action);
        simulation.fallsSilent();
      }),
      { numRuns: 10, seed: seed + round, endOnFailure: true },
    );
  }
  if (full) console.info(`${coverage.steps} renewals: ${coverage}`);
  expect(coverage.rarerThan(LEAST_SEEN)).toEqual([]);
}, 1_800_000);
