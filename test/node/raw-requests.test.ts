/** What checks of balancers and monitors send that no browser does, byte by byte. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { type Serving, serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let serving: Serving;

beforeAll(async () => {
  const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config: readConfig({}), log: silent });
  const app = new Hono<TidegateEnv>();
  app
    .use(tide.middleware())
    .onError(tide.onError)
    .use(methodNotAllowed({ app, onMethodNotAllowed: tide.methodNotAllowed }))
    .get("/url", (c) => c.text(c.req.url))
    .get("/stream", () => new Response(new Blob(["one ", "two "]).stream()))
    .get("/raw", (c) => {
      const { outgoing } = c.env as unknown as HttpBindings;
      outgoing.writeHead(202).end("by hand");
      return RESPONSE_ALREADY_SENT;
    })
    .route("/", tide.routes());
  serving = await serve(app, { tide, port: 0 });
});
afterAll(() => serving.stop());

/** The whole answer, until the other side ends. */
function said(...lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(serving.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.on("end", () => resolve(text)).on("error", reject);
    // Not ended: Node gives up an answer whose client has ended its side.
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  });
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

describe("a request of HTTP/1.0 without Host", () => {
  it.each([
    ["HAProxy's `option httpchk`", "OPTIONS /url HTTP/1.0"],
    ["HAProxy's `option httpchk GET`", "GET /health/live HTTP/1.0"],
    ["check_http", "GET /health HTTP/1.0", "User-Agent: check_http/v2.4 (monitoring-plugins 2.4)", "Connection: close"],
    ["a check by HEAD", "HEAD /health/ready HTTP/1.0"],
  ])("of %s is answered", async (name, ...lines) => {
    const answer = await said(...lines);
    expect([name, statusOf(answer)]).toEqual([name, name.endsWith("httpchk`") ? 204 : 200]);
  });

  it("names the address that is listened on, which is a host like any other", async () => {
    expect(await said("GET /url HTTP/1.0")).toContain(`\r\n\r\nhttp://${new URL(serving.url).hostname}/url`);
  });

  it("with an empty Host is answered as well, of HTTP/1.1 too", async () => {
    expect(statusOf(await said("GET /health/live HTTP/1.0", "Host:"))).toBe(200);
    expect(statusOf(await said("GET /health/live HTTP/1.1", "Host:", "Connection: close"))).toBe(200);
  });

  it("of HTTP/1.1 is a fault of the client still", async () => {
    expect(statusOf(await said("GET /health/live HTTP/1.1", "Connection: close"))).toBe(400);
  });
});

describe("a request target that is none", () => {
  it.each([
    "/%",
    "/%C0%80",
    "/health/live%",
    "//",
    "//[",
    "//[]/x",
    "/\\",
    "/../../etc/passwd",
    "http://[::1",
    "http://",
    `/${"a".repeat(14_000)}`,
    "*",
  ])("%j is refused or not found, and the next one is served", async (target) => {
    for (const version of ["1.0", "1.1"]) {
      const status = statusOf(await said(`GET ${target} HTTP/${version}`, "Host: fab.example", "Connection: close"));
      expect([target, [400, 404].includes(status)]).toEqual([target, true]);
    }
    expect(statusOf(await said("GET /health/live HTTP/1.0"))).toBe(200);
  });

  it.each(["OPTIONS *", "CONNECT fab.example:443", "TRACE /health/live", "PRI *"])("of %s neither", async (line) => {
    const status = statusOf(await said(`${line} HTTP/1.1`, "Host: fab.example", "Connection: close"));
    expect([line, Number.isNaN(status) || (status >= 400 && status < 500)]).toEqual([line, true]);
    expect(statusOf(await said("GET /health/live HTTP/1.0"))).toBe(200);
  });

  it("in absolute form is an address like any other", async () => {
    const answer = await said(
      "GET http://fab.example/health/live HTTP/1.1",
      "Host: other.example",
      "Connection: close",
    );
    expect(statusOf(answer)).toBe(200);
  });
});

