/** A room's mutants against its tests. */
import { copyOf } from "./copy.ts";
import { isEquivalent, staleOf } from "./equivalent.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { type Room, sourcesOf, testsOf } from "./rooms.ts";
import type { Ran } from "./runner.ts";
import { sampled } from "./sample.ts";
import { type Trials, trialsIn } from "./trials.ts";

export interface Bounds {
  /** The files or folders whose mutants are tried; the whole room without. */
  readonly under: readonly string[];
  readonly sample: number;
  readonly seed: number;
  /** What a mutant has beyond three times as long as its tests take. */
  readonly limitMs: number;
  /** After this long no further mutant is tried. */
  readonly stopAfterMs: number;
}

export type Fate =
  | { readonly fate: "survived" | "unreached" | "hung" }
  | { readonly fate: "killed"; readonly by: string };

export interface Outcome {
  /** How many there are; those known to be equivalent are left out. */
  readonly all: number;
  readonly tried: readonly (readonly [mutant: Mutant, fate: Fate])[];
  readonly stale: readonly string[];
}

/** All test files of a room, some of them twice as slow as usual, with a worker for each. */
const HITS_LIMIT_MS = 900_000;
const TIMES = 3;
/** Whether a failure is a mutant's is seen by running the code as it is, now and then. */
const TRIED_BETWEEN_CONTROLS = 50;

export async function runRoom(room: Room, bounds: Bounds, say: (line: string) => void): Promise<Outcome> {
  const sources = sourcesOf(room, bounds.under);
  const found = mutantsOf(sources);
  const mutants = found.filter((mutant) => !isEquivalent(mutant));
  const chosen = sampled(mutants, bounds.sample, bounds.seed);
  const stale = staleOf(sources, found).map(({ file, text, from, to }) => `${file}: ${from} -> ${to} in ${text}`);
  const copy = copyOf(".");
  const trials = trialsIn(copy.root);
  const end = () => {
    trials.close();
    copy.remove();
  };
  const interrupted = () => {
    end();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    copy.write(chosen);
    return { all: mutants.length, tried: await tryAll(trials, room, chosen, bounds, say), stale };
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    end();
  }
}

async function tryAll(
  trials: Trials,
  room: Room,
  chosen: readonly Mutant[],
  bounds: Bounds,
  say: (line: string) => void,
): Promise<Outcome["tried"]> {
  const started = performance.now();
  const tests = testsOf(room);
  const hits = await trials.hits(tests, HITS_LIMIT_MS);
  const cost = await costOf(trials, room.name, tests);
  const slowest = [...cost].toSorted(([, one], [, other]) => other - one).slice(0, 3);
  say(`  ${tests.length} test files, the slowest ${slowest.map(([file, ms]) => `${file} (${ms} ms)`).join(", ")}`);
  const ranks = createRanks(cost);
  const tried: [Mutant, Fate][] = [];
  for (const [at, mutant] of chosen.entries()) {
    if (performance.now() - started > bounds.stopAfterMs) break;
    const reaching = tests.filter((test) => hits.get(test)?.has(at + 1));
    const files = ranks.ordered(mutant.file, reaching);
    const limitMs = bounds.limitMs + TIMES * files.reduce((sum, file) => sum + (cost.get(file) ?? 0), 0);
    const ran = files.length === 0 ? null : await trials.run(files, limitMs, at + 1);
    for (const { file, failed } of ran?.files ?? []) if (failed) ranks.killed(mutant.file, file);
    const fate = files.length === 0 ? ({ fate: "unreached" } as const) : fateOf(ran);
    tried.push([mutant, fate]);
    if (fate.fate !== "killed") say(`  ${tried.length}: ${fate.fate} ${told(mutant)}`);
    if (tried.length % TRIED_BETWEEN_CONTROLS === 0) await costOf(trials, room.name, tests);
  }
  await costOf(trials, room.name, tests);
  return tried;
}

/** The code as it is: what each test file takes. @throws Error where one fails, and nothing else can be told. */
async function costOf(trials: Trials, name: string, tests: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const ran = await trials.run(tests, HITS_LIMIT_MS);
  if (!ran || ran.failures.length > 0) {
    throw new Error(`running the tests of ${name} without a mutant: ${ran?.failures.join("\n") ?? "no end"}`);
  }
  return new Map(ran.files.map(({ file, ms }) => [file, ms]));
}

function fateOf(ran: Ran | null): Fate {
  if (ran === null) return { fate: "hung" };
  const [by] = ran.failures;
  if (by !== undefined) return { fate: "killed", by };
  return ran.files.some(({ failed }) => failed) ? { fate: "killed", by: "a file" } : { fate: "survived" };
}

/** First the test files that have killed most in the same source file; among equals the quickest. */
function createRanks(cost: ReadonlyMap<string, number>) {
  const kills = new Map<string, number>();
  const key = (source: string, test: string) => `${source} ${test}`;
  const killsOf = (source: string, test: string) => kills.get(key(source, test)) ?? 0;
  const costOf = (test: string) => cost.get(test) ?? 0;
  return {
    killed: (source: string, test: string) => kills.set(key(source, test), killsOf(source, test) + 1),
    ordered: (source: string, tests: readonly string[]) =>
      tests.toSorted((one, other) => killsOf(source, other) - killsOf(source, one) || costOf(one) - costOf(other)),
  };
}

export const told = ({ file, line, from, to, text }: Mutant): string =>
  `${file}:${line}  ${short(from)} -> ${short(to)}${from === text ? "" : `  in  ${text}`}`;

const short = (text: string): string => text.replace(/\s+/g, " ");
