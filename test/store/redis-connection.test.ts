/** The connection to a real Redis, over a clock that the test moves on. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Script } from "../../lib/store/lua/script.ts";
import { parseRedisUrl } from "../../lib/store/redis/address.ts";
import { type Connection, openConnection } from "../../lib/store/redis/connection.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

const ECHO: Script = { what: "echo", text: "return ARGV[1]" };
const unavailable = redisUnavailable();

describe.skipIf(unavailable)(`a connection to Redis${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let server: RedisServer;
  let passedMs = 0;
  const opened: Connection[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await Promise.all(opened.map((connection) => connection.close()));
    await server.dispose();
  });

  async function connection(): Promise<(value: string) => Promise<unknown>> {
    const runtime = systemRuntime();
    const clock = { ...runtime, monotonicMs: () => runtime.monotonicMs() + passedMs };
    const one = openConnection(parseRedisUrl(server.url), clock);
    opened.push(one);
    const echo = (value: string) => one.run(ECHO, [], [value]);
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
    await eventually("it answers again", () =>
      echo("back").then(
        (value) => value === "back",
        () => false,
      ),
    );
  });

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
