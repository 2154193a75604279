/** Requests of frameworks on Node are timed by their route, in the same histogram as those of Hono. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import Fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import * as onExpress from "../../lib/frameworks/express.ts";
import * as onFastify from "../../lib/frameworks/fastify.ts";
import { guarded } from "../../lib/frameworks/fetch.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { eventually } from "../support/processes.ts";
import { figuresOf } from "../support/scrape.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function timedTide() {
  const config = readConfig({ METRICS_PUBLIC: "true" });
  const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config, log: SILENT });
  onTestFinished(() => tide.close());
  /** `GET /orders/:id 200: 2`, in the order in which they were first seen. */
  const seen = async () => {
    const figures = figuresOf(await (await tide.routes().request("/metrics")).text());
    const label = (name: string, of: string) => new RegExp(`${of}="([^"]*)"`).exec(name)?.[1];
    return Object.entries(figures)
      .filter(([name]) => name.startsWith("http_server_request_duration_seconds_count"))
      .map(([name, count]) => {
        const labels = ["http_request_method", "http_route", "http_response_status_code"].map((of) => label(name, of));
        return `${labels.join(" ")}: ${count}`;
      })
      .filter((line) => !line.includes("/metrics"));
  };
  /** It ends with its connection's last byte, which the caller has a moment before. */
  const becomes = (expected: readonly string[]) =>
    eventually("what was asked is timed", async () => JSON.stringify(await seen()) === JSON.stringify(expected)).catch(
      async () => expect(await seen()).toEqual(expected),
    );
  return { tide, becomes };
}

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("Express: by the pattern with its mount, which is left out as soon as it is none", async () => {
  const { tide, becomes } = timedTide();
  const orders = express.Router().get("/:id", (_, res) => void res.send("one"));
  const lines = express.Router().get("/lines/:line", (_, res) => void res.send("two"));
  const app = express()
    .use(onExpress.middleware(tide))
    .use("/api/orders", orders)
    .use("/tenants/:tenant", lines)
    .get("/broken", () => {
      throw new Error("broken");
    })
    .use(onExpress.errorHandler(tide));
  const url = await listening(app);
  for (const path of [
    "/api/orders/1",
    "/api/orders/2",
    "/broken",
    "/nothing",
    "/tenants/a/lines/1",
    "/tenants/b/lines/2",
  ]) {
    await (await fetch(url + path)).text();
  }
  await becomes([
    "GET /api/orders/:id 200: 2",
    "GET /broken 500: 1",
    "GET  404: 1",
    "GET /tenants/a/lines/:line 200: 1",
    "GET /lines/:line 200: 1",
  ]);
});

test("Fastify: by the pattern with its prefix; Tidegate's own routes once", async () => {
  const { tide, becomes } = timedTide();
  const app = Fastify();
  onTestFinished(() => app.close());
  app.register(onFastify.plugin(tide));
  app.register(onFastify.routes(tide), { prefix: "/ops" });
  app.register(
    (part, _, done) => {
      part.get("/lines/:line", async () => "two");
      done();
    },
    { prefix: "/tenants/:tenant" },
  );
  await app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  for (const path of ["/tenants/a/lines/1", "/tenants/b/lines/2", "/nothing", "/ops/health/live"]) {
    await (await fetch(url + path)).text();
  }
  await becomes(["GET /tenants/:tenant/lines/:line 200: 2", "GET  404: 1", "GET /health/live 200: 1"]);
});

test("handlers of fetch: without a route, which only their framework knows", async () => {
  const { tide, becomes } = timedTide();
  const handler = guarded(tide, async (_: Request) => new Response("one"));
  await handler(new Request("http://localhost/orders/1"));
  await handler(new Request("http://localhost/orders/2"));
  await becomes(["GET  200: 2"]);
});

test("who leaves before there is an answer is not timed", async () => {
  const { tide, becomes } = timedTide();
  let left = () => {};
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const app = express()
    .use(onExpress.middleware(tide))
    .get("/slow", (req) => void req.once("close", left))
    .get("/quick", (_, res) => void res.send("quick"));
  const url = await listening(app);
  const caller = new AbortController();
  const slow = fetch(`${url}/slow`, { signal: caller.signal }).catch(() => {});
  await (await fetch(`${url}/quick`)).text();
  caller.abort();
  await Promise.all([slow, gone]);
  await becomes(["GET /quick 200: 1"]);
});
