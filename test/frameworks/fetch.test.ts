/** Handlers of `fetch` behind Tidegate, one for each address as frameworks have them, with a real PostgreSQL. */
import { Readable } from "node:stream";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { guarded, routes, tideOf } from "../../lib/frameworks/fetch.ts";
import { ProblemError } from "../../lib/tidegate.ts";
import { frameworkContract } from "./contract.ts";
import type { Parts, Served } from "./scene.ts";

type Handler = (request: Request) => Promise<Response> | Response;

/** Stands for a framework that finds handlers by address: it hands on the request, and the connection. */
function frameworkOf(handlers: Readonly<Record<string, Handler>>, parts: Parts): Hono {
  const app = new Hono();
  const { tide, prefix } = parts;
  for (const [path, handler] of Object.entries(handlers)) {
    const one = guarded(tide, (request: Request, _env: unknown) => handler(request));
    app.all(path, (c) => one(c.req.raw, c.env));
  }
  const own = routes(tide, { prefix });
  for (const path of ["/health", "/health/*", "/admin", "/admin/*", "/metrics"]) {
    app.all(prefix + path, (c) => own(c.req.raw, c.env));
  }
  return app;
}

const inParts = (...parts: string[]): ReadableStream =>
  Readable.toWeb(Readable.from(parts.map((part) => Buffer.from(part)))) as ReadableStream;

const handlersOf = ({ pool }: Parts): Readonly<Record<string, Handler>> => ({
  "/plain": () => new Response("plain"),
  "/id": (request) => new Response(tideOf(request).requestId),
  "/orders": async (request) => {
    if (request.method === "GET") return Response.json(await tideOf(request).db.query`select * from orders`);
    const { id } = (await request.json()) as { id: number };
    const seconds = Number(new URL(request.url).searchParams.get("seconds"));
    return Response.json((await pool.query("select $1::int as id from pg_sleep($2)", [id, seconds])).rows);
  },
  "/pool": async () => Response.json((await pool.query("select * from orders")).rows),
  "/sleep": async (request) => Response.json(await tideOf(request).db.query`select pg_sleep(60)`),
  "/pool/sleep": async (request) => {
    await pool.query("select pg_sleep($1)", [Number(new URL(request.url).searchParams.get("seconds") ?? 60)]);
    return Response.json({});
  },
  "/missing": () => {
    throw new ProblemError("NOT_FOUND", "There is no such order.");
  },
  "/broken": () => {
    throw new Error("not for outside");
  },
  "/later": async () => {
    await pool.query("select 1");
    throw new Error("not for outside");
  },
  "/stream": () => new Response(inParts("one ", "two ", "three")),
});

function served(app: Hono): Promise<Served> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve({
        url: `http://127.0.0.1:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      }),
    );
  });
}

frameworkContract("fetch", (parts) => served(frameworkOf(handlersOf(parts), parts)));
