/** Heads of kept answers in Express and Fastify: what is a handler's is kept, what is each request's is not. */
import express from "express";
import Fastify from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import * as onExpress from "../../lib/frameworks/express.ts";
import * as onFastify from "../../lib/frameworks/fastify.ts";
import type { Tidegate } from "../../lib/tidegate.ts";
import { served } from "./express-served.ts";
import { asking, keptInstance } from "./kept-asked.ts";
import type { Served } from "./scene.ts";

const FRESH = { freshSeconds: 60 };
const ETAG = '"seven"';
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** In front of the route each request is given its number, and a session to one that says so; the route says the rest. */
const withExpress = (tide: Tidegate): Promise<Served> => {
  let requests = 0;
  const app = express().use(onExpress.middleware(tide));
  app.use((req, res, next) => {
    requests += 1;
    res.set({ "X-Request-Number": `${requests}`, Vary: "Origin" });
    if (req.query.session) res.cookie("sid", `${requests}`);
    next();
  });
  app.get("/seven", onExpress.keep(tide, FRESH), (_req, res) => {
    res.removeHeader("X-Powered-By");
    res.set({ "X-Own": "1", ETag: ETAG }).vary("Accept-Language");
    res.send("seven");
  });
  return served(app.use(onExpress.errorHandler(tide)));
};

const withFastify = async (tide: Tidegate): Promise<Served> => {
  let requests = 0;
  const app = Fastify({ forceCloseConnections: true });
  app.register(onFastify.plugin(tide));
  app.addHook<{ Querystring: { session?: string } }>("onRequest", async ({ query }, reply) => {
    requests += 1;
    reply.headers({ "X-Request-Number": `${requests}`, Vary: "Origin" });
    if (query.session) reply.header("Set-Cookie", `sid=${requests}`);
  });
  app.get("/seven", onFastify.keep(tide, FRESH), async (_request, reply) => {
    reply.headers({ "X-Own": "1", ETag: ETAG, Vary: `${reply.getHeader("Vary")}, Accept-Language` });
    return "seven";
  });
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
};

describe.each([
  ["Express", withExpress],
  ["Fastify", withFastify],
])("a kept answer of %s", (_, start) => {
  const started = async () => {
    const { tide, settled } = keptInstance();
    const { url, close } = await start(tide);
    ends.push(close, () => tide.close());
    const ask = asking(url, settled);
    return async (query = "", headers: Record<string, string> = {}) => {
      const { headers: told, ...answer } = await ask(`/seven${query}`, headers);
      return { ...answer, told: Object.fromEntries(told) };
    };
  };

  test("has what its handler has set, and of each request what stands in front has set for that", async () => {
    const ask = await started();
    for (const [number, cache] of [
      ["1", "tidegate; fwd=miss"],
      ["2", "tidegate; hit; ttl=60"],
    ]) {
      const { told, text } = await ask();
      expect(told).toMatchObject({ "x-own": "1", "x-request-number": number, "cache-status": cache, etag: ETAG });
      expect([text, told.vary?.split(/, */).toSorted()]).toEqual(["seven", ["Accept-Language", "Origin"]]);
    }
    // It varies by what stands in front as well.
    expect((await ask("", { Origin: "https://elsewhere.example" })).cache).toBe("tidegate; fwd=vary-miss");
  });

  test("is whole although the one who asked for it had it already, and that one is told so", async () => {
    const ask = await started();
    // As browsers ask; without it, `fetch` says that it wants a new one.
    const first = await ask("", { "If-None-Match": ETAG, "Cache-Control": "max-age=0" });
    expect([first.status, first.text, first.cache]).toEqual([304, "", "tidegate; fwd=miss"]);
    const next = await ask();
    expect([next.status, next.text, next.cache]).toEqual([200, "seven", "tidegate; hit; ttl=60"]);
  });

  test("is none where a session is begun with it, whoever begins that", async () => {
    const ask = await started();
    expect((await ask("?session=1")).told["set-cookie"]).toContain("sid=1");
    const again = await ask("?session=1");
    expect([again.cache, again.told["set-cookie"]]).toEqual(["tidegate; fwd=miss", expect.stringContaining("sid=2")]);
  });
});
