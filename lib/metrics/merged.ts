/** The figures of several processes as those of one, by the rule that the catalogue has for each metric. */
import { isMetric, metricOf } from "./catalogue.ts";
import type { Exemplar, Family, Sample, SentFamily } from "./family.ts";
import type { AcrossWorkers } from "./metric.ts";

/** What only another release of a worker has is handed on all the same, to whoever knows it. */
const ruleOf = (name: string): AcrossWorkers => (isMetric(name) ? metricOf(name).acrossWorkers : "sum");

/** Those that can be written here. */
export const writable = (families: readonly SentFamily[]): readonly Family[] =>
  families.filter((family): family is Family => isMetric(family.name));

/**
 * @param parts Of each process, in any order; what only some of them have is theirs.
 * @example
 * ```ts
 * merged([figuresOfOne, figuresOfAnother]); // connections added up, the longest delay of an event loop
 * ```
 */
export function merged(parts: readonly (readonly SentFamily[])[]): readonly SentFamily[] {
  const families = new Map<string, Map<string, Sample>>();
  const bucketsOf = new Map<string, string>();
  for (const family of parts.flat()) {
    // Counts in other buckets, those of another release, do not add up with these.
    const buckets = boundsIn(family);
    if ((bucketsOf.get(family.name) ?? buckets) !== buckets) continue;
    if (buckets !== "") bucketsOf.set(family.name, buckets);
    const samples = families.get(family.name) ?? new Map<string, Sample>();
    families.set(family.name, samples);
    for (const sample of family.samples) {
      const key = JSON.stringify([sample.suffix, sample.labels]);
      const before = samples.get(key);
      samples.set(key, before ? together(before, sample, ruleOf(family.name)) : sample);
    }
  }
  return [...families].map(([name, samples]) => ({ name, samples: [...samples.values()] }));
}

const boundsIn = ({ samples }: SentFamily): string =>
  [...new Set(samples.flatMap(({ labels }) => labels?.le ?? []))].join();

/** Of a process that has ended, what it has counted: without that, the sums of those that live would fall. */
export const lasting = (families: readonly SentFamily[]): readonly Family[] =>
  writable(families).filter(({ name }) => metricOf(name).type !== "gauge");

function together(one: Sample, other: Sample, acrossWorkers: AcrossWorkers): Sample {
  if (acrossWorkers === "first") return one;
  const value = acrossWorkers === "max" ? Math.max(one.value, other.value) : one.value + other.value;
  const exemplar = newest(one.exemplar, other.exemplar);
  return { ...one, value, ...(exemplar && { exemplar }) };
}

const newest = (one: Exemplar | undefined, other: Exemplar | undefined): Exemplar | undefined =>
  one && other ? (one.at >= other.at ? one : other) : (one ?? other);
