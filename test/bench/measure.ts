/** Measuring: candidates take turns within one run, so that their ratio holds where the machine's speed does not. */

export interface Candidate {
  readonly name: string;
  readonly run: () => Promise<unknown> | unknown;
}

export interface Measured {
  readonly name: string;
  /** Median over the rounds. */
  readonly microsecondsPerRun: number;
}

export interface Plan {
  readonly rounds: number;
  readonly runsPerRound: number;
}

const DEFAULT_PLAN: Plan = { rounds: 15, runsPerRound: 20_000 };

/** One call after the other; the first round of each candidate is for warming up and does not count. */
export async function measure(candidates: readonly Candidate[], plan: Plan = DEFAULT_PLAN): Promise<Measured[]> {
  const times = candidates.map((): number[] => []);
  for (let round = 0; round <= plan.rounds; round++) {
    for (const [index, { run }] of candidates.entries()) {
      const startedAt = performance.now();
      for (let call = 0; call < plan.runsPerRound; call++) await run();
      if (round > 0) times[index]?.push(((performance.now() - startedAt) * 1_000) / plan.runsPerRound);
    }
  }
  return candidates.map(({ name }, index) => ({ name, microsecondsPerRun: median(times[index] ?? []) }));
}

/** Of values in any order; the one below which that share of them lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** How long a bench measures: `BENCH_SECONDS` shortens it where somebody only tries it out. */
export const measuredMs = (seconds: number): number => Number(process.env.BENCH_SECONDS ?? seconds) * 1_000;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Prints each figure and its ratio to the first one. */
export function print(title: string, measured: readonly Measured[]): void {
  const [base] = measured;
  console.log(`\n${title}`);
  for (const { name, microsecondsPerRun } of measured) {
    const ratio = microsecondsPerRun / (base?.microsecondsPerRun ?? Number.NaN);
    console.log(`  ${name.padEnd(58)} ${microsecondsPerRun.toFixed(2).padStart(9)} us   ${ratio.toFixed(2)}x`);
  }
}
