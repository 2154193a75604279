/** The tables of docs/operating/metrics.md, from the one table that everything is emitted by. */
import { type HistogramName, METRIC_NAMES, type MetricName, metricOf } from "../../lib/metrics/catalogue.ts";
import { BUCKETS } from "../../lib/metrics/catalogue-process.ts";
import type { Metric } from "../../lib/metrics/metric.ts";
import { sectionOf } from "./section.ts";

/** The heads of the page, and which metrics are below each: those whose names begin so. */
const HEADS: readonly (readonly [head: string, begins: readonly string[]])[] = [
  ["Calls", ["tidegate_calls_", "tidegate_refusals_", "tidegate_transitions_", "tidegate_renewals_"]],
  [
    "The gate at this moment",
    [
      "tidegate_breaker_",
      "tidegate_lane_",
      "tidegate_permits",
      "tidegate_waiting_",
      "tidegate_instances",
      "tidegate_gates",
    ],
  ],
  ["Health and restarts", ["tidegate_health_", "tidegate_database_", "tidegate_state_", "tidegate_restart"]],
  ["Kept answers", ["tidegate_kept_"]],
  ["Durations", ["tidegate_call_", "tidegate_wait_", "tidegate_statement_", "http_"]],
  ["The process", ["tidegate_process_", "tidegate_log_", "tidegate_audit_", "tidegate_workers", "tidegate_build_"]],
];

/** The page with its tables brought up to date. @throws Error for a metric that is below no head. */
export const metricsPage = (page: string | null): string =>
  sectionOf("docs/operating/metrics.md", "metrics", page, tables());

function tables(): string {
  const left = new Set<MetricName>(METRIC_NAMES);
  const parts = HEADS.map(([head, begins]) => {
    const names = METRIC_NAMES.filter((name) => left.has(name) && begins.some((begin) => name.startsWith(begin)));
    for (const name of names) left.delete(name);
    return [
      `### ${head}`,
      "",
      "| metric | type | unit | labels | of | meaning |",
      "| --- | --- | --- | --- | --- | --- |",
      ...names.map(row),
    ].join("\n");
  });
  if (left.size > 0)
    throw new Error(
      `Writing docs/operating/metrics.md: give ${[...left].join(", ")} a head in infra/generate/metrics.ts.`,
    );
  return parts.join("\n\n");
}

function row(name: MetricName): string {
  const metric = metricOf(name);
  const { type, unit, labels, help } = metric;
  const names = Object.entries(labels).map(([label, values]) =>
    values.length === 0 ? `\`${label}\`` : `\`${label}\`: ${values.map((value) => `\`${value}\``).join(", ")}`,
  );
  const unitCell = unit === "1" ? "0 or 1" : unit;
  return `| \`${name}\` | ${type}${bucketsOf(name)} | ${unitCell} | ${names.join("; ")} | ${whose(metric)} | ${help} |`;
}

const whose = ({ scope, acrossWorkers }: Metric): string =>
  scope === "fleet" ? "fleet" : `process: ${{ sum: "sum", max: "highest", first: "any" }[acrossWorkers]}`;

const bucketsOf = (name: MetricName): string =>
  name in BUCKETS ? `, ${BUCKETS[name as HistogramName].length} buckets` : "";
