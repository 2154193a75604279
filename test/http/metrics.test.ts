/** `GET /metrics`: figures of the fleet and of the process. */
import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { exposition } from "../../lib/metrics/exposition.ts";
import { serviceMetrics } from "../../lib/metrics/service-metrics.ts";
import { NO_RESTARTS } from "../../lib/recovery/recovery.ts";
import { memory } from "../../lib/store/memory.ts";
import { fillLane, manualRuntime, openBreaker } from "../../lib/testing/testing.ts";
import { type SmallApp, smallApp } from "../support/app.ts";
import { passing } from "../support/restart-scene.ts";
import { figuresOf, scraped } from "../support/scrape.ts";

const TOKEN = "a-monitor-token-that-is-long-enough";
const PUBLIC = { METRICS_PUBLIC: "true", DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" };

test("says what an idle fleet looks like, and each counter from 0 on", async () => {
  const { status, headers, figures } = await scraped(smallApp(PUBLIC));
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("vary")).toBe("Accept");
  expect(figures).toMatchObject({
    'tidegate_health_status{status="healthy"}': 1,
    tidegate_database_up: 1,
    tidegate_state_store_up: 1,
    tidegate_restarts_in_window: 0,
    'tidegate_restarts_total{outcome="executed"}': 0,
    'tidegate_breaker_state{gate="main",state="closed"}': 1,
    'tidegate_breaker_state{gate="main",state="open"}': 0,
    'tidegate_lane_capacity{gate="main",lane="request"}': 2,
    'tidegate_permits{gate="main",lane="request",state="running"}': 0,
    'tidegate_permits{gate="main",lane="request",state="free"}': 2,
    'tidegate_instances{gate="main"}': 1,
    'tidegate_calls_total{gate="main",lane="slow",outcome="failure"}': 0,
    'tidegate_refusals_total{gate="main",lane="request",reason="open"}': 0,
    'tidegate_transitions_total{gate="main",to="open",cause="failure_rate"}': 0,
    'tidegate_kept_answers_total{how="stale"}': 0,
    'tidegate_kept_stale_answers_total{code="DB_QUERY_TIMEOUT"}': 0,
    tidegate_process_connections_max: expect.any(Number),
    tidegate_log_lines_dropped_total: 0,
    tidegate_audit_failures_total: 0,
    'tidegate_build_info{version="1.2.3",runtime="node"}': 1,
  });
  expect(Object.keys(figures).filter((name) => /pid=/.test(name))).toEqual([]);
});

test("counts calls by their outcome, refusals by their reason and transitions by their cause, and never back", async () => {
  const small = smallApp(PUBLIC);
  await small.app.request("/orders");
  await small.tide.run(() => Promise.reject(new Error("away"))).catch(() => {});
  const release = await openBreaker(small.tide);
  await small.app.request("/orders");
  const counted = {
    'tidegate_calls_total{gate="main",lane="request",outcome="success"}': 1,
    'tidegate_calls_total{gate="main",lane="request",outcome="failure"}': 1,
    'tidegate_refusals_total{gate="main",lane="request",reason="forced"}': 1,
    'tidegate_transitions_total{gate="main",to="open",cause="override"}': 1,
  };
  expect((await scraped(small)).figures).toMatchObject(counted);
  await release();
  await small.runtime.advance(61_000);
  expect((await scraped(small)).figures).toMatchObject(counted);
});

test("shows a forced breaker, a full lane and who waits; what is running, reserved and free is the capacity", async () => {
  const small = smallApp(PUBLIC);
  const release = await fillLane(small.tide);
  void small.tide.run(() => {}).catch(() => {});
  await small.runtime.advance(1_000);
  expect((await scraped(small)).figures).toMatchObject({
    'tidegate_permits{gate="main",lane="request",state="running"}': 2,
    'tidegate_permits{gate="main",lane="request",state="reserved"}': 0,
    'tidegate_permits{gate="main",lane="request",state="free"}': 0,
    'tidegate_waiting_calls{gate="main",lane="request"}': 1,
    'tidegate_lane_full_seconds{gate="main",lane="request"}': 1,
    'tidegate_health_status{status="degraded"}': 1,
  });
  await release();
  await openBreaker(small.tide);
  await small.runtime.advance(2_000);
  expect((await scraped(small)).figures).toMatchObject({
    'tidegate_breaker_forced{gate="main",mode="force_open"}': 1,
    'tidegate_breaker_forced{gate="main",mode="observe"}': 0,
    'tidegate_breaker_since_seconds{gate="main"}': 2,
  });
});

test("times calls, waits, statements and requests, each in the bucket that it belongs to", async () => {
  const small = smallApp({ ...PUBLIC, DB_POOL_SIZE: "1" }, async () => {
    await new Promise<void>((resolve) => void small.runtime.setTimer(resolve, 30));
    return [];
  });
  const both = ["/orders", "/orders?page=2"].map((path) => small.app.request(path));
  await small.runtime.advance(100);
  await Promise.all(both);
  await small.tide.run(() => Promise.reject(new TypeError("mine"))).catch(() => {});
  const { figures } = await scraped(small);
  const call = 'gate="main",lane="request",outcome="success"';
  const get = 'http_request_method="GET",http_route="/orders",http_response_status_code="200"';
  expect(figures).toMatchObject({
    [`tidegate_call_duration_seconds_bucket{${call},le="0.025"}`]: 0,
    [`tidegate_call_duration_seconds_bucket{${call},le="0.05"}`]: 2,
    [`tidegate_call_duration_seconds_bucket{${call},le="+Inf"}`]: 2,
    [`tidegate_call_duration_seconds_count{${call}}`]: 2,
    'tidegate_call_duration_seconds_count{gate="main",lane="request",outcome="failure"}': 1,
    'tidegate_wait_seconds_count{gate="main",lane="request"}': 1,
    'tidegate_wait_seconds_bucket{gate="main",lane="request",le="0.05"}': 1,
    'tidegate_statement_duration_seconds_count{lane="request",outcome="success"}': 2,
    [`http_server_request_duration_seconds_bucket{${get},le="0.025"}`]: 0,
    [`http_server_request_duration_seconds_bucket{${get},le="0.05"}`]: 1,
    [`http_server_request_duration_seconds_bucket{${get},le="0.1"}`]: 2,
  });
  expect(figures[`tidegate_call_duration_seconds_sum{${call}}`]).toBeCloseTo(0.06);
});

