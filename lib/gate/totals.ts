/** The totals: sums for the fleet that only grow, from which counters for monitoring are made. Rule 19. */
import type { Renewal } from "./renewal.ts";
import type { Turn } from "./turn.ts";
import { LANES, OUTCOMES, REFUSAL_REASONS, TALLIES } from "./types.ts";

/** @returns How many calls were refused. */
export function addSums({ gate, touched }: Turn, { sums, tallies = {} }: Renewal): number {
  const { totals } = gate;
  let refusedCalls = 0;
  totals.renewals += 1;
  touched.totals = true;
  for (const tally of TALLIES) totals.tallies[tally] += tallies[tally] ?? 0;
  for (const lane of LANES) {
    const { ended, refused, ranMs, waitedMs } = sums[lane];
    for (const outcome of OUTCOMES) totals.calls[lane][outcome] += ended[outcome];
    for (const reason of REFUSAL_REASONS) {
      const calls = refused[reason] ?? 0;
      totals.refused[lane][reason] += calls;
      refusedCalls += calls;
    }
    totals.ranMs[lane] += ranMs;
    totals.waitedMs[lane] += waitedMs;
  }
  return refusedCalls;
}
