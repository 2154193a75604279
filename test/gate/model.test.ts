/**
 * Random histories, long and short, against a plain second telling of the design. A failure names its seed and path;
 * `TIDEGATE_SEED` runs another. About 20,000 batches by default, a million with `TIDEGATE_FULL=1`.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { history, knowledge, rules } from "./model/actions.ts";
import { Coverage } from "./model/coverage.ts";
import { Simulation } from "./model/simulation.ts";

const full = process.env.TIDEGATE_FULL === "1";
const STEPS = full ? 1_000_000 : 20_000;
/** Everything a gate can do must have been seen so often in a run, or the run has shown little. */
const LEAST_SEEN = full ? 250 : 5;
const seed = Number(process.env.TIDEGATE_SEED ?? 8);

test(`${STEPS} batches over random time, lost, late, repeated and reordered, do what the design says`, () => {
  const coverage = new Coverage();
  for (let round = 0; coverage.steps < STEPS; round++) {
    fc.assert(
      fc.property(rules, knowledge, history, (config, known, actions) => {
        coverage.nextRun();
        const simulation = new Simulation(config, known, coverage);
        for (const action of actions) simulation.act(action);
        simulation.fallsSilent();
      }),
      { numRuns: 20, seed: seed + round },
    );
  }
  if (full) console.info(`${coverage.steps} batches: ${coverage}`);
  expect(coverage.rarerThan(LEAST_SEEN)).toEqual([]);
}, 1_800_000);