test("counts how callers of kept answers were answered, and how old those were that stood in", async () => {
  const small = smallApp(PUBLIC);
  const away = () => Promise.reject(new DatabaseError("connection", "away"));
  await small.tide.kept("stock", () => 7);
  await small.runtime.advance(120_000);
  await small.tide.kept("stock", away);
  await small.tide.kept("other", away).catch(() => {});
  expect((await scraped(small)).figures).toMatchObject({
    'tidegate_kept_answers_total{how="loaded"}': 1,
    'tidegate_kept_answers_total{how="fresh"}': 0,
    'tidegate_kept_answers_total{how="stale"}': 1,
    'tidegate_kept_answers_total{how="missing"}': 1,
    'tidegate_kept_stale_answers_total{code="DB_CONNECTION_FAILED"}': 1,
    'tidegate_kept_stale_age_seconds_bucket{le="60.0"}': 0,
    'tidegate_kept_stale_age_seconds_bucket{le="300.0"}': 1,
    'tidegate_kept_stale_age_seconds_bucket{le="+Inf"}': 1,
    tidegate_kept_stale_age_seconds_sum: 120,
    tidegate_kept_stale_age_seconds_count: 1,
    tidegate_kept_entries: 1,
    tidegate_kept_bytes: expect.any(Number),
  });
});

test("a database that is away is down; of one that nobody could ask, nothing is said", async () => {
  const small = smallApp(PUBLIC);
  small.faults.set({ mode: "failing", forMs: 60_000 });
  expect((await scraped(small)).figures).toMatchObject({ tidegate_database_up: 0 });
  const health = { status: "degraded", database: "unknown", stateStore: "ok", ageMs: 0 };
  const figures = figuresOf(exposition(serviceMetrics(health, { ...NO_RESTARTS, ended: null }), "text"));
  expect(figures).toHaveProperty("tidegate_state_store_up");
  expect(figures).not.toHaveProperty("tidegate_database_up");
  expect(Object.keys(figures).filter((name) => name.startsWith("tidegate_restarts_total"))).toEqual([]);
});

describe("is for", () => {
  test("monitors", async () => {
    const small = smallApp({ MONITOR_TOKENS: `prometheus:${TOKEN}` });
    expect((await scraped(small)).status).toBe(401);
    expect((await scraped(small, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await scraped(small, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  test("everybody, where the setting says so", async () => {
    expect((await scraped(smallApp(PUBLIC))).status).toBe(200);
  });
});

test("every gate has its own figures", async () => {
  const small = smallApp(PUBLIC);
  await small.tide.gate("billing:eu/1").run(() => {});
  const { figures } = await scraped(small);
  expect(figures).toMatchObject({
    'tidegate_instances{gate="main"}': 1,
    'tidegate_instances{gate="billing:eu/1"}': 1,
    'tidegate_calls_total{gate="billing:eu/1",lane="request",outcome="success"}': 1,
    'tidegate_call_duration_seconds_count{gate="billing:eu/1",lane="request",outcome="success"}': 1,
    'tidegate_gates{state="closed"}': 2,
  });
  expect(Object.keys(figures).filter((name) => name.includes('gate="other"'))).toEqual([]);
});

describe("a restart", () => {
  const restart = ({ app, runtime }: SmallApp) =>
    passing(
      runtime,
      Promise.resolve(
        app.request("/admin/api/worker/restart", {
          method: "POST",
          headers: { authorization: "Bearer a-token-that-is-long-enough-to-pass", "content-type": "application/json" },
          body: JSON.stringify({ reason: "a test" }),
        }),
      ),
    );

  test("is counted by how it ended", async () => {
    const auditLog = memory().open(manualRuntime()).log;
    const small = smallApp(PUBLIC, undefined, { auditLog });
    expect((await restart(small)).status).toBe(202);
    await small.runtime.advance(11_000);
    expect((await scraped(small)).figures).toMatchObject({
      'tidegate_restarts_total{outcome="executed"}': 1,
      'tidegate_restarts_total{outcome="failed"}': 0,
      tidegate_restarts_in_window: 1,
      tidegate_audit_failures_total: 0,
    });
  });

  test("of which the audit cannot be told does not happen, and the record is counted", async () => {
    const auditLog = { append: () => Promise.reject(new Error("disk full")), read: async () => [] };
    const small = smallApp(PUBLIC, undefined, { auditLog });
    expect((await restart(small)).status).toBe(503);
    await small.runtime.advance(11_000);
    expect((await scraped(small)).figures).toMatchObject({
      tidegate_audit_failures_total: 1,
      'tidegate_restarts_total{outcome="executed"}': 0,
    });
  });
});
