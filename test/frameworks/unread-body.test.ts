/** Answers to HEAD whose handler writes a body, to frameworks on Node: what feeds it ends, and its permit is given back. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import express from "express";
import Fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import * as onExpress from "../../lib/frameworks/express.ts";
import * as onFastify from "../../lib/frameworks/fastify.ts";
import { BATCH_ROWS } from "../../lib/guard/database/stream.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { type GuardedDatabase, type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { eventually } from "../support/processes.ts";
import { served } from "./express-served.ts";
import type { Served } from "./scene.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const ROWS = Array.from({ length: 3 * BATCH_ROWS }, () => ({ n: 1 }));

/** As long as somebody reads it, with the stream of the database open. */
async function* endless(db: GuardedDatabase): AsyncGenerator<string> {
  for await (const { n } of db.stream<{ n: number }>`select n from numbers`) {
    for (;;) {
      yield `${n}\n`;
      await setImmediate();
    }
  }
}

const STARTS: Readonly<Record<string, (tide: Tidegate) => Promise<Served>>> = {
  "Express, piped": (tide) => {
    const app = express().use(onExpress.middleware(tide));
    app.get("/rows", (req, res) => void Readable.from(endless(onExpress.tideOf(req).db)).pipe(res));
    return served(app);
  },
  "Express, by a pipeline": (tide) => {
    const app = express().use(onExpress.middleware(tide));
    app.get("/rows", (req, res) => pipeline(Readable.from(endless(onExpress.tideOf(req).db)), res).catch(() => {}));
    return served(app);
  },
  Fastify: async (tide) => {
    const app = Fastify({ forceCloseConnections: true });
    app.register(onFastify.plugin(tide));
    app.register(async (inner) => {
      inner.get("/rows", (request, reply) => reply.send(Readable.from(endless(onFastify.tideOf(request).db))));
    });
    return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
  },
};

describe.each(Object.entries(STARTS))("HEAD to %s", (_, start) => {
  let end = async (): Promise<void> => {};
  afterEach(() => end());

  it("is answered at once, as often as there are permits and more, and none of them is held", async () => {
    const tide = tidegate({
      database: fakeDatabase(() => ROWS),
      store: memory(),
      config: readConfig({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" }),
      log: silent,
    });
    const { url, close } = await start(tide);
    end = async () => {
      await close();
      await tide.close();
    };
    for (let times = 0; times < 4; times++) {
      const answer = await fetch(`${url}/rows`, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
      expect([answer.status, await answer.text()]).toEqual([200, ""]);
    }
    await eventually("no permit is held", async () => (await tide.view()).lanes.request.running === 0);
    const read = (await fetch(`${url}/rows`)).body?.getReader();
    expect(new TextDecoder().decode((await read?.read())?.value)).toContain("1\n");
    await read?.cancel();
    await eventually("who reads no more holds none", async () => (await tide.view()).lanes.request.running === 0);
  });
});
