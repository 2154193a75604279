/**
 * `npm run simulate`: fleets in virtual time, of the real gate client over the real gate machine.
 *
 * Map of this folder: `clock` is time and chance, `process` what can stand still or die, `network` the way to the store
 * with the gate behind it, `database` what is guarded; an `instance` lives among them, and a `fleet` is all of it, put
 * together from a `setting`. `demand` are the callers, `trouble` is what befalls them. A run is measured by `figures`
 * and `returns`, or judged by `judge`; `scenarios` are measured runs by name, `families` judged ones by seed. `witness`
 * looks at the gate from outside, `table` prints.
 */
import { parseArgs } from "node:util";
import { FAMILIES, runFamily } from "./families.ts";
import { SCENARIOS } from "./scenarios.ts";
import { type Row, table } from "./table.ts";

const HELP = `npm run simulate -- [--scenario NAME]... [--seed N] [--seeds N]

Runs fleets in virtual time and prints what became of them. The same seed gives the same figures.

  --scenario NAME  one or more of: ${[...Object.keys(SCENARIOS), "families"].join(", ")}; all of them by default
  --seed N         the seed, or the first of several; TIDEGATE_SEED does the same; 1 by default
  --seeds N        runs of each family of "families"; 5 by default
  --help           this text`;

const { values } = parseArgs({
  options: {
    scenario: { type: "string", multiple: true },
    seed: { type: "string", default: process.env.TIDEGATE_SEED ?? "1" },
    seeds: { type: "string", default: "5" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const [seed, seeds] = [Number(values.seed), Number(values.seeds)];
  const names = values.scenario ?? [...Object.keys(SCENARIOS), "families"];
  const unknown = names.filter((name) => !(name in SCENARIOS) && name !== "families");
  if (unknown.length > 0 || !Number.isInteger(seed) || !Number.isInteger(seeds)) {
    console.error(
      `simulate: scenarios and whole numbers are needed, found ${unknown.join(", ") || "no number"}\n\n${HELP}`,
    );
    return 2;
  }
  let faults = 0;
  for (const name of names) {
    const scenario = SCENARIOS[name];
    const rows: Row[] = [];
    for await (const row of scenario ? scenario.rows(seed) : judged(seed, seeds)) rows.push(row);
    console.log(`\n${name}: ${scenario?.title ?? "what must hold, in four families"}\n\n${table(rows)}`);
    faults += rows.filter((row) => row.faults).length;
  }
  return faults > 0 ? 1 : 0;
}

async function* judged(seed: number, seeds: number): AsyncGenerator<Row> {
  for (const family of FAMILIES) {
    for (let at = seed; at < seed + seeds; at++) {
      const { faults, mostRunning, mostProbes, goodput, closedAfterMs, away, messages } = await runFamily(family, at);
      const figures = { most: mostRunning, probes: mostProbes, goodput, "closed after": closedAfterMs, away, messages };
      yield { family, seed: at, ...figures, faults: faults.join("; ") };
    }
  }
}
