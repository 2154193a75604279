/** A worker whose event loop stands still: seen by the supervisor, decided by the ledger, killed, replaced. */
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { PATIENCE_MS, type Supervised, startSupervised } from "../support/supervisor.ts";

const unavailable = redisUnavailable();

describe.skipIf(unavailable)(`a worker that stalls${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let redis: RedisServer;
  let supervised: Supervised;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.dispose());
  afterEach(async () => {
    await supervised.dispose();
    const client = await createClient({ url: redis.url }).connect();
    await client.flushAll();
    client.destroy();
  });

  const start = (env: Record<string, string>) =>
    startSupervised({
      STATE_URL: redis.url,
      STALL_MS: "2000",
      WATCHDOG_ENABLED: "true",
      WATCHDOG_CHECK_INTERVAL: "1",
      ...env,
    });
  /** Its connection ends with the worker. */
  const stall = async ({ get, hears }: Supervised, times = 1) => {
    void get("/stall", "POST").catch(() => {});
    return (await hears("stalling", times)).pid as number;
  };

  it("is killed and replaced, by the ledger's leave, also where it is the only one", async () => {
    supervised = await start({ WORKERS: "1" });
    const pid = await stall(supervised);
    expect(await supervised.hears("worker.stalled")).toMatchObject({ worker_pid: pid });
    expect(await supervised.hears("reload.done")).toMatchObject({ replaced: 1 });
    expect(await supervised.get("/pid")).not.toBe(`${pid}`);
    expect((await supervised.report()).workers).toMatchObject([{ state: "ready" }]);
    const followed = async () => (await supervised.admin("audit?limit=10")).records.length === 3;
    await eventually("the audit", followed, PATIENCE_MS);
    expect((await supervised.admin("worker/status")).restart_history).toMatchObject([
      {
        source: "auto",
        requested_by: "watchdog",
        decision: "executed",
        success: true,
        decision_reason: expect.stringContaining(`${pid}`),
        deployment: { status: "done" },
      },
    ]);
    expect((await supervised.admin("audit?limit=10")).records.toReversed()).toMatchObject([
      { action: "restart", actor: "watchdog", source: "auto", outcome: "pending" },
      { action: "restart.outcome", outcome: "executed" },
      { action: "restart.followed", outcome: "succeeded" },
    ]);
  });

  it("waits for the cooldown of the last one, and is not asked for again and again meanwhile", async () => {
    supervised = await start({ WORKERS: "2" });
    await stall(supervised);
    await supervised.hears("reload.done");
    const pid = await stall(supervised, 2);
    await supervised.hears("worker.stalled", 2);
    // Over looks of the watchdog; the other worker serves.
    const { cooldown } = await supervised.admin("worker/status");
    await eventually("looks", async () => {
      const { cooldown: now } = await supervised.admin("worker/status");
      return now.remaining_seconds < cooldown.remaining_seconds - 3;
    });
    const { restart_history, worker_pid } = await supervised.admin("worker/status");
    expect(worker_pid).not.toBe(pid);
    expect(restart_history).toHaveLength(1);
    expect(supervised.said("restart.refused")).toEqual([]);
  });

  it("is only told of without the watchdog, until a reload kills it", async () => {
    supervised = await start({ WORKERS: "2", WATCHDOG_ENABLED: "false" });
    const pid = await stall(supervised);
    expect(await supervised.hears("stall")).toMatchObject({ worker: { pid } });
    supervised.signal("SIGHUP");
    expect(await supervised.hears("reload.done")).toMatchObject({ reason: "SIGHUP", replaced: 2 });
    expect((await supervised.report()).workers.map((worker) => worker.pid)).not.toContain(pid);
    expect((await supervised.admin("worker/status")).restart_history).toEqual([]);
  });
});
