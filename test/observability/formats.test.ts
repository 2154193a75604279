/** Every format of `/metrics`, as a real Prometheus takes it. */
import { setTimeout as pause } from "node:timers/promises";
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { missing } from "../infra/tool.ts";
import { because } from "../support/because.ts";
import { eventually } from "../support/processes.ts";
import { type Prometheus, startPrometheus } from "./server.ts";

const TOKEN = "monitor-token-that-is-long-enough-7Hq2";
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const CALLS = 40;
/** Of a call, at least. */
const CALL_MS = 20;
const obstacle = missing("prometheus");

/** An instance that has had its calls, and what it was asked for. */
async function instance(): Promise<{ readonly host: string; readonly accepted: Set<string> }> {
  const config = readConfig({ MONITOR_TOKENS: `prometheus:${TOKEN}` });
  const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config, log: SILENT });
  const accepted = new Set<string>();
  const app = new Hono().use(async (c, next) => {
    await next();
    if (c.req.path === "/metrics") accepted.add((c.res.headers.get("content-type") ?? "").split(";", 1)[0] ?? "");
  });
  app.use(tide.middleware()).route("/", tide.routes());
  const { url, stop } = await serve(app, { tide, port: 0, host: "127.0.0.1" });
  onTestFinished(stop);
  await Promise.all(Array.from({ length: CALLS }, () => tide.run(() => pause(CALL_MS))));
  return { host: new URL(url).host, accepted };
}

/** Of the one series that there is, as soon as there is one. */
async function figure(prometheus: Prometheus, expr: string): Promise<number> {
  let value: number | undefined;
  await eventually(`${expr} has a value`, async () => {
    const found = await prometheus.query(expr);
    if (found.length > 1) throw new Error(`${expr} has ${found.length} values`);
    value = found[0]?.value;
    return value !== undefined;
  });
  return value ?? Number.NaN;
}

async function scraping(host: string, features: readonly string[]): Promise<Prometheus> {
  const options = { targets: [host], token: TOKEN, intervalSeconds: 1, withRules: false, features };
  const prometheus = await startPrometheus(options);
  onTestFinished(() => prometheus.stop());
  return prometheus;
}

const LABELS = 'gate="main",lane="request",outcome="success"';

describe.skipIf(obstacle)(`a Prometheus${because(obstacle)}`, () => {
  test("takes OpenMetrics by itself", async () => {
    const { host, accepted } = await instance();
    const prometheus = await scraping(host, ["exemplar-storage"]);
    expect(await figure(prometheus, `tidegate_calls_total{${LABELS}}`)).toBe(CALLS);
    expect(await figure(prometheus, `tidegate_call_duration_seconds_bucket{${LABELS},le="0.01"}`)).toBe(0);
    expect(await figure(prometheus, `tidegate_call_duration_seconds_count{${LABELS}}`)).toBe(CALLS);
    expect([...accepted]).toEqual(["application/openmetrics-text"]);
  }, 60_000);

  test("takes native histograms where it was told to, and all the rest with them", async () => {
    const { host, accepted } = await instance();
    const prometheus = await scraping(host, ["native-histograms"]);
    const histogram = `tidegate_call_duration_seconds{${LABELS}}`;
    expect(await figure(prometheus, `histogram_count(${histogram})`)).toBe(CALLS);
    expect(await figure(prometheus, `histogram_fraction(0, ${CALL_MS / 2_000}, ${histogram})`)).toBe(0);
    const sum = await figure(prometheus, `histogram_sum(${histogram})`);
    const median = await figure(prometheus, `histogram_quantile(0.5, ${histogram})`);
    expect(sum).toBeGreaterThanOrEqual((CALLS * CALL_MS * 0.9) / 1_000);
    expect(median).toBeGreaterThan((CALL_MS * 0.85) / 1_000);
    expect(median).toBeLessThan(sum);
    expect(await figure(prometheus, `tidegate_calls_total{${LABELS}}`)).toBe(CALLS);
    expect(await figure(prometheus, 'tidegate_build_info{runtime="node"}')).toBe(1);
    expect(await figure(prometheus, "tidegate_kept_stale_age_seconds_count")).toBe(0);
    expect([...accepted]).toEqual(["application/vnd.google.protobuf"]);
  }, 60_000);
});
