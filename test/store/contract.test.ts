/** The store contract on every home that this machine can run. */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import { systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { denoUnavailable, kvFolder, startDeno } from "../support/deno.ts";
import { eventually, freePort } from "../support/processes.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { remoteStore } from "../support/remote-store.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";
import { startWorkerd, workerdUnavailable } from "../support/workerd.ts";
import { storeContract } from "./contract.ts";

storeContract("memory", async () => {
  const runtime = manualRuntime();
  const store = memory().open(runtime);
  return { store, passes: (ms) => runtime.advance(ms), close: () => store.close() };
});

storeContract(
  "redis",
  async () => {
    const server = await startRedis();
    const store = redis(server.url).open(systemRuntime());
    const close = async () => {
      await store.close();
      await server.dispose();
    };
    return { store, passes: (ms) => sleep(ms), close };
  },
  redisUnavailable(),
);

const { REDIS_TEST_URL } = process.env;
if (REDIS_TEST_URL) {
  storeContract("redis at REDIS_TEST_URL", async () => {
    const client = createClient({ url: REDIS_TEST_URL });
    await client.connect();
    await client.flushDb();
    await client.close();
    const store = redis(REDIS_TEST_URL).open(systemRuntime());
    return { store, passes: (ms) => sleep(ms), close: () => store.close() };
  });
}

storeContract(
  "redis, a cluster of one",
  async () => {
    const server = await startRedis({
      settings: { "cluster-enabled": "yes", "cluster-port": String(await freePort()) },
    });
    await server.tell("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    const isWhole = async () => (await server.tell("CLUSTER", "INFO")).includes("cluster_state:ok");
    await eventually("all slots have an owner", isWhole);
    const store = redis(server.url).open(systemRuntime());
    const close = async () => {
      await store.close();
      await server.dispose();
    };
    return { store, passes: (ms) => sleep(ms), close };
  },
  redisUnavailable(),
);

storeContract(
  "upstash",
  async () => {
    const server = await startRedis();
    const gateway = await startUpstashGateway(server.url);
    const store = upstash(gateway.url, { token: gateway.token }).open(systemRuntime());
    const close = async () => {
      await store.close();
      await gateway.close();
      await server.dispose();
    };
    return { store, passes: (ms) => sleep(ms), close };
  },
  redisUnavailable(),
);

storeContract(
  "deno-kv",
  async () => {
    const folder = kvFolder();
    const server = await startDeno({ path: folder.path("contract.sqlite3") });
    const close = async () => {
      await server.kill();
      folder.remove();
    };
    return { store: server.store, passes: (ms) => sleep(ms), close };
  },
  denoUnavailable(),
);

storeContract(
  "durable-object",
  async () => {
    const workerd = await startWorkerd({ entry: "object-worker.ts", objects: { OBJECTS: "TestObject" } });
    const store = await remoteStore(workerd.url);
    return { store, passes: (ms) => sleep(ms), close: () => workerd.dispose() };
  },
  workerdUnavailable(),
);
