/** What is special about Redis over TCP: its commands are counted, its answers lost, its connections cut. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Command } from "../../lib/gate/commands.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { type BadProxy, badProxy } from "../support/bad-proxy.ts";
import { PERMIT, PLACE, RULES } from "../support/gate.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { slammingServer } from "../support/tcp.ts";
import { Caller } from "./caller.ts";

const ONE = { ...RULES, capacity: { request: 1, slow: 1, health: 1 } };
const SEVERAL = { ...RULES, capacity: { request: 20, slow: 4, health: 1 } };

describe.skipIf(redisUnavailable())(`redis ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let proxy: BadProxy;
  let store: Store;
  let keys = 0;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.dispose());
  beforeEach(async () => {
    proxy = await badProxy(server.port);
    store = redis(`redis://127.0.0.1:${proxy.port}`, { adoptingMs: 0 }).open(systemRuntime());
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  const keyOf = (gate: number) => `{redis:${gate}}`;
  const instance = (session = "a", rules = SEVERAL) => new Caller(store, keyOf(++keys), session, rules);
  const settle = (id: string): Command => ({ kind: "settle", id, outcome: "success", slow: false });
  const viewOf = async (caller: Caller) => (await caller.sends([{ kind: "view" }]))[0];
  /** How often the server was asked for each of these since it was last told to forget. */
  const asked = async () => {
    const told = await server.tell("INFO", "commandstats");
    const count = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(told)?.[1] ?? 0);
    return { evalsha: count("evalsha"), eval: count("eval") };
  };
  const forgetAsked = () => server.tell("CONFIG", "RESETSTAT");
  const pubsubClients = async () =>
    (await server.tell("CLIENT", "LIST", "TYPE", "pubsub")).split("\n").filter((line) => line.includes("sub=1")).length;

  describe("a batch", () => {
    test("is one command, however much it brings", async () => {
      const a = instance();
      await a.sends([]);
      await forgetAsked();
      const asks = Array.from({ length: 10 }, () => a.asks());
      const replies = await a.sends([...asks, ...asks.map(({ id }) => settle(id)), { kind: "view" }]);
      expect(replies).toHaveLength(21);
      expect(await asked()).toEqual({ evalsha: 1, eval: 0 });
    });

    test("is sent with its script where the server does not know that, also after it forgot it in mid-life", async () => {
      const a = instance();
      await a.sends([a.asks()]);
      await server.tell("SCRIPT", "FLUSH");
      await forgetAsked();
      for (let batch = 0; batch < 3; batch++) expect((await a.sends([a.asks()]))[0]).toMatchObject(PERMIT);
      expect(await asked()).toEqual({ evalsha: 3, eval: 1 });
      expect(await viewOf(a)).toMatchObject({ lanes: { request: { held: 4 } } });
    });

    test("whose answer is lost is rejected once, has one effect, and is not repeated", async () => {
      const a = instance();
      await a.sends([]);
      await forgetAsked();
      proxy.loseAnswerTo("EVALSHA");
      await expect(a.sends([a.asks(), a.asks()])).rejects.toThrow(/apply a batch: a server that answers is needed/);
      const seen = await eventually("the connection is back", () => viewOf(a).catch(() => undefined));
      expect(seen).toMatchObject({ lanes: { request: { held: 2 } } });
      expect(await asked()).toEqual({ evalsha: 2, eval: 0 });
    });

    test("whose answer is lost while the server learns the script is not repeated either", async () => {
      const a = instance();
      await a.sends([]);
      await server.tell("SCRIPT", "FLUSH");
      await forgetAsked();
      proxy.loseAnswerTo("$4\r\nEVAL\r\n");
      await expect(a.sends([a.asks()])).rejects.toThrow(/apply a batch/);
      const seen = await eventually("the connection is back", () => viewOf(a).catch(() => undefined));
      expect(seen).toMatchObject({ lanes: { request: { held: 1 } } });
      expect(await asked()).toEqual({ evalsha: 2, eval: 1 });
    });
  });

  describe("keys", () => {
    const DAY_MS = 86_400_000;
    const pttl = async (key: string) => Number((await server.tell("PTTL", key)).match(/^:(-?\d+)/)?.[1]);
    const namesOf = (text: string) => text.split("\r\n").filter((line) => line.startsWith("{"));

    test("of a gate that did all there is to do share one hash tag, and each ends by itself", async () => {
      await server.tell("FLUSHALL");
      const a = instance("a", ONE);
      const b = new Caller(store, keyOf(keys), "b", ONE);
      const operate: Command = {
        ...{ kind: "operate", opId: "o1", mode: "force_closed", ttlMs: DAY_MS, expectedVersion: null },
        ...{ actor: "tester", reason: "a test" },
      };
      await a.sends([a.asks(), a.asks({ lane: "slow" })]);
      await b.sends([b.asks({ waitMs: 60_000 })]);
      await a.sends([a.asks({ lane: "slow", waitMs: 60_000 })]);
      const names = namesOf(await server.tell("KEYS", "*"));
      expect(names).toHaveLength(7);
      expect(names.filter((name) => !name.startsWith(`${keyOf(keys)}:`))).toEqual([]);
      const lives = async () => Promise.all(names.map((name) => pttl(name)));
      expect((await lives()).filter((left) => left <= DAY_MS || left > 3 * DAY_MS)).toEqual([]);
      // What is meant to last longer is kept for longer.
      await b.sends([operate]);
      expect((await lives()).filter((left) => left <= 2 * DAY_MS || left > 4 * DAY_MS)).toEqual([]);
    });

    test("of what is over are gone with the next batch, and small values with their time", async () => {
      await server.tell("FLUSHALL");
      const a = instance("a", { ...ONE, connectTimeoutMs: 0 });
      const [held, waits] = [a.asks({ deadlineMs: 0 }), a.asks({ waitMs: 60_000 })];
      expect(await a.sends([held, waits])).toMatchObject([PERMIT, PLACE]);
      await store.kv.set(`${keyOf(keys)}:small`, "value", 50);
      expect(await pttl(`${keyOf(keys)}:small:kv`)).toBeLessThanOrEqual(50);
      const left = async () => {
        await a.sends([]);
        return namesOf(await server.tell("KEYS", "*"));
      };
      const ends = [":gate", ":gate:heard", ":gate:opened"].map((end) => `${keyOf(keys)}${end}`);
      // The grace of a permit is two seconds, a ticket waits for its next check and one more.
      await eventually("permit, ticket and value are over", async () => (await left()).sort().join() === ends.join());
      const fields = (await server.tell("HKEYS", ends[0] ?? "")).split("\r\n").filter((line) => /^[pt]a\./.test(line));
      expect(fields).toEqual([]);
    });
  });

  describe("wake-ups", () => {
    /** Somebody holds the only permit, `b` waits for it and listens. */
    async function waiting() {
      const a = instance("a", ONE);
      const b = new Caller(store, keyOf(keys), "b", ONE);
      const calls: string[] = [];
      const stop = store.onWake(keyOf(keys), "b", (lane) => calls.push(lane));
      const held = a.asks();
      await a.sends([held]);
      expect((await b.sends([b.asks({ waitMs: 60_000 })]))[0]).toMatchObject(PLACE);
      return { a, held, calls, stop };
    }
    const subscribed = (count = 1) => eventually("it is subscribed", async () => (await pubsubClients()) === count);

    test("arrive on a second connection, until nobody listens", async () => {
      const { a, held, calls, stop } = await waiting();
      await subscribed();
      expect(proxy.accepted()).toBe(2);
      await a.sends([settle(held.id)]);
      await eventually("b is called", () => calls.length > 0);
      expect(calls).toEqual(["request"]);
      stop();
      await subscribed(0);
    });

    test("arrive again after that connection was lost", async () => {
      const { a, held, calls } = await waiting();
      await subscribed();
      await server.tell("CLIENT", "KILL", "TYPE", "pubsub");
      await subscribed();
      await a.sends([settle(held.id)]);
      await eventually("b is called", () => calls.length > 0);
    });

    test("arrive though the connection was lost before the subscription was confirmed", async () => {
      proxy.loseAnswerTo("subscribe");
      const { a, held, calls } = await waiting();
      await subscribed();
      await a.sends([settle(held.id)]);
      await eventually("b is called", () => calls.length > 0);
    });
  });

  describe("a connection", () => {
    test("that cannot be made is tried again more and more seldom", async () => {
      const slamming = await slammingServer();
      const refused = redis(`redis://127.0.0.1:${slamming.port}`).open({ ...systemRuntime(), random: () => 0 });
      const startedAt = performance.now();
      await expect(async () => refused.kv.get("value")).rejects.toThrow(/reach it: a server that answers is needed/);
      await eventually("it was tried seven times", () => slamming.accepted() >= 7);
      // Half of 25, 50, 100, 200, 400 and 800 ms lie between them at least.
      expect(performance.now() - startedAt).toBeGreaterThan(750);
      await refused.close();
      await slamming.close();
    });

    test("that was lost lets nobody wait, and is back by itself", async () => {
      const a = instance();
      await a.sends([]);
      await proxy.refuse();
      await expect(a.sends([])).rejects.toThrow(/a server that answers is needed/);
      const startedAt = performance.now();
      for (let call = 0; call < 100; call++) await expect(a.sends([])).rejects.toThrow(/reach it/);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      await proxy.pass();
      await eventually("it is back", () => a.sends([]).catch(() => undefined));
    });

    test("to a server that has become a replica is made anew, so that it finds who took over", async () => {
      const successor = await startRedis();
      onTestFinished(async () => {
        await server.tell("REPLICAOF", "NO", "ONE");
        await successor.dispose();
      });
      const a = instance();
      await a.sends([]);
      await server.tell("REPLICAOF", "127.0.0.1", String(successor.port));
      await expect(a.sends([])).rejects.toThrow(/READONLY/);
      proxy.leadTo(successor.port);
      await eventually("the successor is found", () => a.sends([]).catch(() => undefined));
    });
  });
});
