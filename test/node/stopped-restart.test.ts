/** Restarts under the supervisor that do not get through. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { PATIENCE_MS, type Supervised, startSupervised } from "../support/supervisor.ts";

const unavailable = redisUnavailable();

describe.skipIf(unavailable)(`a restart on Node${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let redis: RedisServer;
  let supervised: Supervised;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(() => supervised.dispose());
  afterAll(() => redis.dispose());
  const start = async (namespace: string) => {
    supervised = await startSupervised({ STATE_URL: redis.url, STATE_NAMESPACE: namespace, START_WITHIN_MS: "15000" });
    return supervised;
  };

  it("whose new worker does not come up has failed, as status and audit say; the old ones serve on", async () => {
    const { admin, restart, report, hears, ...more } = await start("stopped");
    const before = (await report()).workers.map(({ pid }) => pid);
    more.break("ending");
    const asked = await restart();
    expect(asked.status).toBe(202);
    await hears("reload.stopped");
    const failed = await eventually(
      "the end is known",
      async () => {
        const [row] = (await admin("worker/status")).restart_history;
        return row.decision === "failed" && row;
      },
      PATIENCE_MS,
    );
    expect(failed).toMatchObject({
      restart_id: asked.body.data.restart_id,
      success: false,
      deployment: { status: expect.stringMatching(/^stopped: worker \d+: .* ended with code 3$/) },
    });
    const [newest] = (await admin("audit?limit=1")).records;
    expect(newest).toMatchObject({ action: "restart.followed", outcome: "failed", reason: failed.deployment.status });
    expect((await report()).workers.map(({ pid }) => pid)).toEqual(before);
  });

  it("while another reload is under way has failed, at once", async () => {
    const { admin, restart, signal, hears, ...more } = await start("rolling");
    more.break("hanging");
    signal("SIGHUP");
    await hears("reload.begun");
    expect(await restart()).toMatchObject({ status: 502, body: { error: { code: "RESTART_FAILED" } } });
    const { restart_history } = await admin("worker/status");
    expect(restart_history).toMatchObject([{ decision: "failed", success: false }]);
    expect(more.said("restart.failed").at(-1)).toMatchObject({ error: { message: expect.stringContaining("node:") } });
  });
});
