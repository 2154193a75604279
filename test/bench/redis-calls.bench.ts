/**
 * Guarded calls over Redis while capacity is not short: how long one takes beside a semaphore in Redis and beside the
 * memory store, what it asks of Redis and waits for it, and what it loses when Redis is swallowed by the network.
 */
import { memory } from "../../lib/store/memory.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { badProxy } from "../support/bad-proxy.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { distantProxy } from "../support/tcp.ts";
import { awayOf, type Instance, instanceOn, messagesOf, openInstance, pause, SETTLED_MS } from "./instance.ts";
import { openLoop } from "./load.ts";
import { measure, measuredMs, median, percentile, print } from "./measure.ts";
import { semaphoreAt } from "./semaphore.ts";

const INSTANCES = 4;
const DISTANCE_MS = 2;
const CALL_MS = 10;
/** Far more than any of these loads need. */
const ENV = { DB_POOL_SIZE: "400", DB_MAX_OVERFLOW: "0", EXPECTED_INSTANCES: String(INSTANCES) };

export async function benchRedisCalls(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nRedis, guarded calls: not measured, ${reason}`);
  const server = await startRedis();
  try {
    await besideOthers(server.url);
    const proxy = await distantProxy(server.port, DISTANCE_MS);
    console.log(
      `\n${INSTANCES} instances ${DISTANCE_MS} ms from Redis, calls of ${CALL_MS} ms by chance, capacity not short` +
        "\n  (wanted from 100 calls/s an instance on: at most 0.05 messages a call, at most 0.1 ms of waiting, p50)",
    );
    for (const perSecond of [10, 100, 336]) await counted(`redis://127.0.0.1:${proxy.port}`, perSecond);
    await proxy.close();
    await swallowed(server.port);
  } finally {
    await server.dispose();
  }
}

async function counted(url: string, perSecond: number): Promise<void> {
  const open = () => openInstance(redis(url), `{bench:${perSecond}}`, ENV);
  const instances = Array.from({ length: INSTANCES }, open);
  let waits: number[] = [];
  const calls = async ({ guard }: Instance) => {
    const run = () => {
      const askedAt = performance.now();
      return guard.run(() => {
        waits.push(performance.now() - askedAt);
        return pause(CALL_MS);
      });
    };
    await openLoop(perSecond)(run, performance.now() + SETTLED_MS + measuredMs(8));
  };
  const load = Promise.all(instances.map(calls));
  await pause(SETTLED_MS);
  waits = [];
  const sent = messagesOf(instances);
  await pause(measuredMs(8));
  const [messages, waited] = [messagesOf(instances) - sent, waits];
  await load;
  const figures = [
    `${(messages / waited.length).toFixed(3)} messages a call`,
    `waits p50 ${percentile(waited, 0.5).toFixed(3)} ms, p99 ${percentile(waited, 0.99).toFixed(2)} ms`,
    `away ${awayOf(instances)}`,
  ];
  console.log(`  ${`${perSecond} calls/s an instance (${waited.length} calls)`.padEnd(42)} ${figures.join("   ")}`);
  await Promise.all(instances.map(({ close }) => close()));
}

/** What a user would pick instead: one semaphore, without a breaker, a line, a deadline or lanes. */
async function besideOthers(url: string): Promise<void> {
  const far = await instanceOn(redis(url), "{bench:beside}", ENV);
  const near = await instanceOn(memory(), "{bench:beside}", ENV);
  const semaphore = semaphoreAt(url);
  await pause(SETTLED_MS);
  for (const together of [1, 32]) {
    const times = (run: () => Promise<unknown>) => () => Promise.all(Array.from({ length: together }, run));
    const each = async (title: string, candidates: Parameters<typeof measure>[0], runsPerRound: number) => {
      const measured = await measure(
        candidates.map(({ name, run }) => ({ name, run: times(async () => run()) })),
        { rounds: 11, runsPerRound: Math.ceil(runsPerRound / together) },
      );
      print(
        title,
        measured.map((one) => ({ ...one, microsecondsPerRun: one.microsecondsPerRun / together })),
      );
    };
    const guarded = (one: Instance) => () => one.guard.run(() => {});
    await each(
      `${together} at a time, each, beside a semaphore (at most 0.1x)`,
      [
        { name: "redis-semaphore: acquire + release", run: semaphore.inAndOut },
        { name: "tidegate: guard.run over Redis", run: guarded(far) },
      ],
      1_000,
    );
    await each(
      `${together} at a time, each, by store (at most 1.2x)`,
      [
        { name: "guard.run, memory store", run: guarded(near) },
        { name: "guard.run, Redis", run: guarded(far) },
      ],
      20_000,
    );
  }
  semaphore.close();
  await far.close();
  await near.close();
}

async function swallowed(port: number): Promise<void> {
  const deadlineMs = 50;
  const proxy = await badProxy(port);
  const env = { ...ENV, STATE_DEADLINE_MS: String(deadlineMs) };
  const one = await instanceOn(redis(`redis://127.0.0.1:${proxy.port}`), "{bench:swallowed}", env);
  const timed = async () => {
    const startedAt = performance.now();
    await one.guard.run(() => {});
    return performance.now() - startedAt;
  };
  proxy.swallow();
  const times: number[] = [];
  // Longer than the lease, so that the local gate takes over in the middle.
  for (let n = 0; n < 2_000; n++) {
    times.push(await timed());
    if (n % 10 === 0) await pause(20);
  }
  console.log(
    `\nRedis swallowed by the network, a guarded call (below 1 ms; one deadline of ${deadlineMs} ms at most)`,
  );
  console.log(
    `  of ${times.length}, median ${median(times).toFixed(3)} ms, p99 ${percentile(times, 0.99).toFixed(2)}, worst ${Math.max(...times).toFixed(1)}`,
  );
  await one.close();
  await proxy.close();
}
