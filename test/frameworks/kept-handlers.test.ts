/** Kept answers of Express and Fastify where handlers do more than answer: they fail halfway, hand on, or take the connection. */
import { Readable } from "node:stream";
import express from "express";
import Fastify from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import * as onExpress from "../../lib/frameworks/express.ts";
import * as onFastify from "../../lib/frameworks/fastify.ts";
import { manualRuntime, openBreaker } from "../../lib/testing/testing.ts";
import { eventually } from "../support/processes.ts";
import { served } from "./express-served.ts";
import { asking, keptInstance } from "./kept-asked.ts";

const KiB = 1_024;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function instance(runtime = manualRuntime()) {
  const made = keptInstance(runtime);
  ends.push(() => made.tide.close());
  return made;
}

const FRESH = { freshSeconds: 60 };

describe("Express", () => {
  const started = async (app: express.Express, settled: () => Promise<void>) => {
    const { url, close } = await served(app);
    ends.push(close);
    return asking(url, settled);
  };

  test("a handler that hands on, sends headers of its own kind, or a file is kept as it answers", async () => {
    const { tide, settled } = instance();
    const app = express().use(onExpress.middleware(tide));
    app.get("/on", onExpress.keep(tide, FRESH), (_req, _res, next) => next());
    app.get("/on", (_req, res) => void res.type("text/csv").send("a,b\n"));
    app.get("/head", onExpress.keep(tide, FRESH), (_req, res) => {
      res.writeHead(200, { "Content-Type": "text/plain", "X-Own": "1" });
      res.write("one ");
      res.end("two");
    });
    app.get("/odd", onExpress.keep(tide, FRESH), (_req, res) => void res.status(418).send("odd"));
    app.get("/file", onExpress.keep(tide, FRESH), (_req, res) => res.sendFile(import.meta.filename));
    const ask = await started(app.use(onExpress.errorHandler(tide)), settled);
    for (const cache of ["tidegate; fwd=miss", "tidegate; hit; ttl=60"]) {
      const on = await ask("/on");
      expect([on.cache, on.headers.get("content-type"), on.text]).toEqual([cache, "text/csv; charset=utf-8", "a,b\n"]);
      const head = await ask("/head");
      expect([head.cache, head.headers.get("x-own"), head.text]).toEqual([cache, "1", "one two"]);
      const file = await ask("/file");
      expect([file.cache, file.text.length]).toEqual([cache, (await ask("/file")).text.length]);
    }
    for (const _time of [1, 2])
      expect([(await ask("/odd")).status, (await ask("/odd")).cache]).toEqual([418, "tidegate; fwd=miss"]);
  });

  test("what stands in front and changes what is sent is passed by new answers, kept ones and refreshed ones", async () => {
    const runtime = manualRuntime();
    const { tide, settled } = instance(runtime);
    const app = express().use((_req, res, next) => {
      const [write, end] = [res.write, res.end];
      const loud = (chunk: unknown) =>
        chunk instanceof Uint8Array || typeof chunk === "string" ? `${chunk}`.toUpperCase() : chunk;
      res.write = ((chunk: unknown, ...others: never[]) =>
        Reflect.apply(write, res, [loud(chunk), ...others])) as typeof write;
      res.end = ((chunk: unknown, ...others: never[]) =>
        Reflect.apply(end, res, [loud(chunk), ...others])) as typeof end;
      next();
    });
    let times = 0;
    app.use(onExpress.middleware(tide));
    app.get("/loud", onExpress.keep(tide, { freshSeconds: 5, refresh: "background" }), (_req, res) => {
      times += 1;
      res.type("text/plain");
      res.write(`answer ${times} `);
      res.end("end");
    });
    const ask = await started(app.use(onExpress.errorHandler(tide)), settled);
    const textNow = async () => (await ask("/loud")).text;
    expect([await textNow(), await textNow()]).toEqual(["ANSWER 1 END", "ANSWER 1 END"]);
    await runtime.advance(6_000);
    expect(await textNow()).toBe("ANSWER 1 END");
    await eventually("it is refreshed", async () => (await textNow()) === "ANSWER 2 END");
    expect(times).toBe(2);
  });

  test("what breaks off halfway breaks off for its reader, and is not kept", async () => {
    const { tide, settled } = instance();
    let times = 0;
    const app = express().use(onExpress.middleware(tide));
    app.get("/half", onExpress.keep(tide, FRESH), (_req, res, next) => {
      times += 1;
      res.write("half ");
      if (times === 1) setImmediate(() => next(new Error("broken")));
      else res.end("whole");
    });
    const ask = await started(app.use(onExpress.errorHandler(tide)), settled);
    expect((await ask("/half")).text).toBe("broken off");
    expect((await ask("/half")).text).toBe("half whole");
    expect((await ask("/half")).text).toBe("half whole");
    expect(times).toBe(2);
  });

  test("a failure of which another error handler knows is its, and nothing stands in", async () => {
    const { tide, settled } = instance();
    const app = express().use(onExpress.middleware(tide));
    app.get(
      "/own",
      onExpress.keep(tide),
      async (req, res) => void res.json(await onExpress.tideOf(req).db.query`select 1`),
    );
    app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
      res.status(599).send("its own");
    });
    const ask = await started(app, settled);
    expect((await ask("/own")).status).toBe(200);
    await openBreaker(tide);
    const answer = await ask("/own");
    expect([answer.status, answer.text]).toEqual([599, "its own"]);
  });

  test("a stream that nobody reads any more is ended, however large it is", async () => {
    const { tide } = instance();
    let signal: AbortSignal | undefined;
    const app = express().use(onExpress.middleware(tide));
    app.get("/large", onExpress.keep(tide, { maxBytes: KiB }), (req, res) => {
      ({ signal } = onExpress.tideOf(req));
      const endless = new Readable({ read: () => void endless.push(Buffer.alloc(64 * KiB)) });
      endless.pipe(res);
    });
    const { url, close } = await served(app.use(onExpress.errorHandler(tide)));
    ends.push(close);
    const leaving = new AbortController();
    const answer = await fetch(`${url}/large`, { signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    await eventually("its handler hears of it", () => signal?.aborted === true);
  });

  test("a request that has not passed the middleware says so", async () => {
    const { tide, settled } = instance();
    const app = express().get("/bare", onExpress.keep(tide), (_req, res) => void res.send("fine"));
    app.use((error: Error, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
      res.status(500).send(error.message);
    });
    const ask = await started(app, settled);
    expect((await ask("/bare")).text).toContain("app.use(middleware(tide))");
  });
});

