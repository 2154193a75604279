/** Connections to real servers whose place another takes, over a clock that the test moves on. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RedisNode, readRedisNode } from "../../lib/redis-url.ts";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";
import type { Script } from "../../lib/store/lua/script.ts";
import type { Client } from "../../lib/store/redis/client.ts";
import { openCommands } from "../../lib/store/redis/commands.ts";
import { openConnection } from "../../lib/store/redis/connection.ts";
import { lasting } from "../../lib/store/redis/lasting.ts";
import { settingsOf } from "../../lib/store/redis/settings.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { because } from "../support/because.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

const PORT: Script = { what: "port", text: 'return redis.call("GET", "port")' };
const ECHO: Script = { what: "echo", text: "return ARGV[1]" };
/** Longer than a server is quiet for no reason, shorter than it is borne. */
const QUIET_MS = 1_000;
const unavailable = redisUnavailable();

describe.skipIf(unavailable)(`a server that is replaced${because(unavailable)}`, () => {
  let servers: readonly [RedisServer, RedisServer];
  const ends: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    servers = await Promise.all([startRedis(), startRedis()]);
    for (const server of servers) await server.tell("SET", "port", String(server.port));
  });
  afterEach(async () => {
    for (const server of servers) server.resume();
    await Promise.all(ends.splice(0).map((end) => end()));
  });
  afterAll(() => Promise.all((servers ?? []).map((server) => server.dispose())));

  const nodeOf = ({ port }: RedisServer): RedisNode => {
    const node = readRedisNode(`127.0.0.1:${port}`);
    if (node === null) throw new Error(`no node: ${port}`);
    return node;
  };
  /** Of which another says who has the place. */
  function watched(primary: RedisServer) {
    let [named, passedMs, asked, gaveUp] = [primary, 0, 0, 0];
    const system = systemRuntime();
    const runtime: Runtime = { ...system, monotonicMs: () => system.monotonicMs() + passedMs };
    const commands = openCommands({
      settings: settingsOf("redis+sentinel://127.0.0.1:1/main"),
      locator: {
        locate: () => nodeOf(named),
        isReplaced: async (endpoint) => {
          asked += 1;
          return "port" in endpoint && endpoint.port !== named.port;
        },
      },
      runtime,
      gaveUp: () => {
        gaveUp += 1;
      },
    });
    ends.push(() => commands.close());
    return {
      port: () => commands.run(PORT, [], []),
      name(server: RedisServer) {
        named = server;
      },
      pass(ms: number) {
        passedMs += ms;
      },
      asked: () => asked,
      gaveUp: () => gaveUp,
    };
  }
  /** The client writes at the end of a turn. */
  const sent = () => new Promise((resolve) => setTimeout(resolve, 20));
  const told = (error: Error): string => error.message;

  test("while it is frozen is left long before it would be given up for its silence", async () => {
    const [old, other] = servers;
    const { port, name, pass, gaveUp } = watched(old);
    expect(await port()).toBe(String(old.port));
    old.pause();
    const lost = port().catch(told);
    await sent();
    pass(QUIET_MS);
    const again = port().catch(told);
    name(other);
    expect(await Promise.all([lost, again])).toEqual([
      expect.stringContaining("a server that answers is needed"),
      expect.stringContaining("a server that answers is needed"),
    ]);
    await eventually("the other is asked", async () => (await port().catch(told)) === String(other.port));
    expect(gaveUp()).toBe(1);
  });

  test("is kept while nobody else has its place", async () => {
    const [old] = servers;
    const { port, pass, asked, gaveUp } = watched(old);
    await port();
    old.pause();
    const late = port();
    await sent();
    pass(QUIET_MS);
    const later = port();
    await eventually("somebody is asked about it", () => asked() > 1);
    old.resume();
    expect(await Promise.all([late, later])).toEqual([String(old.port), String(old.port)]);
    expect(gaveUp()).toBe(0);
  });

  test("tells who waits for it that it is there again, and nobody who does not wait any more", async () => {
    const [server] = servers;
    const connection = openConnection(settingsOf(server.url), systemRuntime());
    ends.push(() => connection.close());
    const echo = () => connection.run(ECHO, [], ["here"]);
    await echo();
    const heard: string[] = [];
    connection.onReachable?.(() => heard.push("waits"));
    connection.onReachable?.(() => heard.push("gone"))();
    await server.kill();
    await eventually("it is noticed", () =>
      echo().then(
        () => false,
        () => true,
      ),
    );
    expect(heard).toEqual([]);
    await server.start();
    await eventually("it is told", () => heard.length > 0);
    expect(heard).toEqual(["waits"]);
    expect(await echo()).toBe("here");
  });
});

describe("a connection that is lost as soon as it is there", () => {
  test("is made ever more seldom, and at once again after one that lasted", async () => {
    const runtime = manualRuntime();
    const clients: Client[] = [];
    const line = lasting({
      connect: async () => {
        const client = { onLost: () => {}, destroy: () => {}, close: async () => {} } as unknown as Client;
        clients.push(client);
        return client;
      },
      longestRetryMs: 250,
      runtime,
    });
    await line.first();
    const lose = () => line.renew(clients.at(-1) as Client, new Error("READONLY"));
    for (let turn = 0; turn < 5; turn++) {
      lose();
      await runtime.advance(250);
    }
    lose();
    await runtime.advance(124);
    expect(clients).toHaveLength(6);
    await runtime.advance(126);
    expect(clients).toHaveLength(7);
    await runtime.advance(1_000);
    lose();
    await runtime.advance(25);
    expect(clients).toHaveLength(8);
  });
});
