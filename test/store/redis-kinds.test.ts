/** The store contract on every kind of Redis, by each way to it: a URL, and the clients that applications have. */
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import { readRedisUrl } from "../../lib/redis-url.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { startWatchedRedis } from "../support/redis-sentinels.ts";
import { storeContract } from "./contract.ts";

/** Over a server that is started for it, by what `made` makes of it. */
const redisContract = (
  name: string,
  started: () => Promise<RedisPlace>,
  made: (place: RedisPlace) => Promise<GivenRedis> = async ({ url }) => ({ from: url, end: () => {} }),
): void =>
  storeContract(
    name,
    async () => {
      const place = await started();
      const { from, end } = await made(place);
      const store = redis(from as string).open(systemRuntime());
      const close = async () => {
        await store.close();
        await end();
        await place.dispose();
      };
      return { store, passes: (ms) => sleep(ms), close };
    },
    redisUnavailable(),
  );

interface RedisPlace {
  readonly url: string;
  dispose(): Promise<void>;
}
interface GivenRedis {
  readonly from: unknown;
  readonly end: () => unknown;
}

const nodesOf = (url: string) => {
  const place = readRedisUrl(url)?.place;
  return place && "nodes" in place ? [...place.nodes] : [];
};
const quiet = <Client extends { on(event: "error", listener: () => void): unknown }>(client: Client): Client => {
  client.on("error", () => {});
  return client;
};

redisContract("redis, a cluster of three", startRedisCluster);
redisContract("redis with sentinels", startWatchedRedis);
redisContract("redis by a client of node-redis", startRedis, async ({ url }) => {
  const client = quiet(createClient({ url }));
  await client.connect();
  return { from: client, end: () => client.destroy() };
});
redisContract("redis by a cluster client of node-redis", startRedisCluster, async ({ url }) => {
  const client = quiet(createCluster({ rootNodes: nodesOf(url).map((socket) => ({ socket })) }));
  await client.connect();
  return { from: client, end: () => client.destroy() };
});
redisContract("redis by a sentinel client of node-redis", startWatchedRedis, async ({ url }) => {
  const client = quiet(createSentinel({ name: "main", sentinelRootNodes: nodesOf(url) }));
  await client.connect();
  return { from: client, end: () => client.destroy() };
});
redisContract("redis by ioredis", startRedis, async ({ url }) => {
  const client = quiet(new Redis(url));
  return { from: client, end: () => client.disconnect() };
});
redisContract("redis by a cluster client of ioredis", startRedisCluster, async ({ url }) => {
  const client = quiet(new Cluster(nodesOf(url)));
  return { from: client, end: () => client.disconnect() };
});
redisContract("redis by a sentinel client of ioredis", startWatchedRedis, async ({ url }) => {
  const client = quiet(new Redis({ sentinels: nodesOf(url), name: "main" }));
  return { from: client, end: () => client.disconnect() };
});
