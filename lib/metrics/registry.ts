/**
 * What is measured as it comes about, in this process: durations, counted in buckets. An instrument is resolved once for
 * its labels and costs an addition from then on, since every guarded call pays for it.
 */
import type { Runtime } from "../runtime.ts";
import type { Attributes, DurationName, Instruments, Labels, Meters, Timing, Tracing } from "../telemetry/port.ts";
import { metricOf } from "./catalogue.ts";
import { BUCKETS } from "./catalogue-process.ts";
import { type Exemplar, type Family, histogramSamples, NATIVE_PLACES, nativePlace, type Sample } from "./family.ts";

/** Of one histogram: beyond it, the label that has no bound of its own is `other`. */
export const MOST_SERIES = 1_000;
/** Gates that a histogram has by name. */
export const MOST_GATES_NAMED = 100;
/** The label of those that are not shown by name: one that is called so is one of them, as soon as there are any. */
export const OTHER = "other";

export interface RegistryOptions {
  readonly runtime: Pick<Runtime, "wallMs">;
  /** Whose traces are named as examples; null: nobody's. */
  readonly tracing: Tracing | null;
  /** Hears of each measurement as well; null: nobody does. */
  readonly meters: Meters | null;
}

export interface Registry extends Instruments {
  /** All histograms in which something was counted. */
  readonly families: () => readonly Family[];
}

const DURATION_NAMES: readonly DurationName[] = [
  "tidegate_call_duration_seconds",
  "tidegate_wait_seconds",
  "tidegate_statement_duration_seconds",
  "http_server_request_duration_seconds",
];

/**
 * @example
 * ```ts
 * const registry = createRegistry({ runtime, tracing: null, meters: null });
 * const ended = registry.timing("tidegate_statement_duration_seconds", { lane: "request", outcome: "success" });
 * ended(0.012);
 * exposition(registry.families(), "text");
 * ```
 */
export function createRegistry(options: RegistryOptions): Registry {
  const { meters } = options;
  const histograms = Object.fromEntries(DURATION_NAMES.map((name) => [name, new Histogram(name, options)])) as Record<
    DurationName,
    Histogram
  >;
  /** They are of others: what they throw must not fail the call that was measured. */
  const tell = (name: DurationName, seconds: number, labels: Labels, beside: Attributes | undefined) => {
    try {
      meters?.record(name, seconds, labels, beside);
    } catch {
      // It is counted here.
    }
  };
  const timing: Registry["timing"] = (name, labels, beside) => {
    const series = histograms[name].at(labels);
    if (!meters) return series.record;
    return (seconds) => {
      series.record(seconds);
      tell(name, seconds, series.labels, beside);
    };
  };
  return {
    timing,
    record: (name, seconds, labels, beside) => {
      const series = histograms[name].at(labels);
      series.record(seconds);
      if (meters) tell(name, seconds, series.labels, beside);
    },
    families: () => DURATION_NAMES.map((name) => histograms[name].family()),
  };
}

/** By the value of the first label, below it by that of the second, and so on. */
type Branch = Map<string, Branch | Series>;

class Histogram {
  readonly #name: DurationName;
  readonly #options: RegistryOptions;
  readonly #labels: readonly string[];
  readonly #bounded: string | undefined;
  readonly #tree: Branch = new Map();
  readonly #all: Series[] = [];
  /** Values of the label that has no bound of its own. */
  readonly #named = new Set<string>();

  constructor(name: DurationName, options: RegistryOptions) {
    const { labels, bounded } = metricOf(name);
    this.#name = name;
    this.#options = options;
    this.#labels = Object.keys(labels);
    this.#bounded = bounded;
    // The database's has its name whatever comes first.
    if (bounded === "gate") this.#named.add("main");
  }

  at(labels: Labels): Series {
    return this.#find(labels) ?? this.#add(this.#within(labels));
  }

  family(): Family {
    const samples = this.#all.filter(({ isUsed }) => isUsed).flatMap((series) => series.samples());
    return { name: this.#name, samples };
  }

  #find(labels: Labels): Series | undefined {
    let place: Branch | Series | undefined = this.#tree;
    for (const label of this.#labels) place = (place as Branch | undefined)?.get(labels[label] ?? "");
    return place as Series | undefined;
  }

  /** With `other` in the place of a value for which there is no room. */
  #within(labels: Labels): Labels {
    const bounded = this.#bounded ?? "";
    const value = labels[bounded];
    if (value === undefined) return labels;
    const most = bounded === "gate" ? MOST_GATES_NAMED : MOST_SERIES;
    const isNew = !this.#named.has(value);
    if (this.#all.length >= MOST_SERIES || (isNew && this.#named.size >= most)) return { ...labels, [bounded]: OTHER };
    this.#named.add(value);
    return labels;
  }

  #add(labels: Labels): Series {
    const found = this.#find(labels);
    if (found) return found;
    const own = Object.fromEntries(this.#labels.map((label) => [label, labels[label] ?? ""]));
    const values = Object.values(own);
    const series = new Series(this.#name, own, this.#options);
    let branch = this.#tree;
    for (const value of values.slice(0, -1)) {
      const below = (branch.get(value) as Branch | undefined) ?? new Map();
      branch.set(value, below);
      branch = below;
    }
    branch.set(values.at(-1) ?? "", series);
    this.#all.push(series);
    return series;
  }
}

class Series {
  readonly labels: Labels;
  readonly record: Timing;
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  readonly #native = new Float64Array(NATIVE_PLACES);
  readonly #exemplars: (Exemplar | undefined)[] = [];
  #sum = 0;

  constructor(name: DurationName, labels: Labels, { runtime, tracing }: RegistryOptions) {
    this.labels = labels;
    this.#bounds = BUCKETS[name];
    this.#counts = new Float64Array(this.#bounds.length + 1);
    this.record = tracing
      ? (seconds) => this.#exemplify(this.#add(seconds), seconds, tracing, runtime)
      : (seconds) => void this.#add(seconds);
  }

  get isUsed(): boolean {
    return this.#counts.some((count) => count > 0);
  }

  samples(): readonly Sample[] {
    const counted = {
      bounds: this.#bounds,
      counts: this.#counts,
      sum: this.#sum,
      exemplars: this.#exemplars,
      native: this.#native,
    };
    return histogramSamples(this.labels, counted);
  }

  #add(seconds: number): number {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] ?? 0)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += seconds;
    const place = nativePlace(seconds);
    this.#native[place] = (this.#native[place] ?? 0) + 1;
    return at;
  }

  #exemplify(at: number, value: number, tracing: Tracing, runtime: Pick<Runtime, "wallMs">): void {
    try {
      const ids = tracing.current();
      if (ids?.sampled) this.#exemplars[at] = { traceId: ids.traceId, value, at: runtime.wallMs() };
    } catch {
      // A figure without an example is one all the same.
    }
  }
}
