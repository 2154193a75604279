/** Clients that an application has already: of node-redis and ioredis, which stay its own. */
import { Redis as Ioredis, Cluster as IoredisCluster } from "ioredis";
import { createClient, createClientPool, createCluster } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { type RedisClient, redis } from "../../lib/store/redis/redis.ts";
import { because } from "../support/because.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { Caller, ONE } from "./caller.ts";

const unavailable = redisUnavailable();

describe.skipIf(unavailable)(`a client of the application${because(unavailable)}`, () => {
  let server: RedisServer;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  afterAll(() => server?.dispose());

  function nodeRedis(port = server.port) {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on("error", () => {});
    ends.push(() => client.isOpen && client.destroy());
    return client;
  }
  function ioredis(options: object = {}, port = server.port): Ioredis {
    const client = new Ioredis({ host: "127.0.0.1", port, maxRetriesPerRequest: 0, ...options });
    client.on("error", () => {});
    ends.push(() => client.disconnect());
    return client;
  }
  function open(client: RedisClient): Store {
    const store = redis(client).open(systemRuntime());
    onTestFinished(() => store.close());
    return store;
  }
  const said = (store: Store) =>
    Promise.resolve()
      .then(() => store.kv.get("value"))
      .then(String, (error: Error) => error.message);
  const connections = async () =>
    (await server.tell("CLIENT", "LIST"))
      .split("\n")
      .filter((line) => line.includes("cmd=") && !line.includes("cmd=client")).length;

  test.each([
    ["node-redis", async () => nodeRedis().connect()],
    ["ioredis", async () => ioredis()],
    ["ioredis that connects lazily", async () => ioredis({ lazyConnect: true })],
  ] as const)("of %s is used, and left open", async (_, make) => {
    const client = await make();
    const before = await connections();
    const store = open(client as RedisClient);
    const a = new Caller(store, "{tidegate:given:main}", "a", ONE);
    expect((await a.needs(1)).permits).toBe(1);
    const heard: string[] = [];
    const stop = store.onPush("tidegate:given", "b", (key) => heard.push(key));
    await eventually("it hears", async () => {
      await server.tell("PUBLISH", "{tidegate:given}:push:b", "wake {tidegate:given:main}");
      return heard.length > 0;
    });
    stop();
    await a.needs(0, { leaves: true });
    await store.close();
    await eventually("what it listened on is gone", async () => (await connections()) <= Math.max(before, 1));
    expect(await (client as Ioredis).ping()).toBe("PONG");
  });

  test("that gives out buffers elsewhere gives out texts here", async () => {
    const client = await nodeRedis().connect();
    const typed = client.withTypeMapping({ 36: Buffer });
    const store = open(typed);
    await store.kv.set("typed", "text", 10_000);
    expect((await store.kv.get("typed"))?.value).toBe("text");
  });

  test("that was never connected, or is closed, says so", async () => {
    const never = nodeRedis();
    expect(await said(open(never))).toMatch(/closed, or was never told to connect\(\)/);
    const closed = await nodeRedis().connect();
    await closed.close();
    expect(await said(open(closed))).toMatch(/closed, or was never told to connect\(\)/);
    const ended = ioredis();
    await ended.quit();
    await eventually("it is closed", () => ended.status === "end");
    expect(await said(open(ended))).toMatch(/closed, or was never told to connect\(\)/);
  });

  test.each(["node-redis", "ioredis"])(
    "of %s that lost its server keeps nothing for later, and is back",
    async (name) => {
      const own = await startRedis();
      onTestFinished(() => own.dispose());
      const client = name === "ioredis" ? ioredis({}, own.port) : await nodeRedis(own.port).connect();
      const store = open(client as RedisClient);
      expect(await said(store)).toBe("null");
      await own.kill();
      await eventually("it is noticed", async () => /lost its server/.test(await said(store)));
      await own.start();
      await eventually("it is back", async () => (await said(store)) === "null");
    },
  );

  test("of node-redis that has not heard yet that its server is lost keeps nothing for later either", async () => {
    const own = await startRedis();
    onTestFinished(() => own.dispose());
    const client = await nodeRedis(own.port).connect();
    const store = open(client);
    expect(await said(store)).toBe("null");
    await own.kill();
    await eventually("it has heard", () => !client.isReady);
    Object.defineProperty(client, "isReady", { value: true });
    // Its server does not come back before that is answered.
    expect(await said(store)).toContain("aborted");
  });

  test("whose rights end says what the server says", async () => {
    await server.tell("ACL", "SETUSER", "deaf", "on", ">pw", "~*", "resetchannels", "+@all");
    const client = await createClient({ url: `redis://deaf:pw@127.0.0.1:${server.port}` })
      .on("error", () => {})
      .connect();
    ends.push(() => client.isOpen && client.destroy());
    const refused: string[] = [];
    open(client).onPush(
      "tidegate:given",
      "a",
      () => {},
      (error) => refused.push(error.message),
    );
    await eventually("it is refused", () => refused.length > 0);
    expect(refused).toEqual([expect.stringContaining("NOPERM")]);
  });

  test("names its server without its password, which no log may show", () => {
    const client = createClient({ url: "redis://app:secret@cache:6380" });
    expect(redis(client)).toMatchObject({ address: "redis://cache:6380", secrets: expect.arrayContaining(["secret"]) });
    const cluster = createCluster({ rootNodes: [{ url: "redis://one:7000" }], defaults: { password: "secret" } });
    expect(redis(cluster)).toMatchObject({ address: "redis+cluster://one:7000", secrets: ["secret"] });
    const lazy = new Ioredis({ host: "cache", password: "secret", lazyConnect: true });
    expect(redis(lazy)).toMatchObject({ address: "redis://cache:6379", secrets: ["secret"] });
    const nodes = new IoredisCluster([{ host: "one", port: 7_000 }], { lazyConnect: true });
    expect(redis(nodes).address).toBe("redis+cluster://one:7000");
  });

  test.each([
    ["a pool", () => createClientPool(), /found a pool \(createClientPool\)/],
    ["a function", () => createClient, /found a function: call it, or hand over what it returns/],
    [
      "another library's",
      () =>
        new (class Pool {
          query() {}
        })(),
      /found an object Pool/,
    ],
    [
      "Upstash's",
      () =>
        new (class Redis {
          evalsha() {}
          pipeline() {}
        })(),
      /tidegate\/stores\/upstash/,
    ],
    ["one with a prefix", () => new Ioredis({ keyPrefix: "app:", lazyConnect: true }), /without keyPrefix is needed/],
  ])("%s is refused", (_, make, found) => {
    expect(() => redis(make() as never)).toThrow(found);
  });
});
