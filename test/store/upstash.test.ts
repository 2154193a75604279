/** What is special about Upstash: requests that are counted, repeated, lost and refused, and texts that look like more. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { counter } from "../support/machines.ts";
import { freePort } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway, type UpstashGateway } from "../support/upstash-gateway.ts";
import { Caller, opening, operate } from "./caller.ts";

describe.skipIf(redisUnavailable())(`upstash ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let gateway: UpstashGateway;
  let store: Store;
  let keys = 0;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.dispose());
  beforeEach(async () => {
    gateway = await startUpstashGateway(server.url);
    store = upstash(gateway.url, { token: gateway.token }).open(systemRuntime());
  });
  afterEach(async () => {
    await store.close();
    await gateway.close();
  });

  const instance = (session = "a") => new Caller(store, `{upstash:${++keys}}`, session);
  const sent = () => gateway.requests.flatMap(({ path, commands }) => commands.map((name) => `${path} ${name}`));

  describe("requests", () => {
    test("are two where the database does not know the script, then one, also after it forgot its scripts", async () => {
      await server.tell("SCRIPT", "FLUSH");
      const a = instance();
      await a.needs(1);
      expect(sent()).toEqual(["/ EVALSHA", "/ EVAL"]);
      await a.needs(2);
      expect(sent().slice(2)).toEqual(["/ EVALSHA"]);
      await server.tell("SCRIPT", "FLUSH");
      await a.needs(3);
      await a.needs(4);
      expect(sent().slice(3)).toEqual(["/ EVALSHA", "/ EVAL", "/ EVALSHA"]);
      expect((await a.views()).lanes.request.held).toBe(4);
    });

    test("are one for each renewal, whatever is asked in the same turn, and tell nothing about their sender", async () => {
      const [a, b] = [instance(), instance()];
      await a.sends();
      const before = gateway.requests.length;
      await Promise.all([a.needs(1), b.needs(1), store.kv.get("value")]);
      expect(
        sent()
          .slice(before)
          .filter((one) => one === "/ EVALSHA").length,
      ).toBe(3);
      const names = gateway.requests.flatMap(({ headers }) => Object.keys(headers));
      expect(names.filter((name) => name.includes("telemetry"))).toEqual([]);
    });
  });

  describe.each(["first", "second"] as const)("a request delivered twice, whose %s answer is heard,", (heard) => {
    test("grants once and counts one vote", async () => {
      const a = instance();
      await a.sends();
      gateway.misbehave({ kind: "repeat", heard }, { kind: "repeat", heard });
      expect((await a.needs(1)).permits).toBe(1);
      expect((await a.needs(0, { votes: [a.vote(1, 1)] })).permits).toBe(0);
      expect(await a.views()).toMatchObject({ window: { calls: 1, failures: 1 }, lanes: { request: { held: 0 } } });
    });

    test("changes any other machine once, and appends one record", async () => {
      await store.transact(counter, `counter ${heard}`, 0);
      await store.log.append(`other ${heard}`, "record", 0);
      gateway.misbehave({ kind: "delay", ms: 0 }, { kind: "repeat", heard }, { kind: "repeat", heard });
      await store.transact(counter, `counter ${heard}`, 1);
      expect(await store.log.append(`log ${heard}`, "record", 0)).toEqual({ appended: true, head: 1 });
      expect((await store.transact(counter, `counter ${heard}`, 0)).sum).toBe(1);
      expect(await store.log.read(`log ${heard}`, 9, 9)).toEqual([{ position: 1, record: "record" }]);
    });
  });

  test("a request delivered again much later mints and counts nothing", async () => {
    const a = instance();
    await a.needs(1);
    const entered = gateway.requests.at(-1);
    await a.needs(0, { votes: [a.vote(1)] });
    await entered?.again();
    await gateway.requests.at(-1)?.again();
    expect(await a.views()).toMatchObject({ window: { calls: 1 }, lanes: { request: { held: 0, running: 0 } } });
  });

  describe("what goes wrong is a rejection that says where, what and why, without the token and the renewal", () => {
    const reason = "NOSCRIPT of the night shift";
    const commands = [operate("force_open", "o", { reason })];
    const messageOf = (caller: Caller) => caller.sends({ commands }).then(String, (error: unknown) => rejected(error));
    function rejected(error: unknown): string {
      const { message, stack, cause } = error as Error;
      expect(`${message}${stack}${cause}`).not.toContain(gateway.token);
      expect(message).not.toMatch(/night shift|redis\.call|evalsha/i);
      expect(message.length).toBeLessThan(500);
      return message;
    }

    test.each([
      ["an error of the database", 500, '{"error":"ERR internal"}', /ERR internal/],
      ["a page of something in between", 502, `<html>${"x".repeat(5_000)}`, /parse.*<html>/],
      ["an endless explanation", 500, `{"error":"${"x".repeat(5_000)}"}`, /x{200}/],
      ["no room", 503, '{"error":"unavailable"}', /unavailable/],
      ["too many requests", 429, '{"error":"ERR max requests limit exceeded"}', /max requests/],
      ["a full database", 400, '{"error":"OOM command not allowed"}', /OOM/],
      ["half an answer", 200, '{"result":[', /parse/],
      ["an answer that repeats the token", 400, '{"error":"AXtest-rest-token== is wrong"}', /\*\*\* is wrong/],
    ])("%s", async (_, status, body, found) => {
      const a = instance();
      await a.sends();
      const before = gateway.requests.length;
      gateway.misbehave({ kind: "answer", status, body });
      const message = await messageOf(a);
      expect(message).toContain(`upstash:${gateway.url}: renew at a gate: `);
      expect(message).toMatch(found);
      expect(gateway.requests.length - before).toBe(1);
    });

    test("a lost answer: it has run, and is not sent again", async () => {
      const a = instance();
      await a.sends();
      const before = gateway.requests.length;
      gateway.misbehave({ kind: "lose" });
      expect(await messageOf(a)).toMatch(/renew at a gate: .*found: fetch failed: ./);
      expect(gateway.requests.length - before).toBe(1);
      expect(await a.views()).toMatchObject({ override: { mode: "force_open", actor: "ann" } });
    });

    test("a wrong token", async () => {
      store = upstash(gateway.url, { token: "AXwrong-token" }).open(systemRuntime());
      expect(await messageOf(instance())).toMatch(/upstash:http:.*: renew at a gate: .*WRONGPASS/);
      expect(gateway.requests.length).toBe(1);
    });

    test("nobody there", async () => {
      store = upstash(`http://localhost:${await freePort()}`, gateway).open(systemRuntime());
      expect(await messageOf(instance())).toMatch(/renew at a gate: .*found: fetch failed: .*ECONNREFUSED/);
    });

    test("nobody at any of the addresses of a name", async () => {
      const cause = new AggregateError([
        new Error("connect ECONNREFUSED ::1"),
        new Error("connect ETIMEDOUT 10.0.0.1"),
      ]);
      vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed", { cause })));
      const message = await messageOf(instance()).finally(() => vi.unstubAllGlobals());
      expect(message).toMatch(/found: fetch failed: connect ECONNREFUSED ::1, connect ETIMEDOUT 10\.0\.0\.1$/);
    });

    test("no answer: given up after 10 s", async () => {
      const runtime = manualRuntime();
      store = upstash(gateway.url, gateway).open({ ...runtime, fetch });
      gateway.misbehave({ kind: "hang" });
      const message = messageOf(instance());
      await arrived();
      await runtime.advance(9_999);
      expect(await Promise.race([message, "waiting"])).toBe("waiting");
      await runtime.advance(1);
      expect(await message).toMatch(/no answer within 10000 ms/);
      expect(gateway.requests.length).toBe(1);
    });

    test("a store that is closed gives up what hangs, and sends no more", async () => {
      const a = instance();
      gateway.misbehave({ kind: "hang" });
      const message = messageOf(a);
      await arrived();
      await store.close();
      expect(await message).toMatch(/it is closed/);
      expect(await messageOf(a)).toMatch(/it is closed/);
      expect(gateway.requests.length).toBe(1);
    });

    async function arrived(): Promise<void> {
      await expect.poll(() => gateway.requests.length).toBe(1);
    }
  });

  describe("texts come back as they were", () => {
    const looksLike = ["", "OK", "T0s=", "1", "1e999", "12345678901234567890", "null", "true", '{"a":[1]}', '"'];
    const hostile = ["\u0000", "\ufeffmark", "\ud800", "x\udfff", "🌊🏽", "\u2028\u0085", "é".normalize("NFD")];

    test.each([...looksLike, ...hostile, "🌊\u0000".repeat(200_000)].map((text) => [text.slice(0, 20), text]))(
      "%j in a value and a log",
      async (name, text) => {
        await store.kv.set("text", text, 60_000);
        expect((await store.kv.get("text"))?.value === text, name).toBe(true);
        const log = `log ${++keys}`;
        await store.log.append(log, text, 0);
        expect((await store.log.read(log, 2, 1))[0]?.record === text, name).toBe(true);
      },
    );

    test.each(["OK", "12", "1e5", "12345678901234567890", "null"])("an instance named %s", async (session) => {
      const a = instance(session);
      const about = { runtime: session, region: session, version: session, startedAt: 0 };
      a.opens = opening({ about });
      expect((await a.needs(7)).permits).toBe(7);
      expect((await a.views()).instances).toMatchObject([{ session, about }]);
    });
  });
});
