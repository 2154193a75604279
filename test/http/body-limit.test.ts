/** The longest body, whatever a request says of its length, and whose kind of request it is. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

const LIMIT = 1_000;
const begin = () => {
  const { tide } = smallApp({ REQUEST_BODY_LIMIT_BYTES: String(LIMIT) });
  return new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError);
};
const echo = () =>
  begin()
    .post("/text", async (c) => c.text(await c.req.text()))
    .post("/raw", async (c) => c.text(await c.req.raw.text()));

describe("a length that is none", () => {
  it.each(["abc", "-1", "", "1e1", "0x1", "NaN", "Infinity", "+1"])(
    "such as %j lets no more through",
    async (length) => {
      const headers = { "Content-Length": length };
      for (const path of ["/text", "/raw"]) {
        const [fits, not] = await Promise.all(
          [LIMIT, LIMIT + 1].map((bytes) => echo().request(path, { method: "POST", headers, body: "x".repeat(bytes) })),
        );
        expect([path, fits?.status, (await fits?.text())?.length, not?.status]).toEqual([path, 200, LIMIT, 413]);
      }
    },
  );

  it("beside chunks does not count", async () => {
    const headers = { "Content-Length": "1", "Transfer-Encoding": "chunked" };
    const answer = await echo().request("/text", { method: "POST", headers, body: "x".repeat(LIMIT + 1) });
    expect(answer.status).toBe(413);
  });
});

it("what a middleware in front has read already is read by the handler as ever", async () => {
  const { tide } = smallApp({ REQUEST_BODY_LIMIT_BYTES: String(LIMIT) });
  const app = new Hono<TidegateEnv>()
    .use(async (c, next) => {
      await c.req.json();
      await next();
    })
    .use(tide.middleware())
    .post("/orders", async (c) => c.json(await c.req.json()));
  const answer = await app.request("/orders", { method: "POST", body: '{"lot":17}' });
  expect(await answer.json()).toEqual({ lot: 17 });
});

// Whoever replaces the globals does so for good.
describe.each([false, true])("Node's adapter of Hono, with overrideGlobalObjects: %s,", (overrideGlobalObjects) => {
  it("hands over bodies that come in chunks", async () => {
    const server = createAdaptorServer({ fetch: echo().fetch, overrideGlobalObjects }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    for (const path of ["/text", "/raw"]) {
      for (const [chunks, status] of [
        [LIMIT / 100, 200],
        [LIMIT / 100 + 1, 413],
      ] as const) {
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => {
            for (let sent = 0; sent < chunks; sent++) controller.enqueue(new TextEncoder().encode("x".repeat(100)));
            controller.close();
          },
        });
        const init = { method: "POST", body, duplex: "half", headers: { "Content-Type": "text/plain" } };
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, init as RequestInit);
        expect([path, chunks, answer.status]).toEqual([path, chunks, status]);
        if (status === 200) expect(await answer.text()).toBe("x".repeat(100 * chunks));
        else await answer.body?.cancel();
      }
    }
    server.close();
  });
});
