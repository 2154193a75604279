/** One metric with its values, as plain data: it may be sent from one process to another, and merged there. */
import type { LabelOf, MetricName } from "./catalogue.ts";

/** The trace of one that was counted, to look at it: the newest of its bucket. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Sample {
  /** Of a histogram: what its name ends in. `_native` is for formats that have native histograms: see {@link nativeIndex}. */
  readonly suffix?: "_bucket" | "_sum" | "_count" | "_native";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar?: Exemplar;
}

/** One without values is left out. */
export interface Family extends SentFamily {
  readonly name: MetricName;
}

/** The same from another process, which may run another release: its name need not be one that is known here. */
export interface SentFamily {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** Values of a metric that is no histogram. */
export interface Value<Name extends MetricName> {
  readonly labels?: Readonly<Partial<Record<LabelOf<Name>, string>>>;
  readonly value: number;
}

/**
 * The one way to make a family: of a name that the catalogue has, with its labels.
 *
 * @example
 * ```ts
 * family("tidegate_instances", [{ labels: { gate: "main" }, value: 3 }]);
 * ```
 */
export const family = <Name extends MetricName>(name: Name, values: readonly Value<Name>[]): Family => ({
  name,
  samples: values as readonly Sample[],
});

export const flag = (holds: boolean): number => (holds ? 1 : 0);

/** Of the bucket that has no bound. */
export const ALL = "+Inf";

/** Of native histograms: each bucket ends at 2^(1/8) times the end of the one before. */
export const NATIVE_SCHEMA = 3;
const PER_DOUBLING = 2 ** NATIVE_SCHEMA;
const LEAST_EXPONENT = -20;
const MOST_EXPONENT = 17;
/** In seconds, what is as short counts as nothing. */
export const NATIVE_ZERO: number = 2 ** LEAST_EXPONENT;
/** Label of the bucket of those, in the place of an index. */
export const ZERO_INDEX = "zero";
/** Places for all buckets; the first is for what counts as nothing. */
export const NATIVE_PLACES: number = (MOST_EXPONENT - LEAST_EXPONENT) * PER_DOUBLING + 1;

/** The place of a value among {@link NATIVE_PLACES}; what is longer than 36 hours is in the last. */
export function nativePlace(value: number): number {
  if (value <= NATIVE_ZERO) return 0;
  return Math.min(NATIVE_PLACES - 1, Math.ceil(Math.log2(value) * PER_DOUBLING) - LEAST_EXPONENT * PER_DOUBLING);
}

/** How Prometheus calls the bucket of a place: that of index 0 ends at 1. */
export const nativeIndex = (place: number): string =>
  place === 0 ? ZERO_INDEX : String(place + LEAST_EXPONENT * PER_DOUBLING);

/** A number as it stands in `le`, the same in every format: `1.0`, `0.25`, `+Inf`. */
export function bound(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return ALL;
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/**
 * The samples of one series of a histogram.
 *
 * @param counts How many were in each bucket, the one above all bounds last: not added up.
 */
export function histogramSamples(
  labels: Readonly<Record<string, string>>,
  { bounds, counts, sum, exemplars, native }: Counted,
): readonly Sample[] {
  let count = 0;
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((upper, at): Sample => {
    count += counts[at] ?? 0;
    const exemplar = exemplars?.[at];
    return {
      suffix: "_bucket",
      labels: { ...labels, le: bound(upper) },
      value: count,
      ...(exemplar && { exemplar }),
    };
  });
  const whole: Sample[] = [
    ...buckets,
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
  native?.forEach((value, place) => {
    if (value > 0) whole.push({ suffix: "_native", labels: { ...labels, index: nativeIndex(place) }, value });
  });
  return whole;
}

export interface Counted {
  readonly bounds: readonly number[];
  readonly counts: ArrayLike<number>;
  readonly sum: number;
  readonly exemplars?: readonly (Exemplar | undefined)[] | null;
  /** How many were in each place of a native histogram. */
  readonly native?: Float64Array;
}
