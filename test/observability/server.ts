/** A real Prometheus that looks every second, and lives by rules whose times are sixty times as short. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startTool } from "../infra/tool.ts";
import { eventually, freePort } from "../support/processes.ts";

const RULES = fileURLToPath(new URL("../../infra/observability/prometheus/", import.meta.url));
/** By which every time of the rules is divided: a minute becomes a second. */
const FASTER = 60;
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** A series at one moment. */
export interface Point {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** @param at Seconds since 1970; now where it is left out. @throws Error in Prometheus' words. */
  query(expr: string, at?: number): Promise<readonly Point[]>;
  /** Names of the alerts that fire now. */
  firing(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  readonly targets: readonly string[];
  readonly token: string;
  readonly intervalSeconds: number;
  readonly withRules: boolean;
  /** Of its own, such as `native-histograms`. Default: none. */
  readonly features?: readonly string[];
}

/** The same rules, with every duration in `for:` and in brackets divided; numbers that are compared stay. */
export function hastened(rules: string): string {
  const shorter = (amount: string, unit: string) =>
    `${Math.max(1, Math.round((Number(amount) * SECONDS[unit as keyof typeof SECONDS]) / FASTER))}s`;
  return rules
    .replace(/\[(\d+)([smhd])\]/g, (_, amount: string, unit: string) => `[${shorter(amount, unit)}]`)
    .replace(
      /^( +for: )(\d+)([smhd])$/gm,
      (_, head: string, amount: string, unit: string) => head + shorter(amount, unit),
    );
}

export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-prometheus-"));
  const port = await freePort();
  const files = options.withRules ? ["rules.yaml", "alerts.yaml"] : [];
  for (const file of files) writeFileSync(join(folder, file), hastened(readFileSync(RULES + file, "utf8")));
  writeFileSync(join(folder, "token"), options.token);
  const interval = `${options.intervalSeconds}s`;
  // JSON is YAML.
  const config = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: "1s" },
    rule_files: files,
    scrape_configs: [
      {
        job_name: "tidegate",
        authorization: { type: "Bearer", credentials_file: join(folder, "token") },
        static_configs: [{ targets: options.targets }],
      },
    ],
  };
  writeFileSync(join(folder, "prometheus.yaml"), JSON.stringify(config));
  const tool = startTool(
    "prometheus",
    `--config.file=${join(folder, "prometheus.yaml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
    ...(options.features ?? []).map((feature) => `--enable-feature=${feature}`),
  );
  const url = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually("Prometheus is ready", isUp, 30_000).catch((error) => {
    throw new Error(`${error.message}\n${tool.output()}`);
  });
  async function query(expr: string, at?: number): Promise<readonly Point[]> {
    const body = new URLSearchParams({ query: expr, ...(at !== undefined && { time: String(at) }) });
    const { data, error } = await (await fetch(`${url}/api/v1/query`, { method: "POST", body })).json();
    if (error) throw new Error(`${expr}: ${error}`);
    const { result } = data as { result: readonly { metric: Record<string, string>; value: [number, string] }[] };
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }
  return {
    query,
    firing: async () => {
      const { data } = await (await fetch(`${url}/api/v1/alerts`)).json();
      const alerts: readonly { state: string; labels: Record<string, string> }[] = data.alerts;
      return alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname ?? "");
    },
    stop: async () => {
      await tool.end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