describe("a Host", () => {
  it.each(["my_app:8787", "APP:80", "[::1]:8787", "10.1.2.3", "fab.example.", "xn--bcher-kva.example:443"])(
    "of %s is one",
    async (host) => {
      expect(statusOf(await said("GET /health/live HTTP/1.1", `Host: ${host}`, "Connection: close"))).toBe(200);
    },
  );

  it.each(["fab.example/?key=value", "a b", "fab.example:port", "user@fab.example", "fab.example, other.example"])(
    "of %s is none",
    async (host) => {
      expect(statusOf(await said("GET /health/live HTTP/1.1", `Host: ${host}`, "Connection: close"))).toBe(400);
    },
  );
});

describe("an answer that the handler has sent by Node's own means", () => {
  it("stands, again and again", async () => {
    for (const id of ["r-1", "r-2"]) {
      const answer = await said("GET /raw HTTP/1.1", "Host: x", `X-Request-Id: ${id}`, "Connection: close");
      expect(answer).toMatch(/^HTTP\/1.1 202 /);
      expect(answer).toContain("by hand");
    }
  });
});

describe("a connection", () => {
  it("with requests in a row that wait for no answer has each answered, in order, under its own id", async () => {
    const answers = await said(
      "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-1\r\n",
      "GET /nothing HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-2\r\n",
      "GET /url HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-3\r\nConnection: close",
    );
    const heads = [...answers.matchAll(/HTTP\/1\.1 (\d+) [\s\S]*?x-request-id: (\S+)/gi)];
    expect(heads.map(([, status, id]) => [status, id])).toEqual([
      ["200", "r-1"],
      ["404", "r-2"],
      ["200", "r-3"],
    ]);
  });

  it("of HTTP/1.0 gets a stream as it is, since it knows no chunks", async () => {
    const answer = await said("GET /stream HTTP/1.0");
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(answer.split("\r\n\r\n")[1]).toBe("one two ");
  });

  it("that asks before it sends a body that is too large is refused", async () => {
    const answer = await said(
      "POST /url HTTP/1.1",
      "Host: x",
      "Content-Length: 100000000",
      "Expect: 100-continue",
      "Connection: close",
    );
    expect(answer.match(/HTTP\/1\.1 413 /)).not.toBeNull();
  });

  it("lives on after a body that nobody wanted", async () => {
    const answers = await said(
      "PUT /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
      "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close",
    );
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(["405", "200"]);
  });
});

describe("a connection that asks nothing of HTTP", () => {
  const { hostname, port } = { hostname: "127.0.0.1", port: () => Number(new URL(serving.url).port) };
  it.each<[what: string, speak: (socket: Socket) => unknown]>([
    ["ends at once, as checks of TCP do", (socket) => socket.end()],
    ["is reset at once, as HAProxy's plain check does", (socket) => socket.resetAndDestroy()],
    ["begins TLS", (socket) => socket.write("\u0016\u0003\u0001\u0002\u0000\u0001")],
    [
      "has the line of a PROXY protocol",
      (socket) => socket.write("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n"),
    ],
    ["ends within a body", (socket) => socket.end("POST /url HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")],
  ])("and %s disturbs nobody", async (_, speak) => {
    const socket = connect(port(), hostname)
      .on("error", () => {})
      .resume();
    await once(socket, "connect");
    const closed = once(socket, "close");
    speak(socket);
    await closed;
    expect(statusOf(await said("GET /health/live HTTP/1.0"))).toBe(200);
  });
});

describe("HEAD", () => {
  it.each(["/health", "/health/live", "/health/ready"])("of %s has the headers of GET, and no body", async (path) => {
    const [head, get] = await Promise.all(
      ["HEAD", "GET"].map((method) => said(`${method} ${path} HTTP/1.1`, "Host: x", "Connection: close")),
    );
    const names = (answer = "") =>
      (answer.split("\r\n\r\n")[0] ?? "")
        .split("\r\n")
        .slice(1)
        .map((line) => line.split(":")[0]?.toLowerCase())
        .filter((name) => !["content-length", "transfer-encoding"].includes(name ?? ""))
        .sort();
    expect(names(head)).toEqual(names(get));
    expect(head?.endsWith("\r\n\r\n")).toBe(true);
  });
});
