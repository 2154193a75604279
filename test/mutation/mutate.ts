/**
 * `npm run mutate`: what the tests of a room would not notice.
 *
 * Map of this folder: `mutants` finds what can be changed, by the syntax that TypeScript reads (`syntax`); `schemata`
 * puts all of it into one text, each behind a switch; `copy` is the tree that it is written into. `rooms` says which
 * tests belong to which room; `room-run` switches one mutant on after another, of a `sample`, but for those that are
 * `equivalent`. `trials` asks a `runner`, a process of its own with `vitest.config` and `hits`, and ends it if need be.
 */
import { parseArgs } from "node:util";
import { type Bounds, type Outcome, runRoom, told } from "./room-run.ts";
import { ROOMS, roomsOf } from "./rooms.ts";

const LEAST_SCORE = 0.9;
const HELP = `npm run mutate -- [PATH]... [--sample N] [--seed N] [--minutes N] [--limit SECONDS] [--verbose]

Changes one thing at a time in a copy of the tree and runs the tests of that room: what they do not notice has
survived. Ends with 1 where less than ${LEAST_SCORE * 100} % of a room is noticed.

  PATH             rooms, or files and folders of them: ${ROOMS.map(({ name }) => name).join(", ")}; all by default
  --sample N       mutants of each room, chosen by the seed; 100 by default, 0 for all there are
  --seed N         1 by default; TIDEGATE_SEED does the same
  --minutes N      for each room; no further mutant is tried after it; 60 by default
  --limit SECONDS  for each mutant, beside three times what its tests take without; 10 by default. A mutant that takes
                   longer counts as noticed
  --verbose        which test has noticed which
  --help           this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "100" },
    seed: { type: "string", default: process.env.TIDEGATE_SEED ?? "1" },
    minutes: { type: "string", default: "60" },
    limit: { type: "string", default: "10" },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else process.exitCode = await mutate(positionals.map((path) => path.replace(/^\.\/|\/$/g, "")));

async function mutate(paths: readonly string[]): Promise<number> {
  const [sample, seed, minutes, limit] = [values.sample, values.seed, values.minutes, values.limit].map(Number);
  const numbers = [sample, seed, minutes, limit];
  const rooms = roomsOf(paths);
  if (rooms.length === 0 || !numbers.every((number) => Number.isFinite(number) && Number(number) >= 0)) {
    console.error(`mutate: rooms and numbers are needed, found ${[...paths, ...numbers].join(" ")}\n\n${HELP}`);
    return 2;
  }
  const bounds: Bounds = {
    under: paths,
    sample: sample || Number.POSITIVE_INFINITY,
    seed: seed ?? 1,
    limitMs: (limit ?? 0) * 1_000,
    stopAfterMs: (minutes ?? 0) * 60_000,
  };
  const scores: (readonly [name: string, outcome: Outcome])[] = [];
  for (const room of rooms) {
    console.log(`\n${room.name}`);
    scores.push([room.name, await runRoom(room, bounds, console.log)]);
  }
  if (values.verbose) for (const [, { tried }] of scores) printKills(tried);
  console.log("");
  return scores.map(([name, outcome]) => printScore(name, outcome)).every((score) => score >= LEAST_SCORE) ? 0 : 1;
}

function printKills(tried: Outcome["tried"]): void {
  for (const [mutant, fate] of tried) if (fate.fate === "killed") console.log(`${told(mutant)}\n    ${fate.by}`);
}

function printScore(name: string, { all, tried, stale }: Outcome): number {
  const count = (...fates: string[]) => tried.filter(([, { fate }]) => fates.includes(fate)).length;
  const score = tried.length === 0 ? 1 : count("killed", "hung") / tried.length;
  const parts = [
    `${count("survived")} survived`,
    `${count("unreached")} not reached by a test`,
    `${count("hung")} hung`,
  ];
  console.log(`${name}: ${(score * 100).toFixed(1)} % of ${tried.length} of ${all} (${parts.join(", ")})`);
  for (const row of stale) console.log(`  equivalent.ts has a row of what is not there any more: ${row}`);
  return score;
}
