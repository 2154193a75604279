/**
 * The format in which Prometheus takes native histograms: messages of `io.prometheus.client`, each behind its length.
 * https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
import { METRIC_NAMES, type MetricName, metricOf } from "./catalogue.ts";
import { ALL, type Exemplar, type Family, NATIVE_SCHEMA, NATIVE_ZERO, type Sample, ZERO_INDEX } from "./family.ts";
import { createMessage, type Message } from "./wire.ts";

export const PROTOBUF_TYPE =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

const TYPES = { counter: 0, gauge: 1, histogram: 4 };

/** The same families as `exposition` writes, in the same order. */
export function protobufExposition(families: readonly Family[]): Uint8Array<ArrayBuffer> {
  const whole = createMessage();
  for (const name of METRIC_NAMES) {
    const samples = families.filter((family) => family.name === name).flatMap((family) => family.samples);
    if (samples.length > 0) whole.delimited(familyOf(name, samples));
  }
  return whole.bytes();
}

/** `MetricFamily`. */
function familyOf(name: MetricName, samples: readonly Sample[]): Message {
  const { type, help, unit } = metricOf(name);
  const family = createMessage().text(1, name).text(2, help).number(3, TYPES[type]);
  if (type === "histogram") for (const series of seriesOf(samples)) family.message(4, histogramOf(series));
  else {
    for (const { labels = {}, value } of samples) {
      family.message(4, labelled(labels).message(type === "gauge" ? 2 : 3, createMessage().double(1, value)));
    }
  }
  return name.replace(/_total$/, "").endsWith(`_${unit}`) ? family.text(5, unit) : family;
}

/** `Metric`, as far as all have it. */
function labelled(labels: Readonly<Record<string, string>>): Message {
  const metric = createMessage();
  for (const [name, value] of Object.entries(labels)) metric.message(1, createMessage().text(1, name).text(2, value));
  return metric;
}

interface SeriesSamples {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: Sample[];
}

/** Those of each histogram together, which differ in what tells its buckets apart. */
function seriesOf(samples: readonly Sample[]): readonly SeriesSamples[] {
  const all = new Map<string, SeriesSamples>();
  for (const sample of samples) {
    const { le: _, index: __, ...labels } = sample.labels ?? {};
    const key = JSON.stringify(labels);
    const series = all.get(key) ?? { labels, samples: [] };
    series.samples.push(sample);
    all.set(key, series);
  }
  return [...all.values()];
}

function histogramOf({ labels, samples }: SeriesSamples): Message {
  const of = (suffix: Sample["suffix"]) => samples.filter((sample) => sample.suffix === suffix);
  const histogram = createMessage()
    .number(1, of("_count")[0]?.value ?? 0)
    .double(2, of("_sum")[0]?.value ?? 0);
  for (const { labels: own, value, exemplar } of of("_bucket")) {
    // The last one is the count.
    if (own?.le === ALL) continue;
    const bucket = createMessage().number(1, value).double(2, Number(own?.le));
    histogram.message(3, exemplar ? bucket.message(3, exemplarOf(exemplar)) : bucket);
  }
  const native = of("_native");
  if (native.length > 0) nativeBuckets(histogram, native);
  return labelled(labels).message(7, histogram);
}

const exemplarOf = ({ traceId, value, at }: Exemplar): Message => {
  const seconds = Math.floor(at / 1_000);
  const moment = createMessage()
    .number(1, seconds)
    .number(2, Math.floor(at - seconds * 1_000) * 1_000_000);
  return labelled({ trace_id: traceId }).double(2, value).message(3, moment);
};

/** Counts as differences from the one before, in spans of buckets that stand side by side. */
function nativeBuckets(histogram: Message, native: readonly Sample[]): void {
  const zero = native.find(({ labels }) => labels?.index === ZERO_INDEX)?.value ?? 0;
  histogram.signed(5, NATIVE_SCHEMA).double(6, NATIVE_ZERO).number(7, zero);
  const buckets = native
    .filter(({ labels }) => labels?.index !== ZERO_INDEX)
    .map(({ labels, value }) => ({ index: Number(labels?.index), count: value }))
    .sort((one, other) => one.index - other.index);
  const spans: { readonly offset: number; length: number }[] = [];
  let next = 0;
  for (const { index } of buckets) {
    const last = spans.at(-1);
    if (last && index === next) last.length += 1;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  // By one of no length it is seen to be native, though nothing was counted beside zero.
  if (spans.length === 0) spans.push({ offset: 0, length: 0 });
  for (const { offset, length } of spans) histogram.message(12, createMessage().signed(1, offset).number(2, length));
  let before = 0;
  const deltas = buckets.map(({ count }) => {
    const delta = count - before;
    before = count;
    return delta;
  });
  histogram.packedSigned(13, deltas);
}
