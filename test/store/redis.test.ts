/** What is special about Redis over TCP: its commands are counted, its answers lost, its connections cut. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { type BadProxy, badProxy } from "../support/bad-proxy.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { slammingServer } from "../support/tcp.ts";
import { Caller, ONE, operate } from "./caller.ts";

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
    store = redis(`redis://127.0.0.1:${proxy.port}`).open(systemRuntime());
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  const keyOf = (gate: number) => `{redis:${gate}}`;
  const instance = (session = "a", rules = {}) => new Caller(store, keyOf(++keys), session, rules);
  /** How often the server was asked for each of these since it was last told to forget. */
  const asked = async () => {
    const told = await server.tell("INFO", "commandstats");
    const count = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(told)?.[1] ?? 0);
    return { evalsha: count("evalsha"), eval: count("eval") };
  };
  const forgetAsked = () => server.tell("CONFIG", "RESETSTAT");

  describe("a renewal", () => {
    test("is one command, however much it brings", async () => {
      const a = instance();
      await a.sends();
      await forgetAsked();
      const votes = Array.from({ length: 100 }, () => a.vote(3));
      const { replies } = await a.sends({ votes, commands: [operate("observe", "o1"), { kind: "view" }] });
      expect(replies).toHaveLength(2);
      expect(await asked()).toEqual({ evalsha: 1, eval: 0 });
    });

    test("is sent with its script where the server does not know that, also after it forgot it in mid-life", async () => {
      const a = instance();
      await a.needs(1);
      await server.tell("SCRIPT", "FLUSH");
      await forgetAsked();
      for (let need = 2; need < 5; need++) expect((await a.needs(need)).permits).toBe(need);
      // The first of them asks whose the error was, and then brings the script.
      expect(await asked()).toEqual({ evalsha: 3, eval: 2 });
      expect((await a.views()).lanes.request.held).toBe(4);
    });

    test("whose answer is lost is rejected once, has one effect, and is not repeated", async () => {
      const a = instance();
      await a.sends();
      await forgetAsked();
      proxy.loseAnswerTo("EVALSHA");
      await expect(a.needs(2)).rejects.toThrow(/renew at a gate: a server that answers is needed/);
      const again = await eventually("the connection is back", () => a.again().catch(() => undefined));
      expect(again).toMatchObject({ lanes: { request: { permits: 2 } } });
      expect(await asked()).toEqual({ evalsha: 2, eval: 0 });
    });

    test("whose answer is lost while the server learns the script is not repeated either", async () => {
      const a = instance();
      await a.needs(1);
      await server.tell("SCRIPT", "FLUSH");
      await forgetAsked();
      proxy.loseAnswerTo("table.remove(ARGV)");
      await expect(a.needs(1, { votes: [a.vote(1)] })).rejects.toThrow(/renew at a gate/);
      const again = await eventually("the connection is back", () => a.again().catch(() => undefined));
      expect(again).toMatchObject({ lanes: { request: { permits: 1 } } });
      expect(await asked()).toEqual({ evalsha: 2, eval: 2 });
      expect((await a.views()).window.calls).toBe(1);
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
      await a.needs(1, { votes: [a.vote(1)] });
      await a.needs(1, {}, "slow");
      await b.needs(1);
      await b.needs(1, {}, "slow");
      await a.sends({ votes: [a.vote(1, 1)] });
      const names = async () => namesOf(await server.tell("KEYS", "*"));
      expect((await names()).length).toBeGreaterThan(0);
      expect((await names()).filter((name) => !name.startsWith(`${keyOf(keys)}:`))).toEqual([]);
      const lives = async () => Promise.all((await names()).map((name) => pttl(name)));
      const QUARTER_MS = DAY_MS / 4;
      expect((await lives()).filter((left) => left <= DAY_MS || left > DAY_MS + 2 * QUARTER_MS)).toEqual([]);
      // What is meant to last longer is kept for longer.
      await b.sends({ commands: [operate("force_closed", "o1", { ttlMs: DAY_MS })] });
      expect((await lives()).filter((left) => left <= 2 * DAY_MS || left > 2 * DAY_MS + QUARTER_MS)).toEqual([]);
    });

    test("of a gate have their end set anew when less is left than there is to be, not at every renewal", async () => {
      const a = instance("a", { keptMs: 1_000_000 });
      const longer = new Caller(store, keyOf(keys), "b", { keptMs: 2_000_000 });
      await a.sends();
      await forgetAsked();
      for (let again = 0; again < 5; again++) await a.sends();
      const ends = async () => /cmdstat_pexpire:calls=(\d+)/.exec(await server.tell("INFO", "commandstats"))?.[1];
      expect(await ends()).toBeUndefined();
      await longer.sends();
      expect(Number(await ends())).toBeGreaterThan(0);
      expect(await pttl(`${keyOf(keys)}:leases`)).toBeGreaterThan(2_000_000);
    });

    test("of who has left hold nothing of it any more, and small values go with their time", async () => {
      await server.tell("FLUSHALL");
      const [a, b] = [instance("a"), new Caller(store, keyOf(keys), "left-behind")];
      await a.sends();
      await b.needs(2);
      await store.kv.set(`${keyOf(keys)}:small`, "value", 50);
      expect(await pttl(`${keyOf(keys)}:small:kv`)).toBeLessThanOrEqual(50);
      const all = async () => {
        const names = namesOf(await server.tell("KEYS", "*"));
        const read = 'return { redis.pcall("HGETALL", KEYS[1]), redis.pcall("ZRANGE", KEYS[1], 0, -1) }';
        return (await Promise.all(names.map((name) => server.tell("EVAL", read, "1", name)))).join();
      };
      expect(await all()).toContain("left-behind");
      await b.needs(0, { leaves: true });
      expect(await all()).not.toContain("left-behind");
      await eventually("the value is over", async () => !(await server.tell("KEYS", "*")).includes(":small:kv"));
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
      await a.sends();
      await proxy.refuse();
      await expect(a.sends()).rejects.toThrow(/a server that answers is needed/);
      const startedAt = performance.now();
      for (let call = 0; call < 100; call++) await expect(a.sends()).rejects.toThrow(/reach it/);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      await proxy.pass();
      await eventually("it is back", () => a.sends().catch(() => undefined));
    });

    test("to a server that has become a replica is made anew, so that it finds who took over", async () => {
      const successor = await startRedis();
      onTestFinished(async () => {
        await server.tell("REPLICAOF", "NO", "ONE");
        await successor.dispose();
      });
      const a = instance();
      await a.sends();
      await server.tell("REPLICAOF", "127.0.0.1", String(successor.port));
      await expect(a.sends()).rejects.toThrow(/READONLY/);
      proxy.leadTo(successor.port);
      await eventually("the successor is found", () => a.sends().catch(() => undefined));
    });
  });
});
