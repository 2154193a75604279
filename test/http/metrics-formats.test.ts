/** The formats of `GET /metrics`, and what `promtool` says to a whole scrape. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { METRIC_NAMES } from "../../lib/metrics/catalogue.ts";
import { fillLane } from "../../lib/testing/testing.ts";
import { smallApp } from "../support/app.ts";
import { because } from "../support/because.ts";
import { telemetryOf } from "../support/fake-telemetry.ts";
import { figuresOf, scraped } from "../support/scrape.ts";

const PUBLIC = { METRICS_PUBLIC: "true", DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" };
const OPENMETRICS = { accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5" };
const noPromtool =
  spawnSync("promtool", ["--version"]).status === 0 ? undefined : "no promtool on the PATH; apt-get install prometheus";

test("who asks for OpenMetrics is answered in it, to its end", async () => {
  const small = smallApp(PUBLIC);
  await small.app.request("/orders");
  // How late the event loop is, is known from the second time on.
  await scraped(small);
  const { headers, text } = await scraped(small, OPENMETRICS);
  expect(headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(text).toContain("# TYPE tidegate_calls counter\n");
  expect(text).toContain("# UNIT tidegate_call_duration_seconds seconds\n");
  expect(text).toMatch(/\ntidegate_calls_total\{.*\} 1\n/);
  expect(text.endsWith("\n# EOF\n")).toBe(true);
  const ofText = await scraped(small);
  const names = (figures: object) => new Set(Object.keys(figures).map((name) => name.replace(/\{.*/, "")));
  expect(names(figuresOf(text))).toEqual(names(ofText.figures));
  await small.tide.close();
});

/** Of whatever a real scrape can have; the supervisor's are shown by its own tests. */
test("every metric of the catalogue is emitted, but for those of a supervisor", async () => {
  const small = smallApp(PUBLIC);
  const release = await fillLane(small.tide);
  const late = small.tide.run(() => {});
  await small.runtime.advance(10);
  await release();
  await late;
  await small.app.request("/orders");
  await scraped(small);
  const { text } = await scraped(small);
  const emitted = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
  expect(METRIC_NAMES.filter((name) => !emitted.has(name))).toEqual(["tidegate_workers"]);
  await small.tide.close();
});

// Where it is not found: apt-get install prometheus.
describe.skipIf(noPromtool)(`promtool finds nothing to say about it${because(noPromtool)}`, () => {
  test("as text", async () => {
    const small = smallApp(PUBLIC);
    await small.app.request("/orders");
    await small.app.request("/nothing");
    await small.tide.gate("billing").run(() => {});
    await scraped(small);
    const { text } = await scraped(small);
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
    await small.tide.close();
  });

  test("as OpenMetrics, with exemplars, once each sample has the time that blocks want", async () => {
    const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true };
    const small = smallApp(PUBLIC, undefined, { telemetry: telemetryOf(ids) });
    await small.app.request("/orders");
    const { text } = await scraped(small, OPENMETRICS);
    expect(text).toMatch(/_bucket\{.*\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} [\d.e-]+ \d+\.\d{3}\n/);
    const timed = text.replace(/^([^#\n]\S* [^ \n]+)/gm, "$1 1700000000");
    const folder = mkdtempSync(join(tmpdir(), "tidegate-metrics-"));
    writeFileSync(join(folder, "metrics"), timed);
    const args = ["tsdb", "create-blocks-from", "openmetrics", join(folder, "metrics"), join(folder, "blocks")];
    const { status, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
