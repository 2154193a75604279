/** The end of a server: what is cut off, what it is told, and what the log says. */
import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { closerOf } from "../../lib/node/closing.ts";
import { type Serving, serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

const ends: (() => unknown)[] = [];
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

async function started(env: Record<string, string> = {}) {
  const lines: (LogFields & { readonly level: string; readonly event: string })[] = [];
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, ...fields });
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config: readConfig(env), log });
  const arrived = Promise.withResolvers<void>();
  const app = new Hono<TidegateEnv>()
    .use(tide.middleware())
    .onError(tide.onError)
    .all("/hanging", () => {
      arrived.resolve();
      return new Promise<Response>(() => {});
    })
    .get("/streaming", () => {
      arrived.resolve();
      return new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("first")) }));
    })
    .get("/quick", (c) => c.text("done"));
  const serving: Serving = await serve(app, { tide, port: 0 });
  ends.push(serving.stop);
  const said = (event: string) => lines.filter((line) => line.event === event);
  return { ...serving, tide, arrived: arrived.promise, said };
}

const CUT_AT_ONCE = { HTTP_DRAIN_SECONDS: "0", APP_ENV: "testing" };

describe("a request that is cut off at the end of the drain", () => {
  it("gets the contract's 503 in the place of an empty reply", async () => {
    const { url, stop, arrived, said } = await started(CUT_AT_ONCE);
    const asked = fetch(`${url}/hanging`, { headers: { "x-request-id": "r-17" } });
    await arrived;
    await stop();
    const response = await asked;
    expect(response.status).toBe(503);
    expect(response.headers.get("connection")).toBe("close");
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(response.headers.get("x-request-id")).toBe("r-17");
    expect(await response.json()).toMatchObject({ success: false, error: { code: "SERVICE_UNAVAILABLE" } });
    expect(said("request.cut")).toMatchObject([
      { level: "warn", method: "GET", path: "/hanging", answer: "service_unavailable" },
    ]);
    expect(said("shutdown.ended")).toMatchObject([{ cut_unanswered: 1, cut_broken: 0 }]);
  });

  it("gets it for a body too, of which nobody has read anything", async () => {
    const { url, stop, arrived } = await started(CUT_AT_ONCE);
    const asked = fetch(`${url}/hanging`, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json" },
    });
    await arrived;
    await stop();
    expect((await asked).status).toBe(503);
  });

  it("breaks off where its answer has begun, and is counted as that", async () => {
    const { url, stop, arrived, said } = await started(CUT_AT_ONCE);
    const response = await fetch(`${url}/streaming`);
    await arrived;
    await stop();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(said("request.cut")).toMatchObject([{ path: "/streaming", answer: "broken_off" }]);
    expect(said("shutdown.ended")).toMatchObject([{ cut_unanswered: 0, cut_broken: 1 }]);
  });
});

describe("what the log says of a process", () => {
  it("begins where requests are answered, and ends with what was cut off", async () => {
    const { url, tide, stop, said } = await started({ APP_ENV: "testing" });
    expect(await (await fetch(`${url}/quick`)).text()).toBe("done");
    await stop();
    const self = { level: "info", pid: process.pid, instance: tide.instance() };
    expect(said("app.started")).toEqual([
      { event: "app.started", ...self, url, env: "testing", database: "pglite: in memory", store: "memory:" },
    ]);
    expect(said("shutdown.begun")).toEqual([{ event: "shutdown.begun", ...self }]);
    expect(said("shutdown.ended")).toEqual([
      { event: "shutdown.ended", ...self, took_ms: expect.any(Number), cut_unanswered: 0, cut_broken: 0 },
    ]);
    expect(said("request.cut")).toEqual([]);
  });

  it("names the instance as the list of instances does", async () => {
    const { tide } = await started();
    await tide.run(() => "done");
    expect((await tide.view()).instances.map(({ session }: { session: string }) => session)).toEqual([tide.instance()]);
  });
});

describe("times of the server", () => {
  it("keep an idle connection for longer than a load balancer does, and tell it so", async () => {
    const { url } = await started();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    ends.push(() => socket.destroy());
    socket.write("GET /quick HTTP/1.1\r\nHost: h\r\n\r\n");
    const [answer] = await once(socket.setEncoding("utf8"), "data");
    expect(answer).toMatch(/\r\nkeep-alive: timeout=75\r\n/i);
  });

  it("are the environment's", async () => {
    const { url } = await started({ HTTP_KEEP_ALIVE_SECONDS: "620", HTTP_HEADERS_TIMEOUT_SECONDS: "630" });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    ends.push(() => socket.destroy());
    socket.write("GET /quick HTTP/1.1\r\nHost: h\r\n\r\n");
    const [answer] = await once(socket.setEncoding("utf8"), "data");
    expect(answer).toMatch(/timeout=620/i);
  });
});

it("what is cut off has a moment to be sent before connections are destroyed", async () => {
  const asked: string[] = [];
  const closed = Promise.withResolvers<() => void>();
  const server = {
    close: (done: () => void) => closed.resolve(done),
    closeAllConnections: () => void asked.push("destroyed"),
  };
  const cut = Promise.withResolvers<void>();
  const cutOff = () => {
    asked.push("cut");
    cut.resolve();
  };
  const close = closerOf(server as never, cutOff)({ withinMs: 0, idle: "kept" });
  const done = await closed.promise;
  await cut.promise;
  expect(asked).toEqual(["cut"]);
  done();
  await close;
});
