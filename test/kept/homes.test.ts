/** The contract of homes of kept answers on each that this machine can run. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type AnswerCache, cacheApi } from "../../lib/kept/cache-api.ts";
import { cloudflareKv } from "../../lib/kept/cloudflare-kv.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { denoUnavailable, kvFolder, startDeno } from "../support/deno.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { remoteHome } from "../support/remote-home.ts";
import { remoteStore } from "../support/remote-store.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";
import { startWorkerd, workerdUnavailable } from "../support/workerd.ts";
import { homeContract } from "./home-contract.ts";

homeContract("memory", async () => {
  const runtime = manualRuntime();
  const store = memory().open(runtime);
  return { home: store.kv, passes: (ms) => runtime.advance(ms), close: () => store.close() };
});

homeContract(
  "redis",
  async () => {
    const server = await startRedis();
    const store = redis(server.url).open(systemRuntime());
    const close = async () => {
      await store.close();
      await server.dispose();
    };
    const spoil = (key: string, value: string) => server.tell("HSET", `${key}:kv`, "value", value || "-");
    return { home: store.kv, passes: (ms) => sleep(ms), spoil, close };
  },
  redisUnavailable(),
);

homeContract(
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
    return { home: store.kv, passes: (ms) => sleep(ms), close };
  },
  redisUnavailable(),
);

homeContract(
  "deno-kv",
  async () => {
    const folder = kvFolder();
    const server = await startDeno({ path: folder.path("kept.sqlite3") });
    const close = async () => {
      await server.kill();
      folder.remove();
    };
    return { home: server.store.kv, passes: (ms) => sleep(ms), close };
  },
  denoUnavailable(),
);

homeContract(
  "durable-object",
  async () => {
    const workerd = await startWorkerd({ entry: "object-worker.ts", objects: { OBJECTS: "TestObject" } });
    const store = await remoteStore(workerd.url);
    return { home: store.kv, passes: (ms) => sleep(ms), close: () => workerd.dispose() };
  },
  workerdUnavailable(),
);

for (const [name, place] of [
  ["cloudflare-kv", "kv"],
  ["cache-api", "cache"],
] as const) {
  homeContract(
    name,
    async () => {
      const workerd = await startWorkerd({ entry: "keep-worker.ts", namespaces: ["KEPT"] });
      const home = remoteHome(workerd.url, place);
      const spoilt = place === "kv" ? { spoil: home.spoil } : {};
      return { home, passes: (ms) => sleep(ms), close: () => workerd.dispose(), ...spoilt };
    },
    workerdUnavailable(),
  );
}

describe("a home that is handed in", () => {
  test("says what it needs where that is not there", async () => {
    expect(() => cloudflareKv(undefined as never)).toThrow("a KV namespace is needed, such as env.KEPT");
    expect(() => cloudflareKv({ get: async () => null } as never)).toThrow("a KV namespace is needed");
    await expect(Promise.resolve(cacheApi().get("any"))).rejects.toThrow("the platform has no Cache API");
  });

  test("believes no time that is yet to come, nor one that is none", async () => {
    const texts = [`${Date.now() + 60_000} ${Date.now() + 90_000} text`, "123 text", "text", ""];
    for (const text of texts) {
      const namespace = { get: async () => text, put: async () => {} };
      expect(await cloudflareKv(namespace).get("any")).toBeNull();
    }
    const marks: Record<string, string>[] = [
      {},
      { "x-tidegate-at": "soon", "x-tidegate-until": "later" },
      { "x-tidegate-at": `${Date.now() + 60_000}`, "x-tidegate-until": `${Date.now() + 90_000}` },
    ];
    for (const headers of marks) {
      const cache: AnswerCache = { match: async () => new Response("text", { headers }), put: async () => {} };
      expect(await cacheApi(() => cache).get("any")).toBeNull();
    }
  });
});
