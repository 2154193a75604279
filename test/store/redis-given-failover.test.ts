/** Clients of the application whose server dies or freezes: they find the next one, and the store goes with them. */
import { Redis as Ioredis, Cluster as IoredisCluster } from "ioredis";
import { createCluster, createSentinel } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RedisNode, readRedisNode } from "../../lib/redis-url.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { type RedisClient, redis } from "../../lib/store/redis/redis.ts";
import { because } from "../support/because.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable } from "../support/redis.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.ts";
import { startWatchedRedis, type WatchedRedis } from "../support/redis-sentinels.ts";
import { Caller, ONE } from "./caller.ts";

const unavailable = redisUnavailable();
const WITHIN_MS = 30_000;

describe.skipIf(unavailable)(`a client of the application in a failover${because(unavailable)}`, () => {
  let watched: WatchedRedis;
  let cluster: RedisCluster;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    [watched, cluster] = await Promise.all([startWatchedRedis(), startRedisCluster()]);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(() => Promise.all([watched?.dispose(), cluster?.dispose()]));

  const nodesOf = (url: string): RedisNode[] =>
    (/\/\/([^/]+)/.exec(url)?.[1] ?? "")
      .split(",")
      .map((text) => readRedisNode(text))
      .filter((node) => node !== null);
  function ioredis(options: object = {}): RedisClient {
    const client = new Ioredis({ sentinels: nodesOf(watched.url), name: "main", ...options });
    client.on("error", () => {});
    ends.push(() => client.disconnect());
    return client;
  }
  function ioredisCluster(): RedisClient {
    const client = new IoredisCluster(nodesOf(cluster.url));
    client.on("error", () => {});
    ends.push(() => client.disconnect());
    return client;
  }
  async function nodeSentinel(): Promise<RedisClient> {
    const client = createSentinel({ name: "main", sentinelRootNodes: nodesOf(watched.url) });
    client.on("error", () => {});
    ends.push(() => client.destroy());
    return client.connect();
  }
  async function nodeCluster(): Promise<RedisClient> {
    const rootNodes = nodesOf(cluster.url).map(({ host, port }) => ({ url: `redis://${host}:${port}` }));
    const client = createCluster({ rootNodes });
    client.on("error", () => {});
    ends.push(() => client.destroy());
    return client.connect();
  }
  async function holds(client: RedisClient, key: string) {
    const store = redis(client).open(systemRuntime());
    ends.push(() => store.close());
    const caller = new Caller(store, key, "a", ONE);
    await eventually("it holds a permit", () => caller.needs(1).catch(() => undefined));
    return caller;
  }
  /** No call waits longer than an instance would. */
  const again = (caller: Caller) =>
    Promise.race([
      caller.again().catch(() => undefined),
      new Promise<undefined>((resolve) => setTimeout(resolve, 250)),
    ]);
  async function isBack(caller: Caller): Promise<void> {
    await eventually("it is back", () => again(caller), WITHIN_MS);
    expect((await caller.views()).lanes.request.held).toBe(1);
  }
  async function replaced(old: RedisServer): Promise<void> {
    const other = async () => {
      const now = await watched.primary();
      return now !== old && (await now.tell("ROLE")).includes("master");
    };
    await eventually("another is primary", other, WITHIN_MS);
  }
  async function followsAgain(old: RedisServer): Promise<void> {
    await eventually("the old one follows", async () => (await old.tell("ROLE")).includes("slave"), WITHIN_MS);
  }

  test("is led on by Sentinels: ioredis and node-redis", { timeout: 60_000 }, async () => {
    const callers = await Promise.all(
      [ioredis(), nodeSentinel()].map(async (client, at) => holds(await client, `{tidegate:led:${at}}`)),
    );
    const primary = await watched.primary();
    await primary.kill();
    await replaced(primary);
    await Promise.all(callers.map(isBack));
    await primary.start();
    await followsAgain(primary);
  });

  test("leaves a primary that froze where it bounds its silence: ioredis with socketTimeout", async () => {
    const caller = await holds(ioredis({ socketTimeout: 1_000 }), "{tidegate:frozen:main}");
    const primary = await watched.primary();
    ends.push(() => primary.resume());
    primary.pause();
    await eventually(
      "it is back at another",
      async () => {
        await again(caller);
        const now = await watched.primary();
        return now !== primary && again(caller);
      },
      WITHIN_MS,
    );
    expect((await caller.views()).lanes.request.held).toBe(1);
  }, 60_000);

  test("is led on in a cluster: ioredis and node-redis", { timeout: 60_000 }, async () => {
    const callers = await Promise.all(
      [ioredisCluster(), nodeCluster()].map(async (client) => holds(await client, "{tidegate:cluster:main}")),
    );
    const master = await cluster.ownerOf("{tidegate:cluster:main}:gate");
    await master.kill();
    await eventually(
      "a replica is promoted",
      () => cluster.ownerOf("{tidegate:cluster:main}:gate").catch(() => undefined),
      WITHIN_MS,
    );
    for (const caller of callers) await eventually("it is back", () => again(caller), WITHIN_MS);
    await master.start();
  });
});
