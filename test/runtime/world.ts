/** What the cells of one test file share: servers, bundles, and who is told to restart. Each cell has a namespace of its own. */
import { type Bundles, buildBundles } from "../support/bundles.ts";
import { seedServer } from "../support/plant.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";
import type { Cell, StoreName } from "./cell.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { CALL_TIMEOUT_MS, ORIGIN, POOL_TIMEOUT_MS, REQUESTS_PER_MINUTE, TOKENS } from "./settings.ts";

export interface World {
  readonly bundles: Bundles;
  readonly postgres: PostgresServer;
  readonly receiver: Receiver;
  /** The environment of a cell. */
  environment(cell: Cell): Record<string, string>;
  close(): Promise<void>;
}

const LOTS = 50;

export async function openWorld(): Promise<World> {
  const [bundles, postgres, remote, receiver] = await Promise.all([
    buildBundles(),
    startPostgres(),
    redisUnavailable() === undefined ? startRemoteStores() : undefined,
    startReceiver(),
  ]);
  await seedServer(postgres.url, LOTS);

  const state: Readonly<Record<StoreName, Record<string, string>>> = {
    memory: { STATE_URL: "memory:" },
    redis: {},
    upstash: {},
    ...remote?.state,
    "durable-object": { STATE_URL: "durable-object:" },
    "deno-kv": { STATE_URL: `deno-kv:${bundles.of("deno").folder}/state.kv` },
  };
  return {
    ...{ bundles, postgres, receiver },
    environment: ({ runtime, store }) => ({
      ...state[store],
      // In memory, only development may restart: its audit ends with the process.
      APP_ENV: store === "memory" ? "development" : "staging",
      STATE_NAMESPACE: `conformance-${runtime}-${store}`,
      // Of processes on a machine that is busy with all of this.
      STATE_DEADLINE_MS: "1000",
      DATABASE_URL: postgres.url,
      DB_POOL_SIZE: "2",
      DB_MAX_OVERFLOW: "0",
      DB_POOL_TIMEOUT: String(POOL_TIMEOUT_MS / 1_000),
      DB_CALL_TIMEOUT_MS: String(CALL_TIMEOUT_MS),
      DB_SLOW_CALL_TIMEOUT_MS: String(CALL_TIMEOUT_MS),
      DB_TCP_CONNECT_TIMEOUT: "1",
      CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1",
      HEALTH_MEMO_TTL_SECONDS: "2",
      ADMIN_TOKENS: `ada:${TOKENS.admin}`,
      MONITOR_TOKENS: `prometheus:${TOKENS.monitor}`,
      CRON_SECRET: TOKENS.cron,
      SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
      RESTART_HOOK: "webhook",
      RESTART_WEBHOOK_URL: receiver.url,
      RESTART_WEBHOOK_SECRET: receiver.secret,
      WATCHDOG_ENABLED: "true",
      CORS_ORIGINS: ORIGIN,
      RATE_LIMIT_PER_MINUTE: String(REQUESTS_PER_MINUTE),
      LOG_LEVEL: "error",
      EXPECTED_INSTANCES: "1",
    }),
    close: async () => {
      await Promise.all([postgres.dispose(), remote?.close(), receiver.close()]);
      bundles.remove();
    },
  };
}

/** A Redis, and the gateway before it. */
async function startRemoteStores() {
  const redis = await startRedis();
  const gateway = await startUpstashGateway(redis.url);
  return {
    state: {
      redis: { STATE_URL: redis.url },
      upstash: { STATE_URL: `upstash:${gateway.url}`, STATE_TOKEN: gateway.token },
    },
    close: async () => {
      await gateway.close();
      await redis.dispose();
    },
  };
}
