import { describe, expect, test } from "vitest";
import { ADMIN, MONITOR, operatedApp } from "../support/operated-app.ts";

const OVERRIDE = { manual_override: true, override_acknowledged: true, override_reason: "the pool is wedged" };

describe("POST /admin/api/worker/restart", () => {
  test("restarts, and says what it has done", async () => {
    const app = operatedApp();
    const { status, headers, body } = await app.restart({ reason: "it hangs", target: "green" });
    expect(status).toBe(202);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({
      success: true,
      data: {
        message: expect.any(String),
        restart_id: app.fired[0]?.id,
        requested_by: "tester",
        requested_at: expect.stringMatching(/^2026-.*Z$/),
        policy_state: "allowed",
        decision: { allowed: true, decision: "allowed", requires_acknowledgement: false },
        platform: { hook: "webhook", deployment: { id: "d1", url: null, status: "QUEUED" } },
        status_url: "/admin/api/worker/status",
      },
    });
    expect(app.fired).toMatchObject([{ reason: "it hangs", target: "green" }]);
    expect(await app.audited()).toMatchObject([
      { action: "restart", actor: "tester", user_agent: "test", decision: "allowed", outcome: "pending" },
      { action: "restart.outcome", outcome: "executed" },
    ]);
  });

  test("refuses while cooling down, in words that no client follows by itself, unless it is overridden with a reason", async () => {
    const app = operatedApp({ env: { WORKER_RESTART_COOLDOWN: "600" } });
    await app.restart();
    const refused = await app.restart();
    expect(refused.status).toBe(429);
    expect(refused.body.error).toMatchObject({ code: "TOO_MANY_REQUESTS" });
    // What waits for a time and asks again by itself would restart for real.
    expect(refused.headers.get("retry-after")).toBeNull();
    expect(refused.body.meta).toMatchObject({ reason: "cooldown" });
    expect(refused.body.meta).not.toHaveProperty("retry_after_seconds");
    const [, seconds] = /too recent: (\d+) s are left/.exec(refused.body.error?.message ?? "") ?? [];
    expect(Number(seconds)).toBeGreaterThan(580);
    expect(Number(seconds)).toBeLessThanOrEqual(600);
    const half = await app.restart({ ...OVERRIDE, override_acknowledged: false });
    expect(half.status).toBe(429);
    const passed = await app.restart(OVERRIDE);
    expect(passed).toMatchObject({
      status: 202,
      body: {
        data: { policy_state: "cooldown", decision: { decision: "manual_override", reason: "the pool is wedged" } },
      },
    });
    expect(app.fired).toHaveLength(2);
    expect(
      (await app.audited()).map(({ decision, outcome, override_reason }) => [decision, outcome, override_reason]),
    ).toEqual([
      ["allowed", "pending", null],
      ["allowed", "executed", null],
      // The second refusal is counted, and told of later.
      ["cooldown", "refused", null],
      ["manual_override", "pending", "the pool is wedged"],
      ["manual_override", "executed", "the pool is wedged"],
    ]);
  });

  test("refuses what is blocked with 409, unless it is overridden with a reason", async () => {
    const app = operatedApp({ env: { WORKER_RESTART_RETRY_BUDGET: "1", WORKER_RESTART_COOLDOWN: "0" } });
    await app.restart();
    expect(await app.restart()).toMatchObject({ status: 409, body: { error: { code: "RESTART_POLICY_BLOCKED" } } });
    expect(await app.restart(OVERRIDE)).toMatchObject({
      status: 202,
      body: { data: { policy_state: "blocked", decision: { decision: "manual_override" } } },
    });
  });

  test("wants a reason for an override whatever the state, and flags that are flags", async () => {
    const app = operatedApp();
    for (const body of [{ manual_override: true }, { ...OVERRIDE, override_reason: "  " }]) {
      expect(await app.restart(body)).toMatchObject({
        status: 400,
        body: { error: { code: "RESTART_OVERRIDE_REASON_REQUIRED" } },
      });
    }
    const wrong = [
      { ...OVERRIDE, manual_override: "true" },
      { ...OVERRIDE, override_acknowledged: 1 },
      { override_reason: "x".repeat(501) },
      { reason: 5 },
      { target: "purple" },
      { targets: "blue" },
      [],
      null,
      "not json at all {",
    ];
    for (const body of wrong) {
      expect(await app.restart(body), JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { error: { code: "VALIDATION_ERROR" } },
      });
    }
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/problem+json"]) {
      expect(await app.restart({}, { "content-type": type })).toMatchObject({ status: 400 });
    }
    expect(app.fired).toEqual([]);
    expect(await app.audited()).toEqual([]);
  });

  test("is for admins alone", async () => {
    const app = operatedApp();
    expect(await app.restart({}, { authorization: "" })).toMatchObject({ status: 401 });
    expect(await app.restart({}, { authorization: "Bearer guessed" })).toMatchObject({ status: 401 });
    expect(await app.restart({}, { authorization: MONITOR })).toMatchObject({ status: 403 });
    expect(app.fired).toEqual([]);
    expect(await app.audited()).toEqual([]);
  });

  test("does once what is asked for twice with one Idempotency-Key", async () => {
    const app = operatedApp();
    const key = { "idempotency-key": "k-1" };
    const first = await app.restart({ reason: "it hangs" }, key);
    const again = await app.restart({ reason: "it hangs" }, key);
    expect(again.status).toBe(202);
    expect(again.body.data).toEqual(first.body.data);
    expect(app.fired).toHaveLength(1);
    expect(await app.restart({ reason: "another" }, key)).toMatchObject({
      status: 422,
      body: { error: { code: "IDEMPOTENCY_KEY_REUSED" } },
    });
    expect(await app.restart({}, { "idempotency-key": "a b" })).toMatchObject({ status: 400 });
  });

  test("says that one is under way, also to its own repetition", async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    const { promise: firing, resolve: started } = Promise.withResolvers<void>();
    const app = operatedApp({
      fire: () => {
        started();
        return promise;
      },
    });
    const key = { "idempotency-key": "k-1" };
    const first = app.restart({}, key);
    await firing;
    for (const headers of [key, {}]) {
      expect(await app.restart({}, headers)).toMatchObject({
        status: 409,
        body: { error: { code: "RESTART_IN_PROGRESS" } },
      });
    }
    resolve(null);
    expect((await first).status).toBe(202);
  });

  test("is told of before the process that asked for it ends", async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    const { promise: firing, resolve: started } = Promise.withResolvers<void>();
    const app = operatedApp({
      fire: () => {
        started();
        return promise;
      },
    });
    const asked = app.restart();
    await firing;
    const said = () => app.lines.map(({ event }) => event);
    const closed = app.tide.close().then(said);
    await app.runtime.advance(1_000);
    expect(said()).not.toContain("restart.executed");
    resolve(null);
    expect(await closed).toContain("restart.executed");
    expect((await asked).status).toBe(202);
  });

  test("says that the platform failed, and again for the same key", async () => {
    const said = `the platform said 500 to hunter2 with ${ADMIN}`;
    const app = operatedApp({ fire: () => Promise.reject(new Error(said)) });
    for (let n = 0; n < 2; n++) {
      const failed = await app.restart({}, { "idempotency-key": "k-1" });
      expect(failed).toMatchObject({ status: 502, body: { error: { code: "RESTART_FAILED" } } });
      expect(JSON.stringify(failed.body)).not.toContain("hunter2");
    }
    expect(app.fired).toHaveLength(1);
    const { body } = await app.get("/admin/api/worker/status");
    const failure = expect.stringContaining("said 500 to hunter2 with ");
    expect(body.data).toMatchObject({ restart_history: [{ decision: "failed", failure }] });
    expect(JSON.stringify(body)).not.toContain(ADMIN);
  });

  test("does nothing that cannot be written down", async () => {
    const append = () => Promise.reject(new Error("the disk is full"));
    const app = operatedApp({ auditLog: { append, read: () => [] } });
    expect(await app.restart()).toMatchObject({ status: 503, body: { error: { code: "SERVICE_UNAVAILABLE" } } });
    expect(app.fired).toEqual([]);
    const { body } = await app.get("/admin/api/worker/status");
    expect(body.data).toMatchObject({
      restart_history: [{ decision: "abandoned", success: null }],
      last_restart: null,
    });
  });
});
