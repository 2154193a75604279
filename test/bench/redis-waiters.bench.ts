/** Fifty waiters of eight instances on one permit: how much of the time it is in use, and what serving one costs. */
import type { StoreAdapter } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { distantProxy } from "../support/tcp.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";
import { awayOf, type Instance, messagesOf, openInstance, pause, SETTLED_MS } from "./instance.ts";
import { measuredMs } from "./measure.ts";

const INSTANCES = 8;
const WAITERS = 50;
const HELD_MS = [5, 20, 100];
const REST_DISTANCE_MS = 20;
const ENV = {
  ...{ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "60" },
  EXPECTED_INSTANCES: String(INSTANCES),
};

export async function benchRedisWaiters(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nWaiters in Redis: not measured, ${reason}`);
  const server = await startRedis();
  const gateway = await startUpstashGateway(server.url);
  const proxy = await distantProxy(Number(new URL(gateway.url).port), REST_DISTANCE_MS);
  const rest = `http://127.0.0.1:${proxy.port}`;
  try {
    console.log(`\n${WAITERS} waiters of ${INSTANCES} instances on one permit`);
    for (const heldMs of HELD_MS) await served("Redis (95 %)", () => redis(server.url), heldMs);
    for (const heldMs of HELD_MS) {
      const adapter = () => upstash(rest, { token: gateway.token });
      await served(`REST, ${REST_DISTANCE_MS} ms away (85 %)`, adapter, heldMs);
    }
  } finally {
    await proxy.close();
    await gateway.close();
    await server.dispose();
  }
}

async function served(name: string, adapter: () => StoreAdapter, heldMs: number): Promise<void> {
  const open = () => openInstance(adapter(), `{bench:${name[0]}${heldMs}}`, ENV);
  const instances = Array.from({ length: INSTANCES }, open);
  let over = false;
  let count = 0;
  let usedMs = 0;
  let [running, most] = [0, 0];
  const call = async () => {
    const startedAt = performance.now();
    running += 1;
    most = Math.max(most, running);
    await pause(heldMs);
    running -= 1;
    usedMs += performance.now() - startedAt;
    count += 1;
  };
  const waiter = async (n: number) => {
    while (!over) await (instances[n % INSTANCES] as Instance).guard.run(call);
  };
  const waiters = Array.from({ length: WAITERS }, (_, n) => waiter(n));
  await pause(SETTLED_MS);
  const [countBefore, sentBefore, usedBefore, startedAt] = [count, messagesOf(instances), usedMs, performance.now()];
  await pause(measuredMs(10));
  const [calls, messages] = [count - countBefore, messagesOf(instances) - sentBefore];
  const share = (usedMs - usedBefore) / (performance.now() - startedAt);
  over = true;
  const figures = [
    `${(share * 100).toFixed(1)} % in use`,
    `${(messages / calls).toFixed(2)} messages per call (${calls})`,
    `at once ${most}`,
    `away ${awayOf(instances)}`,
  ];
  console.log(`  ${`${name}, held ${heldMs} ms`.padEnd(42)} ${figures.join("   ")}`);
  await Promise.all(waiters);
  await Promise.all(instances.map(({ close }) => close()));
}
