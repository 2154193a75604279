/** Fifty waiters of eight instances on one permit: what serving one costs, and how much of the time the permit is in use. */
import { systemRuntime } from "../../lib/runtime.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";
import { type Instance, instanceOn, pause } from "./redis-fleet.ts";

const INSTANCES = 8;
const WAITERS = 50;
const HELD_MS = { least: 20, most: 100 };
const MEASURED_MS = 10_000;
const ENV = {
  ...{ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_MAX_WAITING: "1000", DB_POOL_TIMEOUT: "60" },
  STATE_DEADLINE_MS: "2000",
};

export async function benchRedisWaiters(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nWaiters in Redis: not measured, ${reason}`);
  const server = await startRedis();
  const gateway = await startUpstashGateway(server.url);
  try {
    const { least, most } = HELD_MS;
    console.log(`\n${WAITERS} waiters of ${INSTANCES} instances on one permit held ${least} to ${most} ms`);
    await served("Redis (at most 5 batches, 85 % in use)", redis(server.url, { adoptingMs: 0 }));
    const rest = upstash(gateway.url, { token: gateway.token, adoptingMs: 0 });
    await served("Upstash by REST (at most 12 batches, 70 % in use)", rest);
  } finally {
    await gateway.close();
    await server.dispose();
  }
}

async function served(name: string, adapter: StoreAdapter): Promise<void> {
  const { random } = systemRuntime();
  const key = `{bench:${adapter.kind}}`;
  const instances: Instance[] = [];
  for (let n = 0; n < INSTANCES; n++) instances.push(await instanceOn(adapter, key, ENV));
  const sent = () => instances.reduce((sum, { batches }) => sum + batches(), 0);
  let ends = Number.POSITIVE_INFINITY;
  let served = 0;
  let usedMs = 0;
  const waiter = async (n: number) => {
    const { guard } = instances[n % INSTANCES] as Instance;
    while (performance.now() < ends) {
      await guard.run(async () => {
        const startedAt = performance.now();
        await pause(HELD_MS.least + random() * (HELD_MS.most - HELD_MS.least));
        usedMs += performance.now() - startedAt;
        served += 1;
      });
    }
  };
  const waiters = Array.from({ length: WAITERS }, (_, n) => waiter(n));
  await pause(1_000);
  const [servedBefore, sentBefore, usedBefore, startedAt] = [served, sent(), usedMs, performance.now()];
  await pause(MEASURED_MS);
  const [count, batches, used] = [served - servedBefore, sent() - sentBefore, usedMs - usedBefore];
  const share = used / (performance.now() - startedAt);
  ends = 0;
  console.log(
    `  ${name.padEnd(52)} ${(batches / count).toFixed(2).padStart(6)} batches per waiter served, ${(share * 100).toFixed(1)} % in use (${count} served)`,
  );
  await Promise.all(waiters);
  await Promise.all(instances.map(({ close }) => close()));
}
