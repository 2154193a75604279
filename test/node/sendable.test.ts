/** Answers as they reach a client of `serve`: bodies that fail, and answers that a handler sends by Node's own means. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { type Serving, serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { ProblemError, type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

const HEADERS = { "Content-Type": "text/plain" };
const SECRET = "postgres://app:hunter2@db/fab";
const lines: [event: string, fields: Record<string, unknown>][] = [];
const log = {
  ...{ debug: () => {}, info: () => {}, warn: () => {} },
  error: (event: string, fields: Record<string, unknown> = {}) => void lines.push([event, fields]),
};

/** So many rows, and then it fails. */
function rows(count: number, error: Error): ReadableStream {
  let sent = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (sent++ === count) controller.error(error);
      else controller.enqueue(new TextEncoder().encode("row\n"));
    },
  });
}

const chunks = (count: number): ReadableStream =>
  new ReadableStream({
    start: (controller) => {
      for (let sent = 0; sent < count; sent++) controller.enqueue(new TextEncoder().encode("abc"));
      controller.close();
    },
  });

/** Whoever copies a response on its way, as CORS does, has it sent in another way. */
describe.each([
  ["as they are", ""],
  ["copied on their way", "https://fab.example"],
])("answers %s", (_, CORS_ORIGINS) => {
  let serving: Serving;
  let left = Promise.withResolvers<void>();
  const printed = vi.spyOn(console, "error");
  const upstream = createServer((_, response) => {
    response.setHeader("Connection", "close").write("abc", () => response.end("abc"));
  });
  beforeAll(async () => {
    await once(upstream.listen(0, "127.0.0.1"), "listening");
    const tide = tidegate({
      database: fakeDatabase(() => []),
      store: memory(),
      config: readConfig({ APP_ENV: "testing", CORS_ORIGINS }),
      log,
    });
    const app = new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError);
    app
      .get("/failing/:count", (c) => c.body(rows(Number(c.req.param("count")), new Error(SECRET))))
      .get("/refused", () => new Response(rows(0, new ProblemError("SERVICE_UNAVAILABLE", "Not now."))))
      .get("/chunks/:count", (c) => {
        c.header("Set-Cookie", "a=1");
        c.header("Set-Cookie", "b=2", { append: true });
        return c.body(chunks(Number(c.req.param("count"))));
      })
      .get("/constant", (c) => c.body(new TextEncoder().encode("same"), 200, HEADERS))
      .post("/upload", async (c) => {
        const { incoming, outgoing } = c.env as unknown as HttpBindings;
        const full = new Writable({ write: (_chunk, _encoding, written) => written(new Error("the disk is full")) });
        await pipeline(incoming, full).catch(() => outgoing.writeHead(507, { Connection: "close" }).end("full"));
        return RESPONSE_ALREADY_SENT;
      })
      .get("/events", (c) =>
        streamSSE(c, async (stream) => {
          stream.onAbort(() => left.resolve());
          while (!stream.aborted) await stream.writeSSE({ data: "tick" }).then(() => stream.sleep(5));
        }),
      )
      .all("/by-hand", (c) => {
        const { outgoing } = c.env as unknown as HttpBindings;
        outgoing.writeHead(202).write("one ");
        setTimeout(() => outgoing.end("two"), 20);
        return RESPONSE_ALREADY_SENT;
      });
    const { port } = upstream.address() as AddressInfo;
    // Past the middleware, which would copy it.
    const passingOn = (request: Request, env: HttpBindings) =>
      request.url.endsWith("/passed-on") ? fetch(`http://127.0.0.1:${port}/`) : app.fetch(request, env);
    serving = await serve({ fetch: passingOn }, { tide, port: 0 });
  });
  afterAll(async () => {
    await serving.stop();
    upstream.close();
    upstream.closeAllConnections();
  });
  beforeEach(() => {
    lines.length = 0;
    printed.mockReset();
    printed.mockImplementation(() => {});
  });

  /** The whole answer, until the other side ends. */
  function said(method: string, path: string): Promise<string> {
    const { hostname, port } = new URL(serving.url);
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname);
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      socket.on("close", () => resolve(text)).on("error", () => {});
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\nOrigin: https://fab.example\r\nConnection: close\r\n\r\n`);
    });
  }

  it.each([0, 1, 2])(
    "that fail behind %i chunks, before their head is sent, are a problem, and logged",
    async (count) => {
      const answer = await said("GET", `/failing/${count}`);
      expect(answer).toMatch(/^HTTP\/1\.1 500 [\s\S]*"code":"INTERNAL_ERROR"/);
      expect(answer).not.toContain("hunter2");
      expect(lines).toEqual([["request.failed", expect.objectContaining({ path: `/failing/${count}` })]]);
      expect(printed).not.toHaveBeenCalled();
    },
  );

  it("that are refused at once say so, and when to come back", async () => {
    expect(await said("GET", "/refused")).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: \d+\r\n[\s\S]*"Not now\."/i);
  });

  it.each([3, 4, 40])("that fail behind %i chunks break off, and tell nobody outside why", async (count) => {
    const answer = await said("GET", `/failing/${count}`);
    expect(answer).not.toContain("hunter2");
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  it.each([0, 1, 2, 3, 4, 40])("of %i chunks arrive whole, with each cookie for itself", async (count) => {
    const response = await fetch(`${serving.url}/chunks/${count}`, { headers: { Origin: "https://fab.example" } });
    expect(await response.text()).toBe("abc".repeat(count));
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("content-length")).toBe(count < 3 ? String(3 * count) : null);
  });

  it("that are to be sent in chunks are, however short, and say no length beside", async () => {
    const answer = await said("GET", "/passed-on");
    expect(answer).toMatch(/^transfer-encoding: chunked\r$/im);
    expect(answer).not.toMatch(/^content-length/im);
    expect(await (await fetch(`${serving.url}/passed-on`)).text()).toBe("abcabc");
  });

  it("that go on as long as their client reads them end with it", async () => {
    left = Promise.withResolvers();
    const leaving = new AbortController();
    const { body } = await fetch(`${serving.url}/events`, { signal: leaving.signal });
    const first = await body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toMatch(/^data: tick\n\n/);
    leaving.abort();
    await left.promise;
  });

  it("share an object of headers, which stays as it is", async () => {
    for (let asked = 0; asked < 3; asked++)
      expect(await said("GET", "/constant")).toMatch(/^HTTP\/1\.1 200 [\s\S]*same$/);
    expect(HEADERS).toEqual({ "Content-Type": "text/plain" });
  });

  it("to an upload that is given up half way say so, and the next one is served", async () => {
    for (let asked = 0; asked < 3; asked++) {
      const response = await fetch(`${serving.url}/upload`, { method: "POST", body: "x".repeat(50_000) });
      expect([response.status, await response.text()]).toEqual([507, "full"]);
    }
    expect(printed).not.toHaveBeenCalled();
  });

  it.each(["GET", "POST", "HEAD"])("to %s that a handler sends by Node's own means stand", async (method) => {
    const answer = await said(method, "/by-hand");
    expect(answer).toMatch(/^HTTP\/1\.1 202 /);
    if (method !== "HEAD") expect(answer).toMatch(/one [\s\S]*two\r\n0\r\n\r\n$/);
    expect(printed).not.toHaveBeenCalled();
  });
});
