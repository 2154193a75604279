/**
 * Guarded calls over Redis: how many batches one costs, how long one takes beside a semaphore in Redis, and what one
 * loses when Redis is swallowed by the network.
 */
import { redis } from "../../lib/store/redis/redis.ts";
import { badProxy } from "../support/bad-proxy.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { measure, median, print } from "./measure.ts";
import { type Instance, instanceOn, pause } from "./redis-fleet.ts";
import { semaphoreAt } from "./semaphore.ts";

const CALL_MS = 10;
const MEASURED_MS = 4_000;
const ENV = {
  ...{ DB_POOL_SIZE: "1000", DB_MAX_OVERFLOW: "0", DB_MAX_WAITING: "1000", DB_POOL_TIMEOUT: "30" },
  STATE_DEADLINE_MS: "1000",
};
const call = () => pause(CALL_MS);

export async function benchRedisCalls(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nRedis, guarded calls: not measured, ${reason}`);
  const server = await startRedis();
  const adapter = (port: number) => redis(`redis://127.0.0.1:${port}`, { adoptingMs: 0 });
  let gates = 0;
  const instance = (env: Record<string, string> = {}, port = server.port) =>
    instanceOn(adapter(port), `{bench:${++gates}}`, { ...ENV, ...env });

  try {
    console.log(`\nRedis, batches per guarded call of ${CALL_MS} ms (at most 1 from 500 calls/s on)`);
    for (const callers of [8, 32])
      await counted(`closed loop, ${callers} callers`, await instance(), closedLoop(callers));
    for (const rate of [500, 2_000])
      await counted(`open loop, ${rate} calls/s by chance`, await instance(), openLoop(rate));

    const one = await instance();
    await besideSemaphore(one, server.url);
    await one.close();

    await swallowed(server.port, instance);
  } finally {
    await server.dispose();
  }
}

type Load = (run: () => Promise<unknown>, until: number) => Promise<void>;

const closedLoop =
  (callers: number): Load =>
  async (run, until) => {
    const caller = async () => {
      while (performance.now() < until) await run();
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };

/** Each call starts when it is due, whatever became of the others. */
const openLoop =
  (perSecond: number): Load =>
  async (run, until) => {
    const running = new Set<Promise<unknown>>();
    let dueAt = performance.now();
    while (dueAt < until) {
      for (; dueAt <= performance.now(); dueAt += (-Math.log(1 - Math.random()) * 1_000) / perSecond) {
        const done: Promise<unknown> = run().finally(() => running.delete(done));
        running.add(done);
      }
      // Timers are a millisecond coarse, and would bundle what came in it.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await Promise.all(running);
  };

async function counted(name: string, one: Instance, load: Load): Promise<void> {
  let calls = 0;
  const run = () => {
    calls += 1;
    return one.guard.run(call);
  };
  await load(run, performance.now() + 500);
  const [callsBefore, batchesBefore, startedAt] = [calls, one.batches(), performance.now()];
  await load(run, startedAt + MEASURED_MS);
  const seconds = (performance.now() - startedAt) / 1_000;
  const [made, batches] = [calls - callsBefore, one.batches() - batchesBefore];
  const rate = `${(made / seconds).toFixed(0).padStart(6)} calls/s`;
  console.log(`  ${name.padEnd(40)} ${rate} ${(batches / made).toFixed(2).padStart(6)} batches per call`);
  await one.close();
}

/** What a user would pick instead: one semaphore, without a breaker, a line, a deadline or lanes. */
async function besideSemaphore({ guard }: Instance, url: string): Promise<void> {
  const semaphore = semaphoreAt(url);
  const guarded = () => guard.run(() => {});
  for (const together of [1, 32]) {
    const times = (run: () => Promise<unknown>) => () => Promise.all(Array.from({ length: together }, run));
    const measured = await measure(
      [
        { name: "redis-semaphore: acquire + release", run: times(semaphore.inAndOut) },
        { name: "tidegate: guard.run", run: times(guarded) },
      ],
      { rounds: 11, runsPerRound: 300 },
    );
    const each = measured.map(({ name, microsecondsPerRun }) => ({
      name,
      microsecondsPerRun: microsecondsPerRun / together,
    }));
    print(`Redis, in and out, ${together} at a time, each`, each);
  }
  semaphore.close();
}

type Open = (env: Record<string, string>, port: number) => Promise<Instance>;

async function swallowed(port: number, open: Open): Promise<void> {
  const deadlineMs = 50;
  const proxy = await badProxy(port);
  const one = await open({ STATE_DEADLINE_MS: String(deadlineMs) }, proxy.port);
  const timed = async () => {
    const startedAt = performance.now();
    await one.guard.run(() => {});
    return performance.now() - startedAt;
  };
  proxy.swallow();
  const firstMs = await timed();
  const nextMs: number[] = [];
  // For about two seconds, so that several attempts to return fall into them.
  for (let n = 0; n < 1_000; n++) {
    nextMs.push(await timed());
    if (n % 10 === 0) await pause(20);
  }
  const worst = Math.max(...nextMs);
  console.log(
    `\nRedis swallowed by the network, a guarded call (one deadline of ${deadlineMs} ms once, then below 1 ms)`,
  );
  console.log(`  the first                                ${firstMs.toFixed(1).padStart(8)} ms`);
  console.log(
    `  the next 1,000, median                   ${median(nextMs).toFixed(3).padStart(8)} ms, worst ${worst.toFixed(1)}`,
  );
  await one.close();
  await proxy.close();
}
