/** What `/metrics` says, taken apart: the text format of Prometheus, as far as Tidegate writes it. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** By the name of the metric, below it by the labels as they are written. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, Sample>>;

export type Labels = Readonly<Record<string, string>>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)/;
const PAIR = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Lines that cannot be read are passed over: another version may write more than is known here.
 *
 * @example
 * ```ts
 * const samples = parseSamples('tidegate_instances{gate="main"} 3\n');
 * numberOf(samples, "tidegate_instances", { gate: "main" }); // 3
 * ```
 */
export function parseSamples(text: string): Samples {
  const samples = new Map<string, Map<string, Sample>>();
  for (const line of text.split("\n")) {
    const [, name, written = "", number = ""] = line.startsWith("#") ? [] : (LINE.exec(line) ?? []);
    const value = numberIn(number);
    if (name === undefined || Number.isNaN(value)) continue;
    const series = samples.get(name) ?? new Map<string, Sample>();
    samples.set(name, series.set(written, { labels: labelsIn(written), value }));
  }
  return samples;
}

function numberIn(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number.parseFloat(text);
}

const labelsIn = (written: string): Labels =>
  Object.fromEntries([...written.matchAll(PAIR)].map(([, name = "", value = ""]) => [name, unescaped(value)]));

const unescaped = (text: string): string => text.replace(/\\(.)/g, (_, sign: string) => (sign === "n" ? "\n" : sign));

export const fits = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** All of a metric that have these labels, whatever others they have. */
export const samplesOf = (samples: Samples, name: string, wanted: Labels = {}): readonly Sample[] =>
  [...(samples.get(name)?.values() ?? [])].filter(({ labels }) => fits(labels, wanted));

/** The first of them; null where there is none. */
export const numberOf = (samples: Samples, name: string, wanted: Labels = {}): number | null =>
  samplesOf(samples, name, wanted)[0]?.value ?? null;

/** Of a metric with a 1 beside the value that holds: that value of the label. */
export const wordOf = (samples: Samples, name: string, label: string, wanted: Labels = {}): string | null =>
  samplesOf(samples, name, wanted).find(({ value }) => value === 1)?.labels[label] ?? null;
