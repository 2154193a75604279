/** One application of `frameworks.bench.ts`: a framework, with Tidegate's middleware or without, and a route that does nothing. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { routes as expressRoutes, middleware } from "../../lib/frameworks/express.ts";
import { routes as fastifyRoutes, plugin } from "../../lib/frameworks/fastify.ts";
import { memory } from "../../lib/store/memory.ts";
import { tidegate } from "../../lib/tidegate.ts";

const [framework, isGuarded] = process.argv.slice(2);
// Every request is counted, and none is refused.
const config = readConfig({ APP_ENV: "production", LOG_LEVEL: "error", RATE_LIMIT_PER_MINUTE: "10000000" });
const tide = tidegate({ store: memory(), config });

if (framework === "express") {
  const app = express();
  if (isGuarded === "guarded") app.use(expressRoutes(tide), middleware(tide));
  app.get("/", (_req, res) => void res.json({ hello: "world" }));
  app.get("/cpu", (_req, res) => void res.json(process.cpuUsage()));
  const server = app.listen(0, "127.0.0.1", () =>
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  );
} else if (framework === "hono") {
  const app = new Hono();
  if (isGuarded === "guarded") app.use(tide.middleware()).route("/", tide.routes());
  app.get("/", (c) => c.json({ hello: "world" }));
  app.get("/cpu", (c) => c.json(process.cpuUsage()));
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(`http://127.0.0.1:${port}`));
} else {
  const app = Fastify();
  if (isGuarded === "guarded") app.register(plugin(tide)).register(fastifyRoutes(tide));
  app.get("/", async () => ({ hello: "world" }));
  app.get("/cpu", async () => process.cpuUsage());
  console.log(await app.listen({ port: 0, host: "127.0.0.1" }));
}
