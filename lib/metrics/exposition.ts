/**
 * The texts that Prometheus and its kin read: its own format, and OpenMetrics 1.0.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
import { METRIC_NAMES, type MetricName, metricOf } from "./catalogue.ts";
import type { Exemplar, Family, Sample } from "./family.ts";

/** What `/metrics` is answered in. */
export type TextFormat = "text" | "openmetrics";

export const CONTENT_TYPES: Readonly<Record<TextFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/**
 * Families in the order of the catalogue, each once; those without values are left out.
 *
 * @example
 * ```ts
 * exposition([family("tidegate_instances", [{ labels: { gate: "main" }, value: 3 }])], "text");
 * // # HELP tidegate_instances Instances that are there, as far as the gate has heard.
 * // # TYPE tidegate_instances gauge
 * // tidegate_instances{gate="main"} 3
 * ```
 */
export function exposition(families: readonly Family[], format: TextFormat): string {
  const byName = new Map<MetricName, readonly Sample[]>();
  for (const { name, samples } of families) byName.set(name, [...(byName.get(name) ?? []), ...samples]);
  const lines: string[] = [];
  for (const name of METRIC_NAMES) {
    const samples = byName.get(name) ?? [];
    if (samples.length > 0) write(lines, name, samples, format === "openmetrics");
  }
  if (format === "openmetrics") lines.push("# EOF");
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function write(lines: string[], name: MetricName, samples: readonly Sample[], isOpen: boolean): void {
  const { type, unit, help } = metricOf(name);
  // There the name of a counter is without what its samples end in.
  const family = isOpen && type === "counter" ? name.slice(0, -"_total".length) : name;
  lines.push(`# HELP ${family} ${isOpen ? quotable(help) : escaped(help)}`, `# TYPE ${family} ${type}`);
  if (isOpen && family.endsWith(`_${unit}`)) lines.push(`# UNIT ${family} ${unit}`);
  for (const { suffix = "", labels, value, exemplar } of samples) {
    if (suffix === "_native") continue;
    const line = `${name}${suffix}${labels ? written(labels) : ""} ${number(value)}`;
    lines.push(isOpen && exemplar ? `${line} # ${traced(exemplar)}` : line);
  }
}

function written(labels: Readonly<Record<string, string>>): string {
  let pairs = "";
  for (const label in labels) pairs += `${pairs === "" ? "" : ","}${label}="${quotable(labels[label] ?? "")}"`;
  return pairs === "" ? "" : `{${pairs}}`;
}

const traced = ({ traceId, value, at }: Exemplar): string =>
  `{trace_id="${traceId}"} ${number(value)} ${(at / 1_000).toFixed(3)}`;

const number = (value: number): string => {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : `${value < 0 ? "-" : "+"}Inf`;
};

const SPECIAL = /[\\\n"]/;
const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const quotable = (text: string): string => (SPECIAL.test(text) ? escaped(text).replaceAll('"', '\\"') : text);
