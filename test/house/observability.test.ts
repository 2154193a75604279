/** What is shipped for Prometheus and Grafana speaks of metrics that there are, and each alert of a paragraph that is there. */
import { expect, test } from "vitest";
import { parse } from "yaml";
import { prometheusRule } from "../../infra/generate/prometheus-rule.ts";
import { dashboardJson } from "../../infra/observability/grafana/dashboard/dashboard.ts";
import { METRIC_NAMES, type MetricName, metricOf } from "../../lib/metrics/catalogue.ts";
import { BUCKETS } from "../../lib/metrics/catalogue-process.ts";
import { page } from "./pages.ts";
import { allFiles, read } from "./sources.ts";

const FOLDER = "infra/observability";
const RUNBOOK = "docs/operating/runbook.md";

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}
interface Dashboard {
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly description: string;
    readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const rulesOf = (file: string): readonly Rule[] =>
  (parse(read(`${FOLDER}/prometheus/${file}`)) as Rules).groups.flatMap(({ rules }) => rules);
const recorded = rulesOf("rules.yaml");
const alerts = rulesOf("alerts.yaml");
const dashboard: Dashboard = JSON.parse(dashboardJson());
const panels = dashboard.panels.filter(({ type }) => type !== "row");

const queries: readonly string[] = [
  ...[...recorded, ...alerts].map(({ expr }) => expr),
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
  ...dashboard.templating.list.flatMap(({ definition }) => definition ?? []),
];

/** A metric as it is asked for, and what is asked of its labels. */
const ASKED = /(?<![\w:])(?:tidegate_|http_server_)\w+(?!:)(\{[^}]*\})?/g;
const SELECTED = /(\w+)(=~|!~|!=|=)"([^"]*)"/g;

/** Without what the series of a histogram end in. */
function metricNamed(name: string): MetricName | undefined {
  const family = name.replace(/_(?:bucket|sum|count)$/, "");
  if (family !== name && !(family in BUCKETS)) return undefined;
  if (family === name && name in BUCKETS) return undefined;
  return METRIC_NAMES.find((one) => one === family);
}

test("every query of rules and dashboard is of metrics, labels and values that there are", () => {
  const wrong = queries.flatMap((expr) =>
    [...expr.matchAll(ASKED)].flatMap(([asked, selector = ""]) => {
      const name = metricNamed(asked.replace(selector, ""));
      if (name === undefined) return [asked];
      const { labels } = metricOf(name);
      return [...selector.matchAll(SELECTED)].flatMap(([text, label = "", , value = ""]) => {
        if (["job", "instance"].includes(label)) return [];
        const values = labels[label];
        if (values === undefined) return [`${asked}: ${label}`];
        const unknown = value.split("|").filter((one) => !one.startsWith("$") && !values.includes(one));
        return values.length > 0 && unknown.length > 0 ? [`${asked}: ${text}`] : [];
      });
    }),
  );
  expect(wrong).toEqual([]);
  expect(queries.length).toBeGreaterThan(100);
});

test("every recorded series that is asked for is recorded, and none is recorded for nobody", () => {
  const names = recorded.map(({ record = "" }) => record);
  const asked = [...recorded, ...alerts].flatMap(({ expr }) => expr.match(/\btidegate:\w+(?::\w+)?/g) ?? []);
  expect(asked.filter((name) => !names.includes(name))).toEqual([]);
  expect(names.filter((name) => !asked.includes(name))).toEqual([]);
});

test("every alert says how bad it is and what it means, and leads to its paragraph of the runbook", () => {
  const { anchors, prose } = page(RUNBOOK, read(RUNBOOK));
  for (const { alert = "", labels, annotations } of alerts) {
    expect([alert, ["critical", "warning"].includes(labels?.severity ?? "")]).toEqual([alert, true]);
    expect(Object.keys(annotations ?? {})).toEqual(["summary", "description", "runbook_url"]);
    const { pathname, hash } = new URL(annotations?.runbook_url ?? "");
    expect([alert, pathname.endsWith(`/${RUNBOOK}`), hash]).toEqual([alert, true, `#${alert.toLowerCase()}`]);
    expect([alert, anchors.has(alert.toLowerCase())]).toEqual([alert, true]);
  }
  const heads = [...prose.matchAll(/^## (.+)$/gm)].map(([, head]) => head);
  expect(heads.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
});

test("every paragraph of the runbook says what it means, what happens by itself, where to look, what to do and what not", () => {
  const paragraphs = read(RUNBOOK)
    .split(/^## /m)
    .slice(1)
    .map((text) => text.replace(/\s+/g, " "));
  const lacking = paragraphs.flatMap((text) =>
    [/\*\*Means\*\*/, /\*\*By itself\*\*/, /\*\*Look\*\*/, /\*\*Do\*\*/, /\*\*Do not\*\*/]
      .filter((part) => !part.test(text))
      .map((part) => `${text.split(" ")[0]} ${part.source}`),
  );
  expect(lacking).toEqual([]);
});

test("every alert has a test in which it fires, and each test ends or begins with silence", () => {
  const files = allFiles().filter((path) => path.startsWith(`${FOLDER}/prometheus/tests/`));
  const tests = files.flatMap((path) => parse(read(path)).tests);
  const fired = tests.flatMap((one) => JSON.stringify(one.promql_expr_test).match(/Tidegate\w+(?=\\")/g) ?? []);
  expect(alerts.map(({ alert = "" }) => alert).filter((alert) => !fired.includes(alert))).toEqual([]);
  expect(tests.length).toBeGreaterThan(20);
});

test("every panel says what is seen in it, and none lies on another", () => {
  for (const { title, description, targets } of panels)
    expect([title, description.length > 20, targets.length > 0]).toEqual([title, true, true]);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...cells.map((cell) => Number(cell.split(",")[0])))).toBe(23);
});

test("every YAML and JSON file of it can be read", () => {
  const files = allFiles().filter((path) => path.startsWith(`${FOLDER}/`) && /\.(?:ya?ml|json)$/.test(path));
  for (const path of files) expect(() => parse(read(path)), path).not.toThrow();
  expect(files.length).toBeGreaterThan(15);
});

test("the dashboard and the rules for Kubernetes are what their sources say: `npm run generate` brings them up to date", async () => {
  expect(read(`${FOLDER}/grafana/dashboards/tidegate.json`)).toBe(dashboardJson());
  const text = read("infra/kubernetes/prometheusrule.yaml");
  expect(text).toBe(await prometheusRule());
  const { spec }: { readonly spec: Rules } = parse(text);
  expect(spec.groups.flatMap(({ rules }) => rules)).toEqual([...recorded, ...alerts]);
});
