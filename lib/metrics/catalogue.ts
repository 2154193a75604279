/**
 * Every metric that there is: what may be emitted, what Prometheus is told of it, and docs/operating/metrics.md are made
 * of this one table.
 *
 * Map of this folder: `catalogue` (this file) names them, those of the fleet (`catalogue-fleet`) and those of a
 * process (`catalogue-process`), each a row that says what there is to say of a `metric`; `family` is one with its
 * values, `exposition` and `protobuf` (by the messages of `wire`) write them in the format that `negotiation` chose.
 * What is measured as it comes about: `registry` has the histograms. What is looked up when somebody asks:
 * `gate-metrics` of the fleet's gates, `service-metrics` of health and restarts, `process-metrics` of the process,
 * which `process-figures` hands out and `merged` makes one of several, with names within `bounds`. `measured-database` and `query-times` are those
 * of statements.
 */
import { FLEET } from "./catalogue-fleet.ts";
import { type BUCKETS, PROCESS } from "./catalogue-process.ts";
import type { Metric } from "./metric.ts";

export const METRICS = { ...FLEET, ...PROCESS };

export type MetricName = keyof typeof METRICS;
/** Those that are counted in buckets. */
export type HistogramName = keyof typeof BUCKETS;
/** Label names of a metric. */
export type LabelOf<Name extends MetricName> = keyof (typeof METRICS)[Name]["labels"];

/** In the order of the table. */
export const METRIC_NAMES: readonly MetricName[] = Object.keys(METRICS) as MetricName[];

/** Of another release, it may be none. */
export const isMetric = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

/** @returns What the table says of it, without the types of its own labels. */
export const metricOf = (name: MetricName): Metric => METRICS[name];
