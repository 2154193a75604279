/** Ten times what the capacity can do, by chance, over four instances: what it costs the store to refuse. */
import { Refused } from "../../lib/guard/refusal.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { distantProxy } from "../support/tcp.ts";
import { awayOf, type Instance, messagesOf, openInstance, pause, SETTLED_MS } from "./instance.ts";
import { openLoop } from "./load.ts";
import { measuredMs, percentile } from "./measure.ts";

const INSTANCES = 4;
const CAPACITY = 10;
const CALL_MS = 20;
const TIMES = 10;
const DISTANCE_MS = 2;
const ENV = {
  DB_POOL_SIZE: String(CAPACITY),
  DB_MAX_OVERFLOW: "0",
  DB_MAX_WAITING: String(CAPACITY / 2),
  DB_POOL_TIMEOUT: "1",
  EXPECTED_INSTANCES: String(INSTANCES),
};

export async function benchOverload(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nOverload: not measured, ${reason}`);
  const server = await startRedis();
  const proxy = await distantProxy(server.port, DISTANCE_MS);
  const mostPerSecond = (CAPACITY * 1_000) / CALL_MS;
  console.log(`\n${TIMES}x overload, ${CAPACITY} permits, calls of ${CALL_MS} ms, ${INSTANCES} instances`);
  try {
    for (const [name, url] of [
      ["Redis on loopback", server.url],
      [`Redis, ${DISTANCE_MS} ms away`, `redis://127.0.0.1:${proxy.port}`],
    ] as const) {
      const figures = await overloaded(url, name, (TIMES * mostPerSecond) / INSTANCES);
      const goodput = figures.served / (measuredMs(8) / 1_000) / mostPerSecond;
      const text = [
        `${(figures.messages / figures.refusedMs.length).toFixed(3)} messages per refused call (at most 0.05)`,
        `refused in p50 ${percentile(figures.refusedMs, 0.5).toFixed(3)} ms, p99 ${percentile(figures.refusedMs, 0.99).toFixed(2)}`,
        `goodput ${(goodput * 100).toFixed(0)} %, at once ${figures.most}, away ${figures.away}`,
      ];
      console.log(`  ${name.padEnd(22)} ${text.join("   ")}`);
    }
  } finally {
    await proxy.close();
    await server.dispose();
  }
}

async function overloaded(url: string, key: string, perSecond: number) {
  const instances = Array.from({ length: INSTANCES }, () => openInstance(redis(url), `{bench:${key}}`, ENV));
  let served = 0;
  let refusedMs: number[] = [];
  let [running, most] = [0, 0];
  const call = async () => {
    running += 1;
    most = Math.max(most, running);
    await pause(CALL_MS);
    running -= 1;
    served += 1;
  };
  const run =
    ({ guard }: Instance) =>
    () => {
      const askedAt = performance.now();
      return guard.run(call).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
        refusedMs.push(performance.now() - askedAt);
      });
    };
  const until = performance.now() + SETTLED_MS + measuredMs(8);
  const load = Promise.all(instances.map((one) => openLoop(perSecond)(run(one), until)));
  await pause(SETTLED_MS);
  refusedMs = [];
  const [sent, servedBefore] = [messagesOf(instances), served];
  await pause(measuredMs(8));
  const figures = {
    ...{ refusedMs, most, served: served - servedBefore },
    messages: messagesOf(instances) - sent,
    away: awayOf(instances),
  };
  await load;
  await Promise.all(instances.map(({ close }) => close()));
  return figures;
}
