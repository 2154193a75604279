import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fleetLimiter } from "../../lib/http/limit/fleet.ts";
import { windowLimiter } from "../../lib/http/limit/window.ts";
import type { Limiter, LimitVerdict } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type SmallApp, smallApp } from "../support/app.ts";

const MINUTE_MS = 60_000;
const RULE = { name: "requests", count: 3, windowMs: MINUTE_MS };

/** Asks as from another machine. */
const from = ({ app }: SmallApp, address: string | null, path = "/orders", headers: Record<string, string> = {}) =>
  app.request(path, { headers }, { incoming: { socket: { remoteAddress: address ?? undefined } } });

async function statuses(small: SmallApp, count: number, address = "203.0.113.9", path = "/orders") {
  const answers = [];
  for (let n = 0; n < count; n++) answers.push((await from(small, address, path)).status);
  return answers;
}

describe("requests of one client", () => {
  it("are so many a minute, and the next is 429 with all that a client needs to know", async () => {
    const small = smallApp({ RATE_LIMIT_PER_MINUTE: "3" });
    const first = await from(small, "203.0.113.9");
    expect(first.status).toBe(200);
    expect(first.headers.get("ratelimit-policy")).toBe('"default";q=3;w=60');
    expect(first.headers.get("ratelimit")).toBe('"default";r=2;t=60');
    await small.runtime.advance(20_500);
    expect(await statuses(small, 2)).toEqual([200, 200]);

    const refused = await from(small, "203.0.113.9");
    const { error, retryable, meta } = await refused.json();
    expect([refused.status, error.code, retryable]).toEqual([429, "TOO_MANY_REQUESTS", true]);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("ratelimit-policy")).toBe('"default";q=3;w=60');
    expect(refused.headers.get("ratelimit")).toBe('"default";r=0;t=40');
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(40);
    expect(meta.retry_after_seconds).toBe(Number(refused.headers.get("retry-after")));

    await small.runtime.advance(39_500);
    expect(await statuses(small, 4)).toEqual([200, 200, 200, 429]);
  });

  it("are its own: another address, another client; one IPv6 network, one client", async () => {
    const small = smallApp({ RATE_LIMIT_PER_MINUTE: "1" });
    expect(await statuses(small, 2, "203.0.113.9")).toEqual([200, 429]);
    expect(await statuses(small, 1, "203.0.113.10")).toEqual([200]);
    expect(await statuses(small, 1, "2001:db8:1:2::1")).toEqual([200]);
    expect(await statuses(small, 1, "2001:db8:1:2:ffff::9")).toEqual([429]);
    expect(await statuses(small, 1, "2001:db8:1:3::1")).toEqual([200]);
  });

  it("are not another's for a header, unless a trusted proxy wrote it", async () => {
    const small = smallApp({ RATE_LIMIT_PER_MINUTE: "1", TRUSTED_PROXIES: "10.0.0.0/8" });
    const as = async (peer: string, header: string) =>
      (await from(small, peer, "/orders", { "X-Forwarded-For": header })).status;
    expect(await as("203.0.113.9", "198.51.100.1")).toBe(200);
    expect(await as("203.0.113.9", "198.51.100.2")).toBe(429);
    expect(await as("10.0.0.1", "198.51.100.3")).toBe(200);
    expect(await as("10.0.0.1", "198.51.100.4")).toBe(200);
    expect(await as("10.0.0.1", "8.8.8.8, 198.51.100.4")).toBe(429);
    const warned = small.lines.filter(({ event }) => event === "limit.reached_behind_a_proxy");
    expect(warned).toHaveLength(1);
  });

  it("for health are never counted, nor refused", async () => {
    const small = smallApp({ RATE_LIMIT_PER_MINUTE: "1" });
    for (const path of ["/health", "/health/live", "/health/ready"]) {
      const answer = await from(small, "203.0.113.9", path);
      expect([path, answer.status, answer.headers.get("ratelimit")]).toEqual([path, 200, null]);
    }
    expect(await statuses(small, 2)).toEqual([200, 429]);
    expect(await statuses(small, 1, "203.0.113.9", "/health")).toEqual([200]);
    expect(await statuses(small, 1, "203.0.113.9", "/healthy")).toEqual([429]);
  });

  it("that nobody can tell apart are let pass, which is said once", async () => {
    const small = smallApp({ RATE_LIMIT_PER_MINUTE: "1" });
    for (let n = 0; n < 5; n++) expect((await from(small, null)).status).toBe(200);
    expect(small.lines.filter(({ event }) => event === "limit.no_address")).toHaveLength(1);
  });

  it("have no limit with 0", async () => {
    const small = smallApp({ RATE_LIMIT_PER_MINUTE: "0" });
    expect(new Set(await statuses(small, 1_000))).toEqual(new Set([200]));
    expect((await from(small, "203.0.113.9")).headers.get("ratelimit")).toBeNull();
  });
});

