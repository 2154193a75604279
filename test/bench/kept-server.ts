/** The server that `kept.bench` asks, in a process of its own: kept routes, and the same without beside them. */
import { type Context, Hono } from "hono";
import { type TidegateEnv, tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { postgres } from "tidegate/databases/postgres";
import { serve } from "tidegate/node";
import { memory } from "tidegate/stores/memory";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const tide = tidegate({
  database: postgres(process.env.DATABASE_URL),
  store: memory(),
  config: readConfig({
    ...process.env,
    PORT: "0",
    RATE_LIMIT_PER_MINUTE: "0",
    APP_ENV: "testing",
    DB_TCP_CONNECT_TIMEOUT: "1",
  }),
  log: silent,
});
const rows = Array.from({ length: 20 }, (_, id) => ({ id, article: `article ${id}`, quantity: 7 * id }));
const asked = async (c: Context<TidegateEnv>) =>
  c.json(
    await c.var.db.query`select id, 'article ' || id as article, 7 * id as quantity from generate_series(0, 19) id`,
  );

const app = new Hono<TidegateEnv>()
  .use(tide.middleware())
  .get("/cpu", (c) => c.json(process.cpuUsage()))
  .get("/breaker", async (c) => c.json((await tide.view()).breaker))
  .get("/static", (c) => c.json(rows))
  .get("/kept/fresh", tide.keep({ freshSeconds: 86_400 }), asked)
  .get("/asked", asked)
  .get("/kept/asked", tide.keep(), asked);
app.onError(tide.onError);

const { url } = await serve(app, { tide });
console.log(url);
