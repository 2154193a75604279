/** A real cluster of three masters and their replicas: keys that move, masters that die. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { because } from "../support/because.ts";
import { counter } from "../support/machines.ts";
import { eventually } from "../support/processes.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.ts";
import { Caller, ONE } from "./caller.ts";

const unavailable = redisUnavailable();

/**
 * Each task over and over, side by side. The first that fails ends its loop, and what comes back rejects with it; a test
 * that fails ends them all, since tasks that fail at once, such as those on a closed store, would leave no turn to others.
 */
function repeat(tasks: readonly ((turn: number) => Promise<unknown>)[]): () => Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  onTestFinished(end);
  const loops = tasks.map(async (task, n) => {
    for (let turn = n; !over; turn++) await task(turn);
  });
  const all = Promise.all(loops);
  all.catch(end);
  return async () => {
    end();
    await all;
  };
}

describe.skipIf(unavailable)(`a Redis Cluster${because(unavailable)}`, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster?.dispose());

  function open(url = cluster.url): Store {
    const store = redis(url).open(systemRuntime());
    onTestFinished(() => store.close());
    return store;
  }

  test("has each gate where its keys are, and everything else too", async () => {
    const store = open();
    const gates = Array.from({ length: 12 }, (_, n) => new Caller(store, `{tidegate:spread:${n}}`, "a", ONE));
    const grants = await Promise.all(gates.map((gate) => gate.needs(1)));
    expect(grants.map(({ permits }) => permits)).toEqual(gates.map(() => 1));
    await store.kv.set("{tidegate:spread:health}", "value", 60_000);
    expect((await store.kv.get("{tidegate:spread:health}"))?.value).toBe("value");
    expect(await store.log.append("{tidegate:spread:audit}", "record", 0)).toEqual({ appended: true, head: 1 });
    const limiter = await store.openLimiter?.(
      "tidegate:spread:limit",
      { name: "r", count: 1, windowMs: 60_000 },
      1_000,
    );
    const clients = Array.from({ length: 12 }, (_, n) => `client-${n}`);
    const taken = await Promise.all(clients.map(async (client) => limiter?.take(client)));
    expect(taken.map((one) => one?.allowed)).toEqual(clients.map(() => true));
    const sizes = await Promise.all(cluster.servers.slice(0, 3).map((server) => server.tell("DBSIZE")));
    expect(sizes.filter((size) => !size.startsWith(":0"))).toHaveLength(3);
  });

  test("hears what is published at any of its servers", async () => {
    const [one, other] = [open(), open()];
    const heard: string[] = [];
    one.onPush("tidegate:heard", "b", (key, message) => heard.push(`${message} ${key}`));
    const key = "{tidegate:heard:main}";
    const a = new Caller(other, key, "a", ONE);
    await eventually("it hears", async () => {
      await a.needs(1);
      await new Caller(other, key, "b", ONE).needs(1).catch(() => {});
      await a.needs(0);
      return heard.length > 0;
    });
    expect(heard[0]).toContain(key);
  });

  test("moves the slot of a gate under load: nothing is counted twice, and nothing is lost", async () => {
    const store = open();
    const key = "{tidegate:moving:main}";
    await store.transact(counter, key, 1);
    let sum = 1;
    const adds = async () => {
      await store.transact(counter, key, 1);
      sum += 1;
    };
    const stop = repeat([adds, adds]);
    const owners = new Set<number>();
    for (let turn = 0; turn < 6; turn++) owners.add((await cluster.moveSlotOf(`${key}:counter`)).port);
    await stop();
    expect(owners.size).toBe(2);
    expect((await store.transact(counter, key, 0)).sum).toBe(sum);
  });

  test("moves the slot of a gate with all of its keys, while instances renew", async () => {
    const key = "{tidegate:leases:main}";
    const callers = ["a", "b", "c"].map((session) => new Caller(open(), key, session, ONE));
    await Promise.all(callers.map((caller) => caller.needs(0)));
    const stop = repeat(callers.map((caller) => (turn: number) => caller.needs(turn % 2)));
    for (let turn = 0; turn < 4; turn++) await cluster.moveSlotOf(`${key}:gate`);
    await stop();
  });

  test("is one whose single server says what to write", async () => {
    const { port } = cluster.servers[0] as { port: number };
    const single = open(`redis://127.0.0.1:${port}`);
    const said = () =>
      Promise.resolve(single.kv.get("{tidegate:single}")).then(String, (error: Error) => error.message);
    await eventually("it says so", async () => /one server of a cluster: write redis\+cluster/.test(await said()));
    // Also of keys that are here by chance.
    const here = Array.from({ length: 12 }, (_, n) => single.kv.get(`{tidegate:any:${n}}`));
    expect((await Promise.allSettled(here)).map(({ status }) => status)).toEqual(here.map(() => "rejected"));
  });

  test("is told from servers that know nothing of each other", async () => {
    const alone = await startRedis();
    onTestFinished(() => alone.dispose());
    const store = open(`redis+cluster://127.0.0.1:${alone.port}`);
    await expect(async () => store.kv.get("value")).rejects.toThrow("is no cluster: write redis://HOST:PORT");
  });

  test("without slots says what is missing", async () => {
    const empty = await startRedis({ settings: { "cluster-enabled": "yes" } });
    onTestFinished(() => empty.dispose());
    const store = open(`redis+cluster://127.0.0.1:${empty.port}`);
    await expect(async () => store.kv.get("value")).rejects.toThrow(/CLUSTERDOWN.*some of its slots have no server/);
  });

  test("promotes the replica of a master that dies, and is found again there", async () => {
    const store = open();
    const key = "{tidegate:failover:main}";
    const a = new Caller(store, key, "a", ONE);
    await a.needs(1);
    const master = await cluster.ownerOf(`${key}:gate`);
    await master.kill();
    const startedAt = performance.now();
    await expect(a.again()).rejects.toThrow(/a server that answers is needed/);
    let told = 0;
    store.onReachable?.(() => {
      told += 1;
    });
    const promoted = await eventually("a replica is promoted", () =>
      cluster.ownerOf(`${key}:gate`).catch(() => undefined),
    );
    const promotedAt = performance.now();
    expect(promoted.port).not.toBe(master.port);
    await eventually("it is back", () => a.again().catch(() => undefined));
    expect(performance.now() - promotedAt).toBeLessThan(1_000);
    expect(told).toBeGreaterThan(0);
    expect(promotedAt - startedAt).toBeLessThan(15_000);
    expect((await a.views()).lanes.request.held).toBe(1);
    await master.start();
  });

  test("is found again while a master that froze still keeps its connections", async () => {
    const store = open();
    const key = "{tidegate:frozen:main}";
    const a = new Caller(store, key, "a", ONE);
    await a.needs(1);
    const master = await cluster.ownerOf(`${key}:gate`);
    const again = () => Promise.race([a.again().catch(() => undefined), sleep(250).then(() => undefined)]);
    master.pause();
    onTestFinished(() => master.resume());
    const promoted = await eventually(
      "a replica is promoted",
      async () => {
        await again();
        const now = await cluster.ownerOf(`${key}:gate`).catch(() => master);
        return now !== master && now;
      },
      30_000,
    );
    expect(promoted.port).not.toBe(master.port);
    await eventually("it is back", again);
    expect((await a.views()).lanes.request.held).toBe(1);
  });
});
