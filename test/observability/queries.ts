/** Every query of the dashboard, with what a reader might have chosen, and every recorded series. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../infra/observability/${path}`, import.meta.url)), "utf8");

/** By their names, the longest first. */
const CHOSEN: readonly (readonly [string, string])[] = [
  ["$__rate_interval", "10s"],
  ["$__range", "60s"],
  ["$instance", ".*"],
  ["$gate", "main"],
  ["$job", "tidegate"],
];

export function dashboardQueries(): readonly string[] {
  const { panels }: { panels: readonly { targets?: readonly { expr: string }[] }[] } = JSON.parse(
    read("grafana/dashboards/tidegate.json"),
  );
  return panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => CHOSEN.reduce((text, [name, value]) => text.replaceAll(name, value), expr)),
  );
}

export function recordedNames(): readonly string[] {
  const { groups }: { groups: readonly { rules: readonly { record: string }[] }[] } = parse(
    read("prometheus/rules.yaml"),
  );
  return groups.flatMap(({ rules }) => rules.map(({ record }) => record));
}
