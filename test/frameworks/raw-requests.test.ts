/** What checks of balancers and monitors send that no browser does, byte by byte, to frameworks on Node. */
import { connect } from "node:net";
import express from "express";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import * as onExpress from "../../lib/frameworks/express.ts";
import * as onFastify from "../../lib/frameworks/fastify.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { served } from "./express-served.ts";
import type { Served } from "./scene.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const FRAMEWORKS: Readonly<Record<string, (tide: Tidegate) => Promise<Served>>> = {
  Express: (tide) => served(express().use(onExpress.middleware(tide)).use("/v1", onExpress.routes(tide))),
  Fastify: async (tide) => {
    const app = Fastify({ forceCloseConnections: true });
    app.register(onFastify.plugin(tide));
    app.register(onFastify.routes(tide), { prefix: "/v1" });
    return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
  },
};

/** The first line of the answer, and its body. */
function said(url: string, ...lines: readonly string[]): Promise<readonly [string, string]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket
      .on("end", () => resolve([text.split("\r\n", 1)[0] ?? "", text.split("\r\n\r\n")[1] ?? ""]))
      .on("error", reject);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  });
}

describe.each(Object.entries(FRAMEWORKS))("Tidegate's routes on %s, asked by a check", (_, start) => {
  let tide: Tidegate;
  let running: Served;
  beforeAll(async () => {
    tide = tidegate({ store: memory(), config: readConfig({}), log: silent });
    running = await start(tide);
  });
  afterAll(async () => {
    await running.close();
    await tide.close();
  });

  it.each([
    ["HTTP/1.0 without Host", ["GET /v1/health/live HTTP/1.0"]],
    ["HTTP/1.0 with an empty Host", ["GET /v1/health/live HTTP/1.0", "Host:"]],
    ["HTTP/1.1 with an empty Host", ["GET /v1/health/live HTTP/1.1", "Host:", "Connection: close"]],
    ["a name that is none in DNS", ["GET /v1/health/live HTTP/1.1", "Host: my_app:8787", "Connection: close"]],
    ["an address of IPv6", ["GET /v1/health/live HTTP/1.1", "Host: [::1]:8787", "Connection: close"]],
  ])("of %s, say that it lives", async (_what, lines) => {
    expect(await said(running.url, ...lines)).toEqual(["HTTP/1.1 200 OK", '{"status":"alive"}']);
  });

  it.each(["fab.example/v1?", "user@fab.example", "fab.example, other.example", "a b"])(
    "take no Host for a part of the address: %s",
    async (host) => {
      const [status] = await said(running.url, "GET /v1/health/live HTTP/1.1", `Host: ${host}`, "Connection: close");
      expect(status).toBe("HTTP/1.1 400 Bad Request");
    },
  );
});
