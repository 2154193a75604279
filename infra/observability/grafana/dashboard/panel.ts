/**
 * What a panel is said by, and the queries that they have in common.
 *
 * Map of this folder: `panel` (this file); a row of the dashboard each: `fleet`, `gate`, `instance`, `restarts`;
 * `dashboard` makes of them what Grafana reads.
 */

/** A query, and what its series are called: `{{lane}}` is that label's value. */
export type Query = readonly [expr: string, legend: string];

/** A value, how it is called, and in which of Grafana's colours it is shown. */
export type Named = readonly [value: number, text: string, color: string];

export interface Panel {
  readonly title: string;
  /** What one sees in it, and when that is bad. */
  readonly description: string;
  /** `stat` is one number, `states` a band of named values over time. */
  readonly kind: "lines" | "stacked" | "stat" | "states" | "table";
  /** Grafana's name of the unit; none for plain numbers. */
  readonly unit?: "s" | "ops" | "bytes" | "percentunit";
  readonly queries: readonly Query[];
  /** For numbers that stand for something. */
  readonly named?: readonly Named[];
  /** Columns of 24. */
  readonly width: number;
  /** Default: 8. */
  readonly height?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export const UP: readonly Named[] = [
  [0, "away", "red"],
  [1, "answers", "green"],
];
export const NO_YES: readonly Named[] = [
  [0, "no", "green"],
  [1, "yes", "orange"],
];

/** Of the fleet that is chosen. */
const selector = (more: string): string => `{job="$job"${more === "" ? "" : `, ${more}`}}`;
const GATE = 'gate="$gate"';

/** A gauge of the fleet: the same from each instance but those without their store, whose local gates are not it. */
export const gauge = (name: string, by: string, more = ""): string =>
  `max by (${by}) (${name}${selector(more)} unless on (instance) tidegate_state_store_up${selector("")} == 0)`;

/** What a fleet's counter grows by in a second: each instance tells the same one. */
export const perSecond = (name: string, by: string, more = ""): string =>
  `max by (${by}) (rate(${name}${selector(more)}[$__rate_interval]))`;

/** By how much it has grown in what is shown. */
export const grown = (name: string, by: string, more = ""): string =>
  `max by (${by}) (increase(${name}${selector(more)}[$__range]))`;

export const ofGate = (name: string, by: string, more = ""): string =>
  gauge(name, by, more === "" ? GATE : `${GATE}, ${more}`);
export const ofGatePerSecond = (name: string, by: string, more = ""): string =>
  perSecond(name, by, more === "" ? GATE : `${GATE}, ${more}`);

/** p50, p95 and p99 of a histogram that each process has for itself, over all that `more` lets in. */
export const quantiles = (name: string, by: string, more: string): readonly Query[] =>
  [0.5, 0.95, 0.99].map((share): Query => {
    const buckets = `sum by (${["le", by].filter(Boolean).join(", ")}) (rate(${name}_bucket${selector(more)}[$__rate_interval]))`;
    return [`histogram_quantile(${share}, ${buckets})`, `p${share * 100}${by === "" ? "" : ` {{${by}}}`}`];
  });
export const OF_GATE: string = GATE;
export const OF_INSTANCE = 'instance=~"$instance"';
/** What one process, or all workers of one supervisor, tell of themselves. */
export const own = (name: string, more = ""): string =>
  `${name}${selector(more === "" ? OF_INSTANCE : `${OF_INSTANCE}, ${more}`)}`;
export const ownRate = (name: string, more = ""): string => `rate(${own(name, more)}[$__rate_interval])`;
