/** Fastify 5 behind Tidegate, with a real PostgreSQL. */
import { Readable } from "node:stream";
import Fastify, { type FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { errorHandler, plugin, routes, tideOf } from "../../lib/frameworks/fastify.ts";
import { memory } from "../../lib/store/memory.ts";
import { ProblemError, tidegate } from "../../lib/tidegate.ts";
import { frameworkContract } from "./contract.ts";
import type { Parts, Served } from "./scene.ts";

function applicationOf({ tide, pool, prefix }: Parts): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.register(plugin(tide));
  app.register(routes(tide), { prefix });
  app.setErrorHandler(errorHandler(tide));
  app.get("/plain", async () => "plain");
  app.get("/id", async (request) => tideOf(request).requestId);
  app.get("/orders", (request) => tideOf(request).db.query`select * from orders`);
  app.get("/pool", async () => (await pool.query("select * from orders")).rows);
  app.get("/sleep", (request) => tideOf(request).db.query`select pg_sleep(60)`);
  app.get<{ Querystring: { seconds?: string } }>("/pool/sleep", async ({ query }) => {
    await pool.query("select pg_sleep($1)", [Number(query.seconds ?? 60)]);
    return {};
  });
  app.post<{ Body: { id: number }; Querystring: { seconds: string } }>("/orders", async ({ body, query }) => {
    const text = "select $1::int as id from pg_sleep($2)";
    return (await pool.query(text, [body.id, Number(query.seconds)])).rows;
  });
  app.get("/missing", () => {
    throw new ProblemError("NOT_FOUND", "There is no such order.");
  });
  app.get("/broken", () => {
    throw new Error("not for outside");
  });
  app.get("/later", async () => {
    await pool.query("select 1");
    throw new Error("not for outside");
  });
  app.get("/stream", (_request, reply) => reply.send(Readable.from(["one ", "two ", "three"])));
  return app;
}

async function served(app: FastifyInstance): Promise<Served> {
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
}

frameworkContract("Fastify", (parts) => served(applicationOf(parts)));

test("Fastify listens where the settings say, when it is handed a copy of them", async () => {
  const config = readConfig({ APP_ENV: "production", STATE_NAMESPACE: "listens", HOST: "127.0.0.1", PORT: "0" });
  const tide = tidegate({ store: memory(), config });
  const app = Fastify();
  app.register(routes(tide));
  try {
    const url = await app.listen({ ...tide.config.listen });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  } finally {
    await app.close();
    await tide.close();
  }
});
