/** The server that `health.bench` asks, in a process of its own: health, and static JSON routes beside it. */
import { Hono } from "hono";
import { type TidegateEnv, tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { serve } from "tidegate/node";
import { memory } from "tidegate/stores/memory";
import { fakeDatabase } from "tidegate/testing";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const database = fakeDatabase(() => []);
const tide = tidegate({
  database,
  store: memory(),
  config: readConfig({ PORT: "0", RATE_LIMIT_PER_MINUTE: "0" }),
  log: silent,
});
const routes = tide.routes();
const payload = await (await routes.request("/health")).json();

const app = new Hono<TidegateEnv>()
  .use(tide.middleware())
  .get("/cpu", (c) => c.json(process.cpuUsage()))
  .get("/static", (c) => c.json({ status: "healthy" }))
  .get("/static/as-large", (c) => c.json(payload))
  .route("/", routes);

const { url } = await serve(app, { tide });
console.log(url);
