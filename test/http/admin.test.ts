import { describe, expect, test } from "vitest";
import { fillLane, openBreaker } from "../../lib/testing/testing.ts";
import { ADMIN, CRON, operatedApp } from "../support/operated-app.ts";

describe("GET /admin/api/system-status", () => {
  test("is the whole system as its operators see it", async () => {
    const app = operatedApp();
    await app.get("/orders");
    const { status, body } = await app.get("/admin/api/system-status");
    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      database: { status: "ok", error: null },
      redis: { status: "disabled", enabled: false },
      circuit_breaker: { state: "CLOSED", forced: null },
      runtime_resilience: {
        degraded_reason: null,
        pool_runtime: { pool_size: 10 },
        pool_state: { max_capacity: 30 },
        thresholds: { restart_churn_threshold: 3 },
        alerts: { restart_blocked: false },
        restart_churn: { count: 0 },
        policy_state: { state: "allowed" },
        recovery_recommendation: { level: "none" },
        restart_cooldown: { active: false, remaining_seconds: 0 },
      },
      runtime_contract: { version: "1", valid: true, errors: [] },
      gates: {
        main: {
          circuit_breaker: { state: "CLOSED" },
          override_version: expect.any(Number),
          lanes: { request: { capacity: 30, full_since: null } },
          seconds: [{ calls: 1, failures: 0 }],
        },
      },
      instances: [{ runtime: "node", version: "1.2.3" }],
      single_port_bind: "127.0.0.1:8787",
      worker_pid: process.pid,
    });
  });

  test.each([
    [{ HOST: "0.0.0.0", PORT: "80" }, "0.0.0.0:80"],
    [{ HOST: "::1" }, "[::1]:8787"],
  ])("says where Node listens: %o", async (env, bind) => {
    const { body } = await operatedApp({ env }).get("/admin/api/system-status");
    expect(body.data).toMatchObject({ single_port_bind: bind });
  });

  test("shows an open breaker and who forced it, which nobody else hears", async () => {
    const app = operatedApp();
    await app.post("/admin/api/breaker", { mode: "force_open", ttl_seconds: 60, reason: "maintenance" });
    await app.runtime.advance(6_000);
    const forced = { mode: "force_open", until: expect.any(String), actor: "tester", reason: "maintenance" };
    const { body } = await app.get("/admin/api/system-status");
    expect(body.data).toMatchObject({
      circuit_breaker: { state: "OPEN", forced },
      gates: { main: { circuit_breaker: { state: "OPEN", forced }, transitions: expect.any(Array) } },
    });
    const health = await app.get("/health");
    expect(health.body).toMatchObject({ circuit_breaker: { forced: { mode: "force_open" } } });
    expect(JSON.stringify(health.body)).not.toMatch(/maintenance|tester/);
  });

  test("shows trouble by the names of the contract", async () => {
    const saturated = operatedApp();
    await fillLane(saturated.tide);
    expect((await saturated.get("/admin/api/system-status")).body.data).toMatchObject({
      runtime_resilience: { degraded_reason: "db_pool_saturated", alerts: { pool_critical: true } },
      gates: { main: { lanes: { request: { capacity: 30, held: 30, free: 0, leased: 30, waiting: 0 } } } },
    });
    const open = operatedApp();
    await openBreaker(open.tide);
    expect((await open.get("/admin/api/system-status")).body.data).toMatchObject({
      circuit_breaker: { state: "OPEN" },
      runtime_resilience: { degraded_reason: "circuit_breaker_open", alerts: { circuit_open: true } },
    });
  });
});

describe("GET /admin/api/worker/status", () => {
  test("tells the restarts, their policy and what to do", async () => {
    const app = operatedApp({ env: { WORKER_RESTART_RETRY_BUDGET: "1" } });
    await app.restart({ reason: "it hangs" });
    const { body } = await app.get("/admin/api/worker/status");
    expect(body.data).toMatchObject({
      platform: { hook: "webhook", target: "blue", capabilities: ["restart"] },
      runtime_contract: { version: "1", valid: true, errors: [] },
      cooldown: { active: true, remaining_seconds: 60 },
      resilience: {
        thresholds: {},
        alerts: { restart_blocked: true, restart_churn_exceeded: false },
        policy_state: {
          state: "blocked",
          cooldown: true,
          blocked: true,
          attempts_in_window: 1,
          retry_budget: 1,
          churn_threshold: 3,
          window_seconds: 600,
          blocked_by: "budget",
        },
        restart_churn: { count: 1, exceeded: false, last_completed_at: expect.any(String) },
        recovery_recommendation: {},
      },
      restart_history: [
        {
          requested_by: "tester",
          requested_at: expect.any(String),
          requested_ip: null,
          completed_at: expect.any(String),
          success: true,
          source: "manual",
          decision: "executed",
          decision_reason: "it hangs",
          manual_override: false,
          override_reason: null,
          policy_state: "allowed",
          deployment: { id: "d1" },
        },
      ],
      last_restart: { requested_by: "tester", success: true },
      worker_pid: process.pid,
      worker_start_time: expect.any(String),
    });
  });

  test("and /health agree on what is blocked, cooling down and churning", async () => {
    const app = operatedApp({ env: { HEALTH_MEMO_TTL_SECONDS: "0", RESILIENCE_RESTART_CHURN_THRESHOLD: "1" } });
    await app.restart();
    expect((await app.get("/health")).body).toMatchObject({
      resilience: {
        alerts: { restart_churn_exceeded: true, restart_blocked: false },
        policy_state: { state: "cooldown", cooldown_remaining_seconds: 60 },
        restart_churn: { count: 1, exceeded: true },
      },
    });
  });
});

describe("what is answered, asked by another method", () => {
  test.each([
    ["/admin", "GET, HEAD"],
    ["/admin/api/system-status", "GET, HEAD"],
    ["/admin/api/worker/status", "GET, HEAD"],
    ["/admin/api/worker/restart", "POST"],
    ["/admin/api/breaker", "POST"],
    ["/admin/api/kept/forget", "POST"],
    ["/admin/api/audit", "GET, HEAD"],
    ["/admin/api/session", "POST, GET, HEAD, DELETE"],
    ["/metrics", "GET, HEAD"],
    ["/internal/watchdog", "GET, HEAD, POST"],
  ])("%s says what it allows", async (path, allowed) => {
    const { app } = operatedApp();
    const headers = { authorization: ADMIN, "content-type": "application/json" };
    const answer = await app.request(path, { method: "PUT", headers });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allowed]);
    expect(await answer.json()).toMatchObject({ error: { code: "METHOD_NOT_ALLOWED" } });
  });
});

describe("/internal/watchdog", () => {
  test("ticks for who knows the secret, by GET and POST", async () => {
    const app = operatedApp({ env: { WATCHDOG_ENABLED: "true" } });
    const authorization = `Bearer ${CRON}`;
    const asked = [
      await app.get("/internal/watchdog", { authorization }),
      await app.post("/internal/watchdog", {}, { authorization }),
    ];
    for (const { status, body } of asked) {
      expect([status, body.data]).toMatchObject([200, { outcome: "idle", recommendation: { level: "none" } }]);
    }
    expect((await app.get("/internal/watchdog", { authorization: "Bearer forged" })).status).toBe(401);
    expect((await app.get("/internal/watchdog", { authorization: ADMIN })).status).toBe(401);
  });
});
