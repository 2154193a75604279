/** The whole of Tidegate before a pooler that is full: refused callers, a closed breaker, a health that does not lie. */
import { Hono } from "hono";
import { tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { postgres } from "tidegate/databases/postgres";
import { memory } from "tidegate/stores/memory";
import { afterEach, describe, expect, test } from "vitest";
import type { Tidegate, TidegateEnv } from "../../lib/tidegate.ts";
import { poolerScene, poolerUnavailable } from "../support/pooler-scene.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const unavailable = poolerUnavailable();

describe.skipIf(unavailable !== undefined)(`before a full pooler: ${unavailable ?? "PgBouncer found"}`, () => {
  const { bouncer, pooled, occupied } = poolerScene({ default_pool_size: "1" });
  let tide: Tidegate | undefined;
  afterEach(() => tide?.close());

  function application() {
    const variables = {
      DB_POOLER: "transaction",
      DB_POOL_TIMEOUT: "1",
      DB_POOL_SIZE: "20",
      HEALTH_MEMO_TTL_SECONDS: "0",
    };
    const config = readConfig({ DATABASE_URL: bouncer().url, ...variables });
    tide = tidegate({ database: postgres(bouncer().url), store: memory(), config, log: SILENT });
    return new Hono<TidegateEnv>()
      .use(tide.middleware())
      .get("/one", async (c) => c.json(await c.var.db.one`select 1 as v`))
      .route("/", tide.routes());
  }

  test("callers are refused, the breaker stays closed, health knows nothing rather than bad news", async () => {
    const app = application();
    expect((await app.request("/one")).status).toBe(200);
    const end = await occupied(pooled("holder"));
    const answers = await Promise.all(Array.from({ length: 15 }, () => app.request("/one")));
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: { code: "DB_POOL_EXHAUSTED" } });
    }
    const health = await app.request("/health");
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      services: { database: expect.stringMatching(/^(ok|unknown)$/) },
      circuit_breaker: { state: "CLOSED", failure_count: 0 },
    });
    await end();
    expect((await app.request("/one")).status).toBe(200);
    expect(await (await app.request("/health")).json()).toMatchObject({ status: "healthy" });
  });
});
