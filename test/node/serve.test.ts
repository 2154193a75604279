import { request } from "node:http";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import type { Log } from "../../lib/log/port.ts";
import { type Serving, serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";
import { eventually } from "../support/processes.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ends: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

function app(env: Record<string, string> = {}, log: Log = silent) {
  const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config: readConfig(env), log });
  const served = new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError).route("/", tide.routes());
  const start = async (fetch: (request: Request, env: never) => Response | Promise<Response> = served.fetch) => {
    const serving: Serving = await serve({ fetch } as never, { tide, port: 0 });
    ends.push(serving.stop);
    return serving;
  };
  return { tide, served, start };
}

describe("serving on Node", () => {
  it("hands the application what it knows of the connection", async () => {
    const { served, start } = app();
    served.get("/whoami", (c) => {
      const { incoming } = c.env as { incoming: { socket: { remoteAddress: string } } };
      return c.text(incoming.socket.remoteAddress);
    });
    const { url } = await start();
    expect(await (await fetch(`${url}/whoami`)).text()).toBe("127.0.0.1");
  });

  it("lets a request under way end, whatever response it gives, and ends its connection with it", async () => {
    const { start } = app();
    const arrived = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Response>();
    // Its headers cannot be changed.
    const immutable = await fetch("data:text/plain,elsewhere");
    const { url, stop } = await start(() => {
      arrived.resolve();
      return answer.promise;
    });
    const asked = fetch(url);
    await arrived.promise;
    const stopped = stop();
    answer.resolve(immutable);
    const response = await asked;
    expect([response.status, await response.text()]).toEqual([200, "elsewhere"]);
    expect(response.headers.get("connection")).toBe("close");
    await stopped;
  });

  it.each<[what: string, fetch: () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("at once, password=hunter2");
      },
    ],
    ["rejects", () => Promise.reject(new Error("later, password=hunter2"))],
    ["returns nothing", () => undefined],
    ["returns null", () => null],
    ["returns what is no answer", () => "hunter2"],
  ])(
    "answers for an application that %s, says so in the log, and tells nobody outside what it was",
    async (_, given) => {
      const lines: [string, unknown][] = [];
      const error = (event: string, fields?: object) => void lines.push([event, fields]);
      const { start } = app({}, { ...silent, error });
      const { url } = await start(given as () => Response);
      const response = await fetch(`${url}/orders`);
      const text = await response.text();
      expect([response.status, JSON.parse(text).error.code]).toEqual([500, "INTERNAL_ERROR"]);
      expect(text).not.toContain("hunter2");
      expect(lines).toEqual([["request.failed", expect.objectContaining({ method: "GET", path: "/orders" })]]);
    },
  );

  it("leaves no listeners of signals behind", async () => {
    const count = () => process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");
    const before = count();
    const { stop } = await app().start();
    expect(count()).toBe(before + 2);
    await stop();
    expect(count()).toBe(before);
  });

  it("refuses a body over the limit without reading it to its end", async () => {
    const { served, start } = app({ REQUEST_BODY_LIMIT_BYTES: "1024" });
    served.post("/orders", async (c) => c.json(await c.req.json()));
    const { url } = await start();
    const status = await new Promise((resolve, reject) => {
      const upload = request(`${url}/orders`, { method: "POST", headers: { "content-length": "1000000000" } });
      upload.on("response", (response) => resolve(response.statusCode)).on("error", reject);
      upload.write("x");
      ends.push(async () => void upload.destroy());
    });
    expect(status).toBe(413);
  });

  it("counts a client that hangs up as nothing", async () => {
    const { tide, served, start } = app();
    const started = Promise.withResolvers<void>();
    served.get("/slow", async (c) => {
      const signal = c.req.raw.signal;
      await tide.run(
        (inside) => {
          started.resolve();
          return new Promise((_, reject) => inside.addEventListener("abort", () => reject(new Error("stopped"))));
        },
        { signal },
      );
      return c.text("never");
    });
    const { url } = await start();
    const tab = new AbortController();
    const asked = fetch(`${url}/slow`, { signal: tab.signal }).catch(() => "gone");
    await started.promise;
    tab.abort();
    expect(await asked).toBe("gone");
    await eventually("the permit is back", async () => (await tide.view()).lanes.request.running === 0);
    expect((await tide.view()).window.calls).toBe(0);
  });
});

describe("an address that cannot be had", () => {
  it("is named with what the system says of it", async () => {
    const { tide } = app();
    await expect(serve({ fetch: () => new Response() }, { tide, host: "192.0.2.1", port: 0 })).rejects.toThrow(
      /192\.0\.2\.1.*EADDRNOTAVAIL/,
    );
  });
});
