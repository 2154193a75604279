/** A storm of health requests over a fleet, while the database works and while it hangs. */
import { setTimeout } from "node:timers/promises";
import autocannon from "autocannon";
import { type Ask, countingProxy, mostAtOnce, shortestGapMs } from "../support/counting-proxy.ts";
import { onScene } from "./scene.ts";

/** Each sends what it has for a second at once: with more of them, requests wait for each other and not for the fleet. */
const CONNECTIONS_EACH = 8;
/** From a ping that was asked for before to the first of this time. */
const SETTLE_MS = 2_000;

export interface StormFigures {
  readonly answers: number;
  readonly perSecond: number;
  readonly lost: number;
  readonly unhealthy: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  readonly pings: number;
  readonly pingsAtOnce: number;
  readonly shortestGapMs: number;
}

export interface StormOptions {
  readonly size: number;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Storms {
  /** Over `/health/live`, which touches nothing: what the machine itself can do at this moment. */
  readonly live: StormFigures;
  readonly healthy: StormFigures;
  /** With all processes of the database stopped. */
  readonly hanging: StormFigures;
}

export async function storms(options: StormOptions): Promise<Storms> {
  let proxy: Awaited<ReturnType<typeof countingProxy>> | undefined;
  const through = async ({ port }: { port: number }) => {
    proxy = await countingProxy(port);
    return proxy.port;
  };
  // Rules of a deployment: in testing nothing is memoized.
  const env = { APP_ENV: "development", RATE_LIMIT_PER_MINUTE: "0", LOG_LEVEL: "warn" };
  try {
    return await onScene({ size: options.size, callTimeoutMs: 1_000, env, through }, async ({ fleet, postgres }) => {
      const asks = proxy?.asks ?? [];
      const urls = (path: string) => Array.from({ length: options.size }, (_, n) => `${fleet.url(n)}${path}`);
      const briefly = { ...options, seconds: options.seconds / 3 };
      // What runs for the first time says nothing about the machine.
      await storm(urls("/health/live"), asks, briefly);
      const live = await storm(urls("/health/live"), asks, briefly);
      const healthy = await storm(urls("/health"), asks, options);
      postgres.pause();
      await setTimeout(SETTLE_MS);
      const hanging = await storm(urls("/health"), asks, options);
      postgres.resume();
      return { live, healthy, hanging };
    });
  } finally {
    await proxy?.close();
  }
}

async function storm(urls: readonly string[], asks: readonly Ask[], options: StormOptions): Promise<StormFigures> {
  const before = asks.length;
  const results = await Promise.all(
    urls.map((url) =>
      autocannon({
        url,
        connections: CONNECTIONS_EACH,
        overallRate: options.perSecond / urls.length,
        duration: options.seconds,
        timeout: 30,
      }),
    ),
  );
  const pings = asks.slice(before);
  const sum = (of: (result: autocannon.Result) => number) => results.reduce((total, each) => total + of(each), 0);
  const most = (of: (result: autocannon.Result) => number) => Math.max(...results.map(of));
  return {
    answers: sum(({ requests }) => requests.total),
    perSecond: sum(({ requests, duration }) => requests.total / duration),
    lost: sum(({ errors }) => errors),
    unhealthy: sum(({ non2xx }) => non2xx),
    // Of the slowest instance, and as many as if requests had come on time while others waited (coordinated omission).
    p50Ms: most(({ latency }) => latency.p50),
    p99Ms: most(({ latency }) => latency.p99),
    longestMs: most(({ latency }) => latency.max),
    pings: pings.length,
    pingsAtOnce: mostAtOnce(pings),
    shortestGapMs: shortestGapMs(pings),
  };
}
