/** How long statements take, over the last minutes, in a fixed amount of memory. */
import type { Runtime } from "../runtime.ts";

/** The window moves on by slices, so it is between four and five of them long. */
const SLICES = 5;
const SLICE_MS = 60_000;
/** Buckets grow by a twelfth of a doubling: a percentile is off by 3 % at most. */
const BUCKETS_PER_DOUBLING = 12;
const SHORTEST_MS = 0.05;
/** Up to an hour; whatever is longer counts as that. */
const BUCKETS = Math.ceil(BUCKETS_PER_DOUBLING * Math.log2(3_600_000 / SHORTEST_MS)) + 1;

/** Statements that this instance has run lately. */
export interface QueryFigures {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly slowCount: number;
  /** From when on one is slow. */
  readonly slowMs: number;
  /** How far back they count. */
  readonly windowMs: number;
}

export interface QueryTimes {
  readonly record: (ms: number) => void;
  readonly figures: () => QueryFigures;
}

interface Slice {
  readonly counts: Uint32Array;
  slow: number;
  /** Which slice of time it holds. */
  at: number;
}

/**
 * @param slowMs From when on a statement is slow.
 * @example
 * ```ts
 * const times = createQueryTimes(1_000, runtime);
 * times.record(12.5);
 * times.figures().p95Ms;
 * ```
 */
export function createQueryTimes(slowMs: number, runtime: Runtime): QueryTimes {
  const slices: Slice[] = Array.from({ length: SLICES }, () => ({
    counts: new Uint32Array(BUCKETS),
    slow: 0,
    at: Number.NEGATIVE_INFINITY,
  }));
  const sliceNow = () => Math.floor(runtime.monotonicMs() / SLICE_MS);

  return {
    record: (ms) => {
      const at = sliceNow();
      const slice = slices[at % SLICES] as Slice;
      if (slice.at !== at) {
        slice.counts.fill(0);
        slice.slow = 0;
        slice.at = at;
      }
      const bucket = bucketOf(ms);
      slice.counts[bucket] = (slice.counts[bucket] ?? 0) + 1;
      if (ms >= slowMs) slice.slow += 1;
    },
    figures: () => {
      const counted = slices.filter(({ at }) => at > sliceNow() - SLICES);
      const sums = new Float64Array(BUCKETS);
      for (const { counts } of counted)
        for (let at = 0; at < BUCKETS; at++) sums[at] = (sums[at] ?? 0) + (counts[at] ?? 0);
      const count = sums.reduce((sum, each) => sum + each, 0);
      return {
        count,
        p50Ms: percentile(sums, count, 0.5),
        p95Ms: percentile(sums, count, 0.95),
        p99Ms: percentile(sums, count, 0.99),
        slowCount: counted.reduce((sum, { slow }) => sum + slow, 0),
        slowMs,
        windowMs: SLICES * SLICE_MS,
      };
    },
  };
}

function bucketOf(ms: number): number {
  const bucket = Math.ceil(BUCKETS_PER_DOUBLING * Math.log2(Math.max(ms, SHORTEST_MS) / SHORTEST_MS));
  return Math.min(bucket, BUCKETS - 1);
}

/** The middle of the bucket that holds it, by ratio; 0 where nothing was counted. */
function percentile(sums: Float64Array, count: number, share: number): number {
  if (count === 0) return 0;
  let left = Math.ceil(count * share);
  let bucket = -1;
  while (left > 0) left -= sums[++bucket] ?? left;
  return SHORTEST_MS * 2 ** ((bucket - 0.5) / BUCKETS_PER_DOUBLING);
}
