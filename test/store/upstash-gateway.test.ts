/** The tests' own gateway, asked by the SDK as everybody else uses it. */
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway, type UpstashGateway } from "../support/upstash-gateway.ts";

const LOCKING = "#!lua flags=allow-key-locking\nreturn { KEYS[1], ARGV[1], 7, { 'nested', false } }";

describe.skipIf(redisUnavailable())(`the Upstash gateway ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let gateway: UpstashGateway;
  let client: Redis;

  beforeAll(async () => {
    server = await startRedis();
    gateway = await startUpstashGateway(server.url);
    client = new Redis({ url: gateway.url, token: gateway.token, enableTelemetry: false });
  });
  afterAll(async () => {
    await gateway?.close();
    await server?.dispose();
  });

  const raw = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const authorization = `Bearer ${gateway.token}`;
    const answer = await fetch(gateway.url + path, { method: "POST", body, headers: { authorization, ...headers } });
    return [answer.status, await answer.json()];
  };

  test("carries the client's defaults: pipelined by itself, in base64", async () => {
    expect(await Promise.all([client.set("key", "🌊"), client.get("key"), client.incr("count")])).toEqual([
      "OK",
      "🌊",
      1,
    ]);
    expect(gateway.requests.map(({ path }) => path)).toContain("/pipeline");
  });

  test("encodes strings alone, and leaves OK", async () => {
    const script = JSON.stringify(["EVAL", "return { 'a', 7, { 'b' }, false }", 0]);
    const base64 = { "upstash-encoding": "base64" };
    expect(await raw("/", script, base64)).toEqual([200, { result: ["YQ==", 7, ["Yg=="], null] }]);
    expect(await raw("/", script)).toEqual([200, { result: ["a", 7, ["b"], null] }]);
    expect(await raw("/", '["SET","ok","OK"]', base64)).toEqual([200, { result: "OK" }]);
    expect(await raw("/", '["GET","ok"]', base64)).toEqual([200, { result: "T0s=" }]);
  });

  test("runs a pipeline one by one, errors where they belong", async () => {
    const commands = '[["SET","text","x"],["INCR","text"],["GET","text"]]';
    const refused = { error: "ERR value is not an integer or out of range" };
    expect(await raw("/pipeline", commands)).toEqual([200, [{ result: "OK" }, refused, { result: "x" }]]);
    expect(await raw("/multi-exec", commands)).toEqual([200, [{ result: "OK" }, refused, { result: "x" }]]);
  });

  test("runs a transaction at one moment, or not at all", async () => {
    const increments = JSON.stringify([
      ["INCR", "sum"],
      ["INCR", "sum"],
    ]);
    const all = await Promise.all(Array.from({ length: 20 }, () => raw("/multi-exec", increments)));
    const pairs = all.map(([, answers]) => (answers as { result: number }[]).map(({ result }) => result));
    expect(pairs.every(([one = 0, other = 0]) => one + 1 === other)).toBe(true);
    expect(await client.multi().incr("sum").get("sum").exec()).toEqual([41, 41]);
    const [status, answer] = await raw("/multi-exec", '[["SET","never","x"],["NOSUCH"]]');
    expect([status, answer.error]).toEqual([400, expect.stringMatching(/^EXECABORT/)]);
    expect(await client.get("never")).toBeNull();
  });

  test("knows the flag of scripts that lock their keys alone, under the digest they have with it", async () => {
    const script = client.createScript<unknown[]>(LOCKING);
    expect(await script.exec(["key"], ["value"])).toEqual(["key", "value", 7, ["nested", null]]);
    const before = gateway.requests.length;
    expect(await script.exec(["key"], ["value"])).toEqual(["key", "value", 7, ["nested", null]]);
    expect(gateway.requests.length - before).toBe(1);
  });

  test("refuses strangers and what is no command", async () => {
    const wrong = await raw("/", '["PING"]', { authorization: "Bearer wrong" });
    expect(wrong).toEqual([401, { error: expect.stringMatching(/^WRONGPASS/) }]);
    expect(await raw("/", "[")).toMatchObject([400, { error: expect.stringMatching(/^ERR/) }]);
    expect(await raw("/", '["NOSUCH"]')).toMatchObject([400, { error: expect.stringMatching(/^ERR unknown command/) }]);
    expect(await raw("/", '["EVALSHA","00",0]')).toMatchObject([400, { error: expect.stringMatching(/^NOSCRIPT/) }]);
  });
});
