/**
 * Several processes may have many more names between them than one of them may have, more with each that is replaced:
 * whoever comes first has its name for good, what comes later is `other`, and stays that, or its counter would fall.
 */
import { isMetric, metricOf } from "./catalogue.ts";
import type { Sample, SentFamily } from "./family.ts";
import { MOST_GATES_NAMED, MOST_SERIES, OTHER } from "./registry.ts";

/** What of a metric has its own name. */
interface Named {
  readonly series: Set<string>;
  readonly values: Set<string>;
}

/** For as long as those processes are one to whoever asks. */
export function createBounds(): (families: readonly SentFamily[]) => readonly SentFamily[] {
  const byName = new Map<string, Named>();

  function within({ series, values }: Named, label: string, sample: Sample): Sample {
    const { le: _le, index: _index, ...own } = sample.labels ?? {};
    const value = own[label];
    if (value === undefined) return sample;
    const key = JSON.stringify(own);
    const isNamed = series.has(key);
    const most = label === "gate" ? MOST_GATES_NAMED : MOST_SERIES;
    const fits = series.size < MOST_SERIES && (values.has(value) || values.size < most);
    if (!isNamed && !fits) return { ...sample, labels: { ...sample.labels, [label]: OTHER } };
    series.add(key);
    values.add(value);
    return sample;
  }

  return (families) =>
    families.map((family) => {
      const label = isMetric(family.name) ? metricOf(family.name).bounded : undefined;
      if (label === undefined) return family;
      const named = byName.get(family.name) ?? { series: new Set(), values: new Set(label === "gate" ? ["main"] : []) };
      byName.set(family.name, named);
      return { ...family, samples: family.samples.map((sample) => within(named, label, sample)) };
    });
}
