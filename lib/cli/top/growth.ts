/** What has become of counters and histograms from one reading to the next. */
import { fits, type Labels, type Sample, type Samples, samplesOf } from "./samples.ts";

/** Two readings, and the time between them. */
export interface Span {
  readonly before: Samples;
  readonly now: Samples;
  readonly seconds: number;
}

/**
 * By how much each series has grown. One that is less than before has begun anew, and one that was not there has begun:
 * all of it is new.
 *
 * @returns Null where the metric is in one of the readings alone: an instance without its store leaves counters out, and
 * what they have grown by meanwhile is not of this span.
 */
export function growthOf({ before, now }: Span, name: string, wanted: Labels): readonly Sample[] | null {
  // What was never counted in a lane may be missing; a gate whose counters are known has some.
  const gate: Labels = wanted.gate === undefined ? {} : { gate: wanted.gate };
  const isIn = (samples: Samples) => samplesOf(samples, name, gate).length > 0;
  return isIn(before) && isIn(now) ? grown(before, now, name, wanted) : null;
}

function grown(before: Samples, now: Samples, name: string, wanted: Labels): readonly Sample[] {
  const earlier = before.get(name);
  return [...(now.get(name) ?? [])]
    .filter(([, { labels }]) => fits(labels, wanted))
    .map(([written, { labels, value }]) => {
      const old = earlier?.get(written)?.value ?? 0;
      return { labels, value: value < old ? value : value - old };
    });
}

/** A second's worth, by the values of one label; null as above. */
export function ratesOf(span: Span | null, name: string, label: string, wanted: Labels): Rates | null {
  const growth = span && growthOf(span, name, wanted);
  if (!growth) return null;
  const rates: Record<string, number> = {};
  for (const { labels, value } of growth) {
    const word = labels[label] ?? "";
    rates[word] = (rates[word] ?? 0) + value / span.seconds;
  }
  return rates;
}
export type Rates = Readonly<Record<string, number>>;

/** How long what has ended in a span took, in seconds; what is beyond the last bound is told as that bound. */
export interface Durations {
  readonly per_second: number;
  /** Null where nothing has ended. */
  readonly p50_seconds: number | null;
  readonly p95_seconds: number | null;
  readonly p99_seconds: number | null;
}

/** Upper bound and how many there were in this bucket, in rising order. */
type Buckets = readonly (readonly [bound: number, count: number])[];

/**
 * Of a histogram, all of its series together that have these labels, and for which `counts`. What it has not counted yet
 * it does not have: there a series that is missing is one of zeros.
 */
export function durationsOf(
  span: Span | null,
  name: string,
  wanted: Labels,
  counts: (labels: Labels) => boolean = () => true,
): Durations | null {
  if (!span) return null;
  const upTo = new Map<number, number>();
  for (const { labels, value } of grown(span.before, span.now, `${name}_bucket`, wanted)) {
    if (!counts(labels)) continue;
    const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
    upTo.set(bound, (upTo.get(bound) ?? 0) + value);
  }
  const rising = [...upTo].sort(([one], [other]) => one - other);
  const buckets = rising.map(([bound, count], at) => [bound, count - (rising[at - 1]?.[1] ?? 0)] as const);
  const total = rising.at(-1)?.[1] ?? 0;
  const at = (share: number) => quantile(buckets, share);
  return { per_second: total / span.seconds, p50_seconds: at(0.5), p95_seconds: at(0.95), p99_seconds: at(0.99) };
}

/**
 * As Prometheus' `histogram_quantile`: evenly spread within a bucket.
 *
 * @returns Null where nothing was counted.
 */
export function quantile(buckets: Buckets, share: number): number | null {
  const rank = buckets.reduce((sum, [, count]) => sum + count, 0) * share;
  if (rank <= 0) return null;
  let below = 0;
  let lower = 0;
  for (const [upper, count] of buckets) {
    if (below + count >= rank && count > 0) {
      return Number.isFinite(upper) ? lower + ((upper - lower) * (rank - below)) / count : lower;
    }
    below += count;
    lower = upper;
  }
  return lower;
}
