/** The worker that tests run in workerd: statements by `pg` through a guarded pool, made for each request. */
import { Hono } from "hono";
import { Pool } from "pg";
import { readConfig } from "../../lib/config.ts";
import { guardPool } from "../../lib/facades/pg/pg.ts";
import { memory } from "../../lib/store/memory.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

/** The name is no literal, because there are types of the platform nowhere. */
const { env, waitUntil } = await import("cloudflare:workers" as string);

const config = readConfig({ APP_ENV: "production" });
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const tide = tidegate({ store: memory(), config, log: silent, waitUntil });
const poolOf = guardPool(tide, () => new Pool({ connectionString: env.DB.connectionString, max: 2 }));

export default new Hono<TidegateEnv>()
  .use(tide.middleware())
  .get("/sleep", async (c) => {
    const pool = poolOf();
    const seconds = Number(c.req.query("seconds"));
    const deadlineMs = Number(c.req.query("deadline_ms"));
    try {
      const ask = () => pool.query("select pg_sleep($1), 1 as n", [seconds]);
      return c.json((await tide.with({ deadlineMs }, ask)).rows[0].n);
    } finally {
      waitUntil(pool.end());
    }
  })
  .route("/", tide.routes());