describe("on Node", () => {
  let server: ReturnType<typeof serve>;
  let url = "";
  beforeAll(async () => {
    const { app } = smallApp({ RATE_LIMIT_PER_MINUTE: "2", CORS_ORIGINS: "https://app.example.com" });
    await new Promise<void>((resolve) => {
      server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
        url = `http://127.0.0.1:${port}`;
        resolve();
      });
    });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("the socket says who it is, and a browser elsewhere may read how much is left", async () => {
    const ask = () => fetch(`${url}/orders`, { headers: { Origin: "https://app.example.com" } });
    const answers = [await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    for (const { headers } of answers) {
      expect(headers.get("ratelimit")).toMatch(/^"default";r=\d;t=\d+$/);
      expect(headers.get("access-control-expose-headers")).toMatch(/RateLimit,RateLimit-Policy/);
    }
  });
});

describe("a window in this process", () => {
  it("forgets the client whose window began first, beyond ten thousand", async () => {
    const limiter = windowLimiter({ ...RULE, count: 1 }, manualRuntime());
    for (let n = 0; n < 10_000; n++) await limiter.take(`client-${n}`);
    expect(await limiter.take("client-0")).toMatchObject({ allowed: false });
    await limiter.take("one-more");
    expect(await limiter.take("client-1")).toMatchObject({ allowed: false });
    expect(await limiter.take("client-0")).toMatchObject({ allowed: true });
  });

  it("is the client's own, from its first request on", async () => {
    const runtime = manualRuntime();
    const limiter = windowLimiter({ ...RULE, count: 1 }, runtime);
    await limiter.take("a");
    await runtime.advance(MINUTE_MS - 1);
    expect(await limiter.take("a")).toEqual({ allowed: false, remaining: 0, resetMs: 1 });
    await runtime.advance(1);
    expect(await limiter.take("a")).toEqual({ allowed: true, remaining: 0, resetMs: MINUTE_MS });
  });
});

describe("a store in trouble", () => {
  const failing = (error: Error): Limiter => ({
    take: () => Promise.reject(error),
    look: () => Promise.reject(error),
  });
  function counting(open: () => Promise<Limiter>, whenAway: "pass" | "local") {
    const said: string[] = [];
    const write = (event: string) => void said.push(event);
    const log = { debug: write, info: write, warn: write, error: write };
    const store = { kind: "redis", openLimiter: open } as const;
    const runtime = manualRuntime();
    const limiter = fleetLimiter({ store, prefix: "p", rule: RULE, deadlineMs: 50, whenAway, runtime, log });
    const takes = async () => {
      const verdicts: (LimitVerdict | null)[] = [];
      for (let n = 0; n < 5; n++) verdicts.push(await limiter.take("a"));
      return verdicts.map((verdict) => verdict?.allowed ?? null);
    };
    return { takes, said };
  }

  it("lets requests of an application pass, and counts where that is asked for", async () => {
    const away = async () => failing(new Error("away"));
    expect(await counting(away, "pass").takes()).toEqual([null, null, null, null, null]);
    expect(await counting(away, "local").takes()).toEqual([true, true, true, false, false]);
  });

  it("without the package counts in this process, and says so once", async () => {
    const { takes, said } = counting(() => Promise.reject(new Error("Cannot find package")), "pass");
    expect(await takes()).toEqual([true, true, true, false, false]);
    expect(said).toEqual(["limit.per_instance"]);
  });
});
