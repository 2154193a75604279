import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway, type UpstashGateway } from "../support/upstash-gateway.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";

const ENTRY = "access-worker.ts";
const TOKEN = "ada-token-of-more-than-16";
const ENV = {
  APP_ENV: "production",
  ADMIN_TOKENS: `ada:${TOKEN}`,
  SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
  LOG_LEVEL: "error",
};
const reason = workerdUnavailable() ?? redisUnavailable();

/** As Cloudflare hands it on; `null` as nobody does. */
const from = (worker: Workerd, address: string | null, path = "orders", headers: Record<string, string> = {}) =>
  fetch(worker.url + path, { headers: { ...(address === null ? {} : { "CF-Connecting-IP": address }), ...headers } });

async function statuses(worker: Workerd, count: number, address: string): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n++) found.push((await from(worker, address)).status);
  return found;
}

describe.skipIf(reason)(`in workerd ${reason ?? ""}`, () => {
  let redis: RedisServer;
  let gateway: UpstashGateway;
  let shared: Workerd;
  let bound: Workerd;
  beforeAll(async () => {
    redis = await startRedis();
    gateway = await startUpstashGateway(redis.url);
    const upstash = { STATE_URL: `upstash:${gateway.url}`, STATE_TOKEN: gateway.token, STATE_DEADLINE_MS: "5000" };
    [shared, bound] = await Promise.all([
      startWorkerd({ entry: ENTRY, variables: { ...ENV, ...upstash, RATE_LIMIT_PER_MINUTE: "5" } }),
      startWorkerd({ entry: ENTRY, variables: ENV, rateLimits: { RATE_LIMITER: 3 } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([shared?.dispose(), bound?.dispose()]);
    await gateway?.close();
    await redis?.dispose();
  });

  it("clients are counted in Upstash, by the address that Cloudflare gives", async () => {
    // Several at once, of which none waits for what another one loads.
    const first = await Promise.all(Array.from({ length: 4 }, (_, n) => from(shared, `203.0.113.${100 + n}`)));
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const found = await statuses(shared, 12, "203.0.113.9");
    // A minute may end in between.
    expect(found.filter((status) => status === 429).length).toBeGreaterThanOrEqual(2);
    expect(found.slice(0, 5)).toEqual(Array(5).fill(200));
    expect(await statuses(shared, 1, "203.0.113.10")).toEqual([200]);
    const { headers } = await from(shared, "203.0.113.11");
    expect(headers.get("ratelimit")).toMatch(/^"default";r=4;t=\d+$/);
    expect(await redis.tell("KEYS", "*limit:requests*")).toContain("203.0.113.9");
  });

  it("a binding counts instead where there is one, and says nothing of what is left", async () => {
    const found = await statuses(bound, 8, "203.0.113.9");
    expect(found.slice(0, 3)).toEqual([200, 200, 200]);
    expect(found).toContain(429);
    const refused = (await Promise.all(Array.from({ length: 8 }, () => from(bound, "203.0.113.9")))).find(
      ({ status }) => status === 429,
    );
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused?.headers.get("ratelimit")).toBeNull();
    expect((await from(bound, "203.0.113.10")).status).toBe(200);
  });

  it("an admin is known by a token, and by a session that it begins", async () => {
    const status = async (headers: Record<string, string>) =>
      (await from(shared, "203.0.113.20", "admin/api/session", headers)).status;
    expect(await status({ Authorization: `Bearer ${TOKEN}` })).toBe(200);
    expect(await status({ Authorization: "Bearer nobody-has-this-token" })).toBe(401);
    const headers = { "CF-Connecting-IP": "203.0.113.20", "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ token: TOKEN }) };
    const signedIn = await fetch(`${shared.url}admin/api/session`, init);
    const [Cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
    expect([signedIn.status, await status({ Cookie })]).toEqual([200, 200]);
  });

  it("who guesses is slowed, by the count of the whole fleet", async () => {
    const found: number[] = [];
    for (let n = 0; n < 24; n++) {
      const headers = { Authorization: `Bearer guess-${n}` };
      found.push((await from(shared, "198.51.100.66", "admin/api/session", headers)).status);
    }
    expect(found.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(found.filter((status) => status === 429).length).toBeGreaterThanOrEqual(4);
    expect(await redis.tell("KEYS", "*limit:failed-logins*")).toContain("198.51.100.66");
  });

  it("a development start makes its token with the first request that asks for it", async () => {
    const development = await startWorkerd({ entry: ENTRY, variables: { APP_ENV: "development" } });
    try {
      const { status, headers } = await from(development, null, "admin/api/session", { Authorization: "Bearer guess" });
      expect([status, headers.get("www-authenticate")]).toEqual([401, expect.stringMatching(/^Bearer realm/)]);
    } finally {
      await development.dispose();
    }
  });
});
