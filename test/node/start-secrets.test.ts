import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { startSecrets } from "../../lib/node/supervisor/start-secrets.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { because } from "../support/because.ts";
import { launchDemo } from "../support/demo.ts";
import { eventually, freePort } from "../support/processes.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";

const PATH = "/admin/api/worker/status";

function made(env: Record<string, string>) {
  const said: string[] = [];
  const write = (event: string) => void said.push(event);
  const log = { debug: write, info: write, warn: write, error: write };
  return { names: Object.keys(startSecrets(readConfig(env), systemRuntime(), log)).sort(), said };
}

describe("secrets that a start makes", () => {
  it("are those that nobody has set, and an admin's in development alone", () => {
    expect(made({})).toEqual({ names: ["ADMIN_TOKENS", "SESSION_SECRET"], said: ["admin.made_for_this_start"] });
    expect(made({ ADMIN_TOKENS: "ada:a-token-of-more-than-16" })).toEqual({ names: ["SESSION_SECRET"], said: [] });
    expect(made({ APP_ENV: "staging" })).toEqual({ names: ["SESSION_SECRET"], said: [] });
    expect(made({ APP_ENV: "production" })).toEqual({ names: [], said: [] });
  });

  it.skipIf(redisUnavailable())(
    `are the same for all workers, and printed once${because(redisUnavailable())}`,
    async () => {
      const redis = await startRedis();
      const env = { WEB_CONCURRENCY: "2", STATE_URL: redis.url, DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" };
      const demo = launchDemo({ ...env, LOG_FORMAT: "json" }, await freePort());
      try {
        await eventually("all workers serve", () => demo.output().includes('"supervisor.started"'));
        const printed = [...demo.output().matchAll(/"bearer_is":"([0-9a-f]{64})"/g)];
        expect(printed).toHaveLength(1);
        const token = printed[0]?.[1] ?? "";
        const init = {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ token }),
        };
        const Cookie = (await demo.get("/admin/api/session", init)).headers.get("set-cookie")?.split(";")[0] ?? "";
        // Each on a connection of its own, so that all workers are asked.
        for (const login of [{ Authorization: `Bearer ${token}` }, { Cookie }]) {
          const pids = new Set<number>();
          for (let n = 0; n < 8; n++) {
            const { status, body } = await demo.get(PATH, { headers: { ...login, Connection: "close" } });
            expect(status).toBe(200);
            pids.add(body.data.worker_pid);
          }
          expect(pids.size).toBe(2);
        }
      } finally {
        await demo.stop();
        await redis.dispose();
      }
    },
  );
});
