/** `GET /metrics`: figures that are the fleet's, in the text that Prometheus reads. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { exposition } from "../../lib/metrics/exposition.ts";
import { serviceMetrics } from "../../lib/metrics/service-metrics.ts";
import { NO_RESTARTS } from "../../lib/recovery/recovery.ts";
import { fillLane, openBreaker } from "../../lib/testing/testing.ts";
import { type SmallApp, smallApp } from "../support/app.ts";
import { because } from "../support/because.ts";
import { passing } from "../support/restart-scene.ts";

const TOKEN = "a-monitor-token-that-is-long-enough";
const PUBLIC = { METRICS_PUBLIC: "true", DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" };
const noPromtool =
  spawnSync("promtool", ["--version"]).status === 0 ? undefined : "no promtool on the PATH; apt-get install prometheus";

async function asked({ app, runtime }: SmallApp, headers: Record<string, string> = {}) {
  const response = await passing(runtime, Promise.resolve(app.request("/metrics", { headers })));
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** `name{labels}` of each line, with its value. */
const figuresOf = (text: string) =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );

test("says what an idle fleet looks like", async () => {
  const { status, headers, text } = await asked(smallApp(PUBLIC));
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(figuresOf(text)).toMatchObject({
    'tidegate_health_status{status="healthy"}': 1,
    tidegate_database_up: 1,
    tidegate_state_store_up: 1,
    tidegate_restarts_in_window: 0,
    'tidegate_breaker_state{gate="main",state="closed"}': 1,
    'tidegate_breaker_state{gate="main",state="open"}': 0,
    'tidegate_lane_capacity{gate="main",lane="request"}': 2,
    'tidegate_lane_held{gate="main",lane="request"}': 0,
    'tidegate_instances{gate="main"}': 1,
    [`tidegate_process_connections_max{pid="${process.pid}"}`]: expect.any(Number),
  });
});

test("counts calls, failures and refusals of the last minute, and forgets them", async () => {
  const small = smallApp(PUBLIC);
  await small.app.request("/orders");
  await small.tide.run(() => Promise.reject(new Error("away"))).catch(() => {});
  const release = await openBreaker(small.tide);
  await small.app.request("/orders");
  await release();
  const recent = (text: string) =>
    ["calls", "failures", "refusals"].map((what) => figuresOf(text)[`tidegate_${what}_last_minute{gate="main"}`]);
  expect(recent((await asked(small)).text)).toEqual([2, 1, 1]);
  await small.runtime.advance(61_000);
  expect(recent((await asked(small)).text)).toEqual([0, 0, 0]);
});

test("shows a forced breaker and a full lane", async () => {
  const small = smallApp(PUBLIC);
  const release = await fillLane(small.tide);
  void small.tide.run(() => {}).catch(() => {});
  await small.runtime.advance(1_000);
  expect(figuresOf((await asked(small)).text)).toMatchObject({
    'tidegate_lane_held{gate="main",lane="request"}': 2,
    'tidegate_lane_leased{gate="main",lane="request"}': 2,
    'tidegate_lane_waiting{gate="main",lane="request"}': 1,
    'tidegate_lane_full_seconds{gate="main",lane="request"}': 1,
    'tidegate_health_status{status="degraded"}': 1,
  });
  await release();
  await openBreaker(small.tide);
  expect(figuresOf((await asked(small)).text)).toMatchObject({
    'tidegate_breaker_forced{gate="main",mode="force_open"}': 1,
    'tidegate_breaker_forced{gate="main",mode="observe"}': 0,
  });
});

test("a database that is away is down; of one that nobody could ask, nothing is said", async () => {
  const small = smallApp(PUBLIC);
  small.faults.set({ mode: "failing", forMs: 60_000 });
  expect(figuresOf((await asked(small)).text)).toMatchObject({ tidegate_database_up: 0 });
  const text = exposition(
    serviceMetrics({ status: "degraded", database: "unknown", stateStore: "ok", ageMs: 0 }, NO_RESTARTS),
  );
  expect(Object.keys(figuresOf(text))).toContain("tidegate_state_store_up");
  expect(Object.keys(figuresOf(text))).not.toContain("tidegate_database_up");
});

describe("is for", () => {
  test("monitors", async () => {
    const small = smallApp({ MONITOR_TOKENS: `prometheus:${TOKEN}` });
    expect((await asked(small)).status).toBe(401);
    expect((await asked(small, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await asked(small, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  test("everybody, where the setting says so", async () => {
    expect((await asked(smallApp(PUBLIC))).status).toBe(200);
  });
});

test("every gate has its own figures", async () => {
  const small = smallApp(PUBLIC);
  await small.tide.gate("billing:eu/1").run(() => {});
  const { text } = await asked(small);
  expect(figuresOf(text)).toMatchObject({
    'tidegate_instances{gate="main"}': 1,
    'tidegate_instances{gate="billing:eu/1"}': 1,
    'tidegate_gates{state="closed"}': 2,
  });
  expect(Object.keys(figuresOf(text)).filter((name) => name.includes('"other"'))).toEqual([]);
});

test("families without values are left out, and text is escaped", () => {
  const help = "back\\slash\nline";
  expect(exposition([{ name: "a", help, samples: [] }])).toBe("");
  expect(exposition([{ name: "a", help, samples: [{ value: 0.5 }] }])).toBe(
    "# HELP a back\\\\slash\\nline\n# TYPE a gauge\na 0.5\n",
  );
  expect(exposition([{ name: "a", help: "b", samples: [{ labels: { gate: 'bil"ling\n\\' }, value: 1 }] }])).toContain(
    'a{gate="bil\\"ling\\n\\\\"} 1\n',
  );
});

// Where it is not found: apt-get install prometheus.
test.skipIf(noPromtool)(`promtool finds nothing to say about it${because(noPromtool)}`, async () => {
  const small = smallApp(PUBLIC);
  await small.app.request("/orders");
  const { text } = await asked(small);
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  expect(`${stdout}${stderr}`).toBe("");
  expect(status).toBe(0);
});
