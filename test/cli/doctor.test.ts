/** The doctor in front of stores and hooks that are well, or not. */
import { describe, expect, test } from "vitest";
import { redis } from "../../lib/store/redis/redis.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { manualRuntime } from "../../lib/testing/testing.ts";
import { because } from "../support/because.ts";
import { examined } from "../support/examined.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";

const noRedis = redisUnavailable();
describe.skipIf(noRedis)(`a Redis${because(noRedis)}`, () => {
  const withStore = { DATABASE_URL: "pglite:", EXPECTED_INSTANCES: "2", STATE_DEADLINE_MS: "1000" };

  test("that keeps what it is given is fine", async () => {
    const server = await startRedis({ appendonly: true });
    const { code, of } = await examined({ ...withStore, STATE_URL: server.url });
    expect(of("store")).toMatchObject([
      { verdict: "ok", found: expect.stringMatching(/answers within [\d.]+ ms, of 1000 ms/) },
    ]);
    expect(of("eviction")).toMatchObject([{ verdict: "ok" }]);
    expect(of("persistence")).toMatchObject([{ verdict: "ok" }]);
    expect(code).toBe(0);
    await server.dispose();
  });

  test("has the time that its store gives it, where the environment gives none", async () => {
    const server = await startRedis();
    const gateway = await startUpstashGateway(server.url);
    const runtime = manualRuntime();
    const own = [redis(server.url), upstash(gateway.url, gateway)].map(
      (store) => store.open(runtime).traits.deadlineMs,
    );
    const env = { DATABASE_URL: "pglite:", EXPECTED_INSTANCES: "2" };
    const found = [
      await examined({ ...env, STATE_URL: server.url }),
      await examined({ ...env, STATE_URL: `upstash:${gateway.url}`, STATE_TOKEN: gateway.token }),
    ].map(({ of }) => Number(/of (\d+) ms/.exec(of("store")[0]?.found ?? "")?.[1]));
    expect(found).toEqual(own);
    await gateway.close();
    await server.dispose();
  });

  test("that drops keys has to be mended, and one that keeps nothing is warned of", async () => {
    const server = await startRedis({ settings: { maxmemory: "10mb", "maxmemory-policy": "allkeys-lru" } });
    const { code, of } = await examined({ ...withStore, STATE_URL: server.url });
    expect(of("eviction")).toMatchObject([{ verdict: "fail", remedy: "set maxmemory-policy noeviction" }]);
    expect(of("persistence")).toMatchObject([{ verdict: "warn" }]);
    expect(code).toBe(1);
    await server.dispose();
  });

  test("behind a REST gateway is looked at as well", async () => {
    const server = await startRedis();
    const gateway = await startUpstashGateway(server.url);
    const env = { ...withStore, STATE_URL: `upstash:${gateway.url}`, STATE_TOKEN: gateway.token };
    expect((await examined(env)).of("store")).toMatchObject([{ verdict: "ok" }]);
    // It asks for the time first, once and five times more.
    const times = Array.from({ length: 6 }, () => ({ kind: "delay", ms: 0 }) as const);
    const old = { result: "redis_version:6.0.16\r\nrole:master\r\n" };
    gateway.misbehave(...times, { kind: "answer", status: 200, body: JSON.stringify(old) });
    expect((await examined(env)).of("store version")).toMatchObject([{ verdict: "fail", found: "Redis 6.0.16" }]);
    const wrong = await examined({ ...env, STATE_TOKEN: "another-token" });
    expect(wrong.of("store")).toMatchObject([{ verdict: "fail", found: expect.stringContaining("WRONGPASS") }]);
    gateway.misbehave({ kind: "answer", status: 502, body: `<html>${"busy ".repeat(1_000)}</html>` });
    const [away] = (await examined(env)).of("store");
    expect(away?.found).toMatch(/HTTP 502.*<html>busy .*…$/);
    expect(away?.found.length).toBeLessThan(600);
    await gateway.close();
    await server.dispose();
  });

  test("that is away is told", async () => {
    const { of } = await examined({ ...withStore, STATE_URL: "redis://:a-secret-password@127.0.0.1:1" });
    expect(of("store")).toMatchObject([{ verdict: "fail", remedy: expect.stringContaining("STATE_URL") }]);
  });
});

describe("a restart hook", () => {
  test("is tried as far as that restarts nothing", async () => {
    const env = {
      RESTART_HOOK: "webhook",
      RESTART_WEBHOOK_URL: "https://ops.example.com/a-secret-path",
      RESTART_WEBHOOK_SECRET: `whsec_${btoa("a secret of thirty-two characters")}`,
    };
    const { of, out } = await examined(env);
    expect(of("restart hook")).toMatchObject([
      { verdict: "ok", found: expect.stringContaining("Not known: Whether the receiver") },
    ]);
    expect(out).not.toContain("a-secret-path");
  });

  test("that its platform refuses has to be mended", async () => {
    const env = { RESTART_HOOK: "kubernetes", KUBERNETES_DEPLOYMENT: "shop" };
    const { code, of } = await examined(env);
    expect(of("restart hook")).toMatchObject([
      { verdict: "fail", found: expect.stringContaining("no service account") },
    ]);
    expect(code).toBe(1);
  });
});
