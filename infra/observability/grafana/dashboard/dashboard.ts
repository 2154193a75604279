/** The dashboard as Grafana reads it: the rows beside this file, laid out, with the variables that they speak of. */
import { FLEET } from "./fleet.ts";
import { GATE_ROW } from "./gate.ts";
import { INSTANCE } from "./instance.ts";
import type { Panel, Row } from "./panel.ts";
import { RESTARTS } from "./restarts.ts";

const COLUMNS = 24;
const HEIGHT = 8;
const SOURCE = { type: "prometheus", uid: "$datasource" };
const ROWS: readonly Row[] = [FLEET, GATE_ROW, INSTANCE, RESTARTS];

const TYPES = { lines: "timeseries", stacked: "timeseries", stat: "stat", states: "state-timeline", table: "table" };
const OPTIONS = {
  lines: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
  stacked: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
  stat: { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "background", graphMode: "none", textMode: "auto" },
  states: { mergeValues: true, showValue: "auto", legend: { displayMode: "hidden" } },
  table: { showHeader: true },
};

/** @returns The text of the file that Grafana is given. */
export function dashboardJson(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

function dashboard(): object {
  return {
    uid: "tidegate",
    title: "Tidegate",
    description: "A fleet, one of its gates, single instances, restarts. Written by `npm run generate`.",
    tags: ["tidegate"],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    timezone: "browser",
    annotations: { list: annotations() },
    templating: { list: variables() },
    panels: laidOut(),
  };
}

function annotations(): readonly object[] {
  const of = (name: string, iconColor: string, expr: string, titleFormat: string, tagKeys: string) => ({
    name,
    iconColor,
    expr,
    titleFormat,
    tagKeys,
    datasource: SOURCE,
    enable: true,
    step: "10s",
  });
  return [
    of(
      "Transitions of $gate",
      "orange",
      'max by (to, cause) (increase(tidegate_transitions_total{job="$job", gate="$gate"}[1m])) > 0',
      "{{to}}",
      "cause",
    ),
    of(
      "Alerts",
      "red",
      'ALERTS{job="$job", alertname=~"Tidegate.*", alertstate="firing"}',
      "{{alertname}}",
      "severity",
    ),
  ];
}

function variables(): readonly object[] {
  const asked = (name: string, label: string, query: string, more: object) => ({
    name,
    label,
    type: "query",
    datasource: SOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    ...more,
  });
  return [
    { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
    asked("job", "fleet", "label_values(tidegate_build_info, job)", {}),
    asked("gate", "gate", 'label_values(tidegate_breaker_state{job="$job"}, gate)', {
      current: { text: "main", value: "main" },
    }),
    asked("instance", "instance", 'label_values(tidegate_build_info{job="$job"}, instance)', {
      includeAll: true,
      multi: true,
      allValue: ".*",
      current: { text: "All", value: "$__all" },
    }),
  ];
}

/** From left to right and from top to bottom; a panel that has no room goes below. */
function laidOut(): readonly object[] {
  let [id, y] = [0, 0];
  return ROWS.flatMap(({ title, panels }) => {
    const head = {
      id: ++id,
      type: "row",
      title,
      collapsed: false,
      gridPos: { h: 1, w: COLUMNS, x: 0, y: y++ },
      panels: [],
    };
    let [x, lowest] = [0, y];
    const placed = panels.map((panel) => {
      const { width, height = HEIGHT } = panel;
      if (x + width > COLUMNS) [x, y] = [0, lowest];
      const place = { h: height, w: width, x, y };
      x += width;
      lowest = Math.max(lowest, y + height);
      return panelJson(panel, ++id, place);
    });
    y = lowest;
    return [head, ...placed];
  });
}

function panelJson({ title, description, kind, unit, queries, named = [] }: Panel, id: number, gridPos: object) {
  const options = Object.fromEntries(named.map(([value, text, color]) => [value, { text, color }]));
  const stacking = { mode: kind === "stacked" ? "normal" : "none" };
  return {
    id,
    type: TYPES[kind],
    title,
    description,
    datasource: SOURCE,
    gridPos,
    targets: queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: SOURCE,
      expr,
      legendFormat,
      ...(kind === "table" && { instant: true, format: "table" }),
      ...(kind === "stat" && { instant: true }),
    })),
    fieldConfig: {
      defaults: {
        ...(unit && { unit }),
        ...(unit !== "s" && { min: 0 }),
        ...(named.length > 0 && { mappings: [{ type: "value", options }] }),
        ...(kind === "lines" || kind === "stacked"
          ? { custom: { fillOpacity: kind === "stacked" ? 40 : 0, stacking } }
          : {}),
      },
      overrides: [],
    },
    options: OPTIONS[kind],
  };
}
