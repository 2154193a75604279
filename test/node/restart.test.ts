/** Restarting a deployment on Node as its operators do: the demo as it is started, on PostgreSQL and Redis. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startClients } from "../support/clients.ts";
import { type Demo, launchDemo, startDemo } from "../support/demo.ts";
import { seedServer } from "../support/plant.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually, freePort } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { PATIENCE_MS } from "../support/supervisor.ts";

const REPORT = "/api/reports/wip-summary";
/** Of which no two requests are answered by one statement. */
const TRACE = "/api/trace/lineage?lot=L0000012";
const TOKEN = "a-token-that-is-long-enough-to-pass";
const authorization = `Bearer ${TOKEN}`;
const unavailable = postgresUnavailable() ?? redisUnavailable();

const admin = async (demo: Demo, path: string) =>
  (await demo.get(`/admin/api/${path}`, { headers: { authorization, connection: "close" } })).body.data;
const restart = (demo: Demo, body: object) =>
  demo.get("/admin/api/worker/restart", {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

describe.skipIf(unavailable)(`restarting the demo${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let database: PostgresServer;
  let redis: RedisServer;
  const started: Demo[] = [];
  beforeAll(async () => {
    [database, redis] = await Promise.all([startPostgres(), startRedis()]);
    await seedServer(database.url, 50);
  });
  afterAll(async () => {
    await Promise.all(started.map((demo) => demo.stop()));
    await Promise.all([database.dispose(), redis.dispose()]);
  });
  const shared = () => ({
    DATABASE_URL: database.url,
    STATE_URL: redis.url,
    ADMIN_TOKENS: `ada:${TOKEN}`,
    RATE_LIMIT_PER_MINUTE: "0",
    LOG_FORMAT: "json",
  });
  const demoOf = async (env: Record<string, string>) => {
    const demo = await startDemo({ ...shared(), ...env });
    started.push(demo);
    return demo;
  };
  const history = async (demo: Demo) => (await admin(demo, "worker/status")).restart_history.at(-1);

  it("replaces all workers under load without losing a request, and says so in status and audit", async () => {
    const demo = await demoOf({ WEB_CONCURRENCY: "2", STATE_NAMESPACE: "rolled" });
    const pids = async () => {
      const seen = new Set<number>();
      for (let n = 0; n < 8; n++) seen.add((await admin(demo, "worker/status")).worker_pid);
      return seen;
    };
    const before = await pids();
    expect((await admin(demo, "worker/status")).platform).toMatchObject({
      hook: "node",
      capabilities: ["restart", "status", "dry_run"],
    });
    const load = [
      { path: REPORT, keepAlive: true, pauseMs: 20 },
      { path: TRACE, keepAlive: false, pauseMs: 40 },
      { path: "/health/live", keepAlive: true, pauseMs: 60 },
    ];
    const clients = startClients(Number(new URL(demo.url).port), [...load, ...load, ...load]);
    await eventually("load", () => clients.answered() > 50, PATIENCE_MS);

    const asked = await restart(demo, { reason: "a new certificate" });
    expect(asked).toMatchObject({ status: 202, body: { data: { requested_by: "ada", platform: { hook: "node" } } } });
    const { restart_id: id } = asked.body.data;
    const first = await history(demo);
    expect(first).toMatchObject({ restart_id: id, decision: "executed", success: true });
    const rolled = async () => (await history(demo)).deployment.status === "done";
    await eventually("the reload is done", rolled, PATIENCE_MS);
    const answered = clients.answered();
    await eventually("load after it", () => clients.answered() > answered + 50, PATIENCE_MS);
    await clients.stop();

    expect(clients.failures).toEqual([]);
    const after = await pids();
    expect([after.size, [...after].filter((pid) => before.has(pid))]).toEqual([2, []]);
    expect(await history(demo)).toMatchObject({
      restart_id: id,
      requested_by: "ada",
      source: "manual",
      decision: "executed",
      success: true,
      decision_reason: "a new certificate",
      deployment: { id, status: "done" },
    });
    const { records } = await eventually("the audit", async () => {
      const page = await admin(demo, "audit?limit=10");
      return page.records.length >= 3 && page;
    });
    expect(records.toReversed()).toMatchObject([
      { action: "restart", actor: "ada", outcome: "pending", subject: id },
      { action: "restart.outcome", actor: "ada", outcome: "executed", subject: id },
      { action: "restart.followed", actor: "ada", outcome: "succeeded", subject: id },
    ]);
  });

  it("needs a supervisor to be the hook node, and does not start without one", async () => {
    const demo = launchDemo({ ...shared(), RESTART_HOOK: "node" }, await freePort());
    expect(await demo.ended()).toBe(78);
    expect(demo.output()).toMatch(/RESTART_HOOK[\s\S]*WEB_CONCURRENCY/);
  });

  it("is the soft restart where no supervisor is above", async () => {
    const demo = await demoOf({ STATE_NAMESPACE: "alone" });
    expect((await admin(demo, "worker/status")).platform).toMatchObject({ hook: "soft" });
    expect((await restart(demo, {})).status).toBe(202);
    expect(await history(demo)).toMatchObject({ decision: "executed", success: true });
  });
});
