/** The connection to a real Redis, over a clock that the test moves on and a proxy that swallows. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";
import { openLimiter } from "../../lib/store/lua/limiter.ts";
import type { Script } from "../../lib/store/lua/script.ts";
import { type Connection, openConnection } from "../../lib/store/redis/connection.ts";
import { settingsOf } from "../../lib/store/redis/settings.ts";
import { type BadProxy, badProxy } from "../support/bad-proxy.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

const ECHO: Script = { what: "echo", text: "return ARGV[1]" };
const COUNT: Script = { what: "count", text: 'return redis.call("INCR", KEYS[1])' };
const unavailable = redisUnavailable();

describe.skipIf(unavailable)(`a connection to Redis${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let server: RedisServer;
  let passedMs = 0;
  const opened: (Connection | BadProxy)[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));
  afterAll(() => server?.dispose());

  function connect(url: string, runtime: Runtime = systemRuntime()): Connection {
    const one = openConnection(settingsOf(url), runtime);
    opened.push(one);
    return one;
  }
  const echoOver =
    (one: Connection) =>
    (value: string): Promise<unknown> =>
      one.run(ECHO, [], [value]);

  describe("that falls silent", () => {
    async function connection(): Promise<(value: string) => Promise<unknown>> {
      const runtime = systemRuntime();
      const echo = echoOver(connect(server.url, { ...runtime, monotonicMs: () => runtime.monotonicMs() + passedMs }));
      await echo("first");
      return echo;
    }

    test("is kept by a process that stood still while the answer arrived", async () => {
      const echo = await connection();
      const before = await connectionsMade();
      server.pause();
      const asked = echo("asked before");
      await sent();
      server.resume();
      standStill();
      expect(await Promise.all([asked, echo("asked after")])).toEqual(["asked before", "asked after"]);
      expect((await connectionsMade()) - before).toBe(1);
    });

    test("is made anew where the server has been silent for seconds", async () => {
      const echo = await connection();
      server.pause();
      const asked = echo("into the silence").catch((error: Error) => error.message);
      await sent();
      standStill();
      const after = echo("and again").catch((error: Error) => error.message);
      expect(await asked).toContain("a server that answers is needed");
      server.resume();
      await after;
      await isBack(echo);
    });
  });

  describe("on which something is swallowed", () => {
    async function behindProxy() {
      const proxy = await badProxy(server.port);
      opened.push(proxy);
      const one = connect(`redis://127.0.0.1:${proxy.port}`);
      const echo = echoOver(one);
      await echo("first");
      return { proxy, one, echo };
    }

    test.each(["request", "answer"] as const)("gives nobody another's answer after a lost %s", async (what) => {
      const { proxy, echo } = await behindProxy();
      proxy.swallowOne(what, "EVALSHA");
      const lost = echo("lost").catch(told);
      await sent();
      expect(await echo("next").catch(told)).toMatch(/a server that answers is needed/);
      expect(await lost).toMatch(/found: the answer to another command|Disconnects client/);
      await isBack(echo);
      expect(proxy.accepted()).toBe(2);
      expect(await Promise.all(["a", "b", "c"].map(echo))).toEqual(["a", "b", "c"]);
    });

    test("runs nothing twice because of another's error", async () => {
      const { proxy, one, echo } = await behindProxy();
      await one.run(COUNT, ["before"], []);
      proxy.swallowOne("answer", "counted once");
      const lost = one.run(COUNT, ["counted once"], []).catch(told);
      await sent();
      // The server does not know it, and says so to whom it takes for the one that asked.
      const unknown = await one.run({ what: "unknown", text: "return 17" }, [], []).catch(told);
      expect(unknown).toMatch(/a server that answers is needed/);
      expect(await lost).toMatch(/a server that answers is needed/);
      await isBack(echo);
      expect(await server.tell("GET", "counted once")).toContain("\r\n1\r\n");
    });

    test("gives no client the limit of another", async () => {
      const { proxy, one, echo } = await behindProxy();
      const rule = { name: "requests", count: 1, windowMs: 3_600_000 };
      const limiter = await openLimiter(one, systemRuntime(), "numbered", rule, 5_000);
      expect(await limiter.take("a")).toMatchObject({ allowed: true });
      proxy.swallowOne("request", ":b:");
      const lost = Promise.resolve(limiter.take("b")).catch(told);
      await sent();
      // Both would be wrong: c has not taken any yet, and b has not been let in.
      expect(await Promise.resolve(limiter.take("c")).catch(told)).toMatch(/a server that answers is needed/);
      expect(await lost).toMatch(/a server that answers is needed/);
      await isBack(echo);
    });
  });

  describe("whose user may not listen", () => {
    const user = (rights: string) => server.tell("ACL", "SETUSER", rights, "on", ">pw", "~*", "resetchannels", "+@all");
    const urlOf = (name: string) => `redis://${name}:pw@127.0.0.1:${server.port}`;
    const subscribing = async () => {
      const stats = await server.tell("INFO", "commandstats");
      const [, calls, rejected] = /cmdstat_subscribe:calls=(\d+).*rejected_calls=(\d+)/.exec(stats) ?? [];
      return { done: Number(calls ?? 0), rejected: Number(rejected ?? 0) };
    };

    test("tells it once, asks again after a minute, and runs scripts as before", async () => {
      await user("deaf");
      await server.tell("CONFIG", "RESETSTAT");
      const later: { readonly task: () => void; readonly ms: number }[] = [];
      const runtime = systemRuntime();
      const setTimer: Runtime["setTimer"] = (task, ms, options) =>
        ms > 10_000 ? later.push({ task, ms }) : runtime.setTimer(task, ms, options);
      const one = connect(urlOf("deaf"), { ...runtime, setTimer });
      const [heard, refused]: [string[], Error[]] = [[], []];
      const listen = (message: string) => heard.push(message);
      one.subscribe(["own", "all"], listen, (error) => refused.push(error));
      await eventually("it is refused", () => refused.length > 0);
      expect(refused.map(String)).toEqual([expect.stringMatching(/NOPERM.*channel/)]);
      expect(await echoOver(one)("works")).toBe("works");
      expect(later.map(({ ms }) => ms >= 30_000 && ms <= 60_000)).toEqual([true]);

      later.shift()?.task();
      await eventually("it is refused again", () => later.length > 0);
      expect(refused).toHaveLength(1);
      await server.tell("ACL", "SETUSER", "deaf", "allchannels");
      later.shift()?.task();
      await eventually("it listens", async () => (await subscribing()).done > 0);
      await server.tell("PUBLISH", "all", "hello");
      await eventually("it hears", () => heard.length > 0);
      expect(await subscribing()).toEqual({ done: 1, rejected: 2 });
    });

    test("any more tells it once, and is not tried again and again", async () => {
      await user("deafened");
      await server.tell("ACL", "SETUSER", "deafened", "allchannels");
      await server.tell("CONFIG", "RESETSTAT");
      const one = connect(urlOf("deafened"));
      const refused: Error[] = [];
      one.subscribe(
        ["own"],
        () => {},
        (error) => refused.push(error),
      );
      await eventually("it listens", async () => (await subscribing()).done > 0);
      await server.tell("ACL", "SETUSER", "deafened", "resetchannels");
      await eventually("it is refused", () => refused.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(refused.map(String)).toEqual([expect.stringMatching(/NOPERM/)]);
      expect((await subscribing()).rejected).toBe(1);
      expect(await echoOver(one)("works")).toBe("works");
    });
  });

  describe("to a server that has become a replica", () => {
    const asOf6 = (text: string): Script => ({
      what: "write",
      text: `return redis.error_reply(${JSON.stringify(text)})`,
    });
    const WORDS = "You can't write against a read only replica.";
    const inScript = (found: string) => `ERR Error running script (call to f_0a1b2c): ${found}`;

    test.each([
      ["Redis 7", `READONLY ${WORDS} script: 0a1b2c, on @user_script:7.`],
      ["Redis 6", inScript(`@user_script:7: @user_script: 7: -READONLY ${WORDS}`)],
      ["Redis 6, in a function", inScript(`@user_script: 7: -READONLY ${WORDS}`)],
      [
        "one that has lost its master",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      ],
    ])("is made anew: %s", async (_, text) => {
      const one = connect(server.url);
      const echo = echoOver(one);
      await echo("first");
      const before = await connectionsMade();
      await expect(one.run(asOf6(text), [], [])).rejects.toThrow(/READONLY|MASTERDOWN/);
      await isBack(echo);
      expect((await connectionsMade()) - before).toBe(2);
    });

    test.each([
      "ERR the reason was -READONLY mode",
      inScript("@user_script:7: the caller said: @user_script: 7: -READONLY nothing"),
      "WRONG READONLY",
    ])("is not recognised by the texts of callers: %s", async (text) => {
      const one = connect(server.url);
      const echo = echoOver(one);
      await echo("first");
      const before = await connectionsMade();
      await expect(one.run(asOf6(text), [], [])).rejects.toThrow(/READONLY/);
      expect(await echo("still there")).toBe("still there");
      expect((await connectionsMade()) - before).toBe(1);
    });
  });

  const told = (error: Error): string => error.message;
  const isBack = (echo: (value: string) => Promise<unknown>) =>
    eventually("it answers again", () =>
      echo("back").then(
        (value) => value === "back",
        () => false,
      ),
    );
  /** The client writes at the end of a turn. */
  const sent = () => new Promise((resolve) => setTimeout(resolve, 20));
  /** Long enough for an answer to arrive, which nobody reads; by the clock for longer than a server may be silent. */
  function standStill(): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    passedMs += 4_000;
  }
  /** Each look is a connection too. */
  const connectionsMade = async () =>
    Number(/total_connections_received:(\d+)/.exec(await server.tell("INFO", "stats"))?.[1]);
});
