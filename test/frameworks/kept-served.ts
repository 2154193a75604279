/** The same kept routes in each framework, on a free port. */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { serve } from "@hono/node-server";
import express from "express";
import Fastify, { type FastifyRequest } from "fastify";
import { type Context, Hono } from "hono";
import * as onExpress from "../../lib/frameworks/express.ts";
import * as onFastify from "../../lib/frameworks/fastify.ts";
import { guarded, tideOf } from "../../lib/frameworks/fetch.ts";
import type { GuardedDatabase, KeepRouteOptions, Tidegate, TidegateEnv } from "../../lib/tidegate.ts";
import { served } from "./express-served.ts";
import type { Served } from "./scene.ts";

/** What a handler answers, however its framework wants it. */
export interface Told {
  readonly json?: unknown;
  readonly bytes?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly db: GuardedDatabase;
  readonly signal: AbortSignal;
  header(name: string): string | undefined;
}

export interface Route {
  readonly keep: Omit<KeepRouteOptions, "key" | "tags"> & { readonly tags?: readonly string[] };
  /** What tells callers apart, by what a request says. */
  readonly keyOf?: (header: Asked["header"]) => string | null;
  readonly answer: (asked: Asked) => Promise<Told> | Told;
}

export type Routes = Readonly<Record<string, Route>>;
export type Start = (tide: Tidegate, routes: Routes) => Promise<Served>;

const headerIn = ({ headers }: Pick<IncomingMessage, "headers">, name: string): string | undefined =>
  headers[name] === undefined ? undefined : `${headers[name]}`;

const withExpress: Start = (tide, routes) => {
  const app = express().use(onExpress.middleware(tide));
  for (const [path, { keep, keyOf, answer }] of Object.entries(routes)) {
    const key = keyOf && { key: (req: express.Request) => keyOf((name) => headerIn(req, name)) };
    app.get(path, onExpress.keep<express.Request>(tide, { ...keep, ...key }), async (req, res) => {
      const { db, signal } = onExpress.tideOf(req);
      const { json, bytes, headers = {} } = await answer({ db, signal, header: (name) => headerIn(req, name) });
      res.set(headers);
      if (!bytes) return void res.json(json);
      Readable.from(bytes).pipe(res);
    });
  }
  return served(app.use(onExpress.errorHandler(tide)));
};

const withFastify: Start = async (tide, routes) => {
  const app = Fastify({ forceCloseConnections: true });
  app.register(onFastify.plugin(tide));
  app.setErrorHandler(onFastify.errorHandler(tide));
  app.register(async (inner) => {
    for (const [path, { keep, keyOf, answer }] of Object.entries(routes)) {
      const key = keyOf && { key: (one: FastifyRequest) => keyOf((name) => headerIn(one, name)) };
      inner.get(path, onFastify.keep(tide, { ...keep, ...key }), async (request, reply) => {
        const { db, signal } = onFastify.tideOf(request);
        const { json, bytes, headers = {} } = await answer({ db, signal, header: (name) => headerIn(request, name) });
        reply.headers(headers);
        return bytes ? Readable.from(bytes) : json;
      });
    }
  });
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
};

const responseOf = ({ json, bytes, headers = {} }: Told): Response =>
  bytes
    ? new Response(Readable.toWeb(Readable.from(bytes)) as ReadableStream, { headers: { ...headers } })
    : Response.json(json, { headers: { ...headers } });
const keyFrom = (keyOf: Route["keyOf"]) => keyOf && { key: (c: Context) => keyOf((name) => c.req.header(name)) };

const onNode = (app: Hono<TidegateEnv>): Promise<Served> =>
  new Promise((resolve) => {
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

const withFetch: Start = (tide, routes) => {
  const app = new Hono<TidegateEnv>();
  for (const [path, { keep, keyOf, answer }] of Object.entries(routes)) {
    const handler = guarded(
      tide,
      async (request: Request, _env: unknown) => {
        const { db, signal } = tideOf(request);
        return responseOf(await answer({ db, signal, header: (name) => request.headers.get(name) ?? undefined }));
      },
      { keep: { ...keep, ...keyFrom(keyOf) } },
    );
    app.all(path, (c) => handler(c.req.raw, c.env));
  }
  return onNode(app);
};

const withHono: Start = (tide, routes) => {
  const app = new Hono<TidegateEnv>().use(tide.middleware());
  for (const [path, { keep, keyOf, answer }] of Object.entries(routes)) {
    app.get(path, tide.keep({ ...keep, ...keyFrom(keyOf) }), async (c) =>
      responseOf(await answer({ db: c.var.db, signal: c.req.raw.signal, header: (name) => c.req.header(name) })),
    );
  }
  app.onError(tide.onError);
  return onNode(app);
};

export const FRAMEWORKS: readonly (readonly [string, Start])[] = [
  ["Hono", withHono],
  ["fetch", withFetch],
  ["Express", withExpress],
  ["Fastify", withFastify],
];