describe("Fastify", () => {
  test("replies by hand, streams, answers of fetch and none at all are passed on, and kept where they may be", async () => {
    const { tide, settled } = instance();
    const app = Fastify({ forceCloseConnections: true });
    ends.push(() => app.close());
    app.register(onFastify.plugin(tide));
    app.setErrorHandler(onFastify.errorHandler(tide));
    app.register(async (inner) => {
      const kept = onFastify.keep(tide, FRESH);
      inner.get("/send", kept, (_request, reply) => void reply.type("text/csv").send("a,b\n"));
      inner.get("/stream", kept, (_request, reply) => reply.send(Readable.from(["one ", "two"])));
      inner.get("/fetch", kept, async () => new Response("of fetch", { headers: { "X-Own": "1" } }));
      inner.get("/none", kept, (_request, reply) => reply.code(204).send());
      inner.get("/taken", kept, (_request, reply) => {
        reply.hijack();
        reply.raw.end("taken");
      });
    });
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const ask = asking(url, settled);
    for (const cache of ["tidegate; fwd=miss", "tidegate; hit; ttl=60"]) {
      for (const [path, text] of [
        ["/send", "a,b\n"],
        ["/stream", "one two"],
        ["/fetch", "of fetch"],
      ] as const) {
        const answer = await ask(path);
        expect([path, answer.cache, answer.text]).toEqual([path, cache, text]);
      }
      expect((await ask("/none")).status).toBe(204);
    }
    expect((await ask("/fetch")).headers.get("x-own")).toBe("1");
    expect(await Promise.all([1, 2, 3].map(async () => (await ask("/taken")).text))).toEqual([
      "taken",
      "taken",
      "taken",
    ]);
  });
});

describe("Fastify with an error handler of its own", () => {
  test("answers by that what nothing stands in for, and says where the plugin is missing", async () => {
    const { tide, settled } = instance();
    const app = Fastify({ forceCloseConnections: true });
    ends.push(() => app.close());
    app.setErrorHandler((error: Error, _request, reply) => reply.code(599).send(error.message));
    app.get("/bare", onFastify.keep(tide), async () => "fine");
    app.register(async (inner) => {
      inner.register(onFastify.plugin(tide));
      inner.get("/broken", onFastify.keep(tide), async () => {
        throw new Error("broken");
      });
      inner.get("/rows", onFastify.keep(tide), (request) => onFastify.tideOf(request).db.query`select 1`);
    });
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const read = asking(url, settled);
    const ask = async (path: string) => {
      const { status, text } = await read(path);
      return [status, text];
    };
    expect(await ask("/broken")).toEqual([599, "broken"]);
    expect((await ask("/bare"))[1]).toContain("app.register(plugin(tide))");
    const fine = await ask("/rows");
    await openBreaker(tide);
    expect([fine, await ask("/rows")]).toEqual([
      [200, '[{"id":1}]'],
      [200, '[{"id":1}]'],
    ]);
  });
});

test("`keep` of Express and of Fastify says at construction what is wrong", () => {
  const { tide } = instance();
  for (const keep of [
    (given: object, options: object) => onExpress.keep(given as never, options),
    (given: object, options: object) => onFastify.keep(given as never, options),
  ]) {
    expect(() => keep({}, {})).toThrow("keep: what tidegate() returns is needed first");
    expect(() => keep(tide, { freshSeconds: -1 })).toThrow("freshSeconds must be a number from 0 to");
    expect(() => keep(tide, { key: "user" })).toThrow("key must be a function, was string");
    expect(() => keep(tide, { tags: 7 })).toThrow("tags must be a list of texts or a function");
  }
});
