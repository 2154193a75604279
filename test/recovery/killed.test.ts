/** A process that is killed in the middle of a restart: what stands in the ledger and the audit, in a real Redis. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Death, instance } from "../support/dying.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const unavailable = redisUnavailable();
/** A restart that nobody completes is due 12 s after it was fired, one that nobody fires after 15. */
const DUE_WITHIN_MS = 40_000;

function dies(env: Record<string, string>): Promise<string | null> {
  const child = spawn(process.execPath, ["--conditions=tidegate-source", "test/support/dying.ts"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
}

describe.skipIf(unavailable)(`a process killed${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let redis: RedisServer;
  const open: ReturnType<typeof instance>[] = [];
  beforeAll(async () => {
    redis = await startRedis({ appendonly: true });
  });
  afterAll(async () => {
    await Promise.all(open.map(({ close }) => close()));
    await redis.dispose();
  });

  /** What another instance sees of it, at once and when its time is over. */
  const killed = async (at: Death) => {
    const env = { STATE_URL: redis.url, STATE_NAMESPACE: at };
    expect(await dies({ ...env, DIE_AT: at })).toBe("SIGKILL");
    const other = instance(env);
    open.push(other);
    const seen = async () => (await other.ask("worker/status")).body.data;
    const before = await seen();
    const whileOpen = await other.restart();
    const after = await eventually(
      "its time is over",
      async () => {
        const status = await seen();
        return status.ledger.in_progress === null && status;
      },
      DUE_WITHIN_MS,
    );
    return { other, before, whileOpen, after, audit: (await other.ask("audit?limit=10")).body.data.records };
  };

  test("between audit and hook leaves a record of what was about to happen, counts for nothing, and is never fired", async () => {
    const { other, before, whileOpen, after, audit } = await killed("audited");
    expect(before.restart_history).toMatchObject([{ decision: "in_progress", success: null, completed_at: null }]);
    expect(whileOpen).toMatchObject({ status: 409, body: { error: { code: "RESTART_IN_PROGRESS" } } });
    expect(after.restart_history).toMatchObject([{ decision: "abandoned", success: null, requested_by: "ada" }]);
    expect(after.resilience.policy_state).toMatchObject({ state: "allowed", attempts_in_window: 0 });
    expect(audit.at(-1)).toMatchObject({ action: "restart", actor: "ada", outcome: "pending" });
    expect(other.fired).toEqual([]);
    expect((await other.restart()).status).toBe(202);
  });

  test("in its hook is unknown, is on record, counts, and is not fired again", async () => {
    const { other, before, whileOpen, after, audit } = await killed("fired");
    expect(before.restart_history).toMatchObject([{ decision: "in_progress", success: null }]);
    expect(whileOpen).toMatchObject({ status: 409, body: { error: { code: "RESTART_IN_PROGRESS" } } });
    expect(after.restart_history).toMatchObject([{ decision: "unknown", success: null, requested_by: "ada" }]);
    expect(after.resilience.policy_state).toMatchObject({ state: "cooldown", attempts_in_window: 1 });
    expect(audit.at(-1)).toMatchObject({
      action: "restart",
      outcome: "pending",
      subject: after.restart_history[0].restart_id,
    });
    expect(other.fired).toEqual([]);
    expect(await other.restart()).toMatchObject({ status: 429 });
  });
});
