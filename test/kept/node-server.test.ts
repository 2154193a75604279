/** Kept answers over a real Node server, whose clients leave. */
import { Agent, type IncomingMessage, request } from "node:http";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { type Serving, serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { success, type TidegateEnv, tidegate } from "../../lib/tidegate.ts";
import { eventually } from "../support/processes.ts";

const NOTHING = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const opened: Serving[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((serving) => serving.stop()));
});

/** One kept route, whose statement ends when the test says so. */
async function served() {
  const statements: { readonly answer: (rows: readonly unknown[]) => void }[] = [];
  const database = fakeDatabase(() => {
    const { promise, resolve } = Promise.withResolvers<readonly unknown[]>();
    statements.push({ answer: resolve });
    return promise;
  });
  const config = readConfig({ APP_ENV: "testing", PORT: "0", RATE_LIMIT_PER_MINUTE: "0" });
  const tide = tidegate({ database, store: memory(), config, log: NOTHING });
  const [arrived, gone]: [string[], string[]] = [[], []];
  const app = new Hono<TidegateEnv>()
    .use(async (c, next) => {
      arrived.push(c.req.path);
      c.req.raw.signal.addEventListener("abort", () => gone.push(c.req.path));
      await next();
    })
    .use(tide.middleware())
    .get("/stock", tide.keep(), async (c) => success(c, await c.var.db.query`select quantity from stock`));
  app.onError(tide.onError);
  const serving = await serve(app, { tide });
  opened.push(serving);
  return { url: serving.url, statements, arrived, gone };
}

interface Asked {
  readonly answer: Promise<{ readonly status: number; readonly text: string; readonly cacheStatus: string } | null>;
  leave(): void;
}

function ask(url: string): Asked {
  const { promise, resolve } = Promise.withResolvers<Awaited<Asked["answer"]>>();
  const asked = request(url, { agent: new Agent() }, (response: IncomingMessage) => {
    let text = "";
    response.on("data", (part) => (text += part));
    response.on("error", () => resolve(null));
    response.on("end", () => {
      const { statusCode: status = 0, headers } = response;
      resolve({ status, text, cacheStatus: `${headers["cache-status"]}` });
    });
  });
  asked.on("error", () => resolve(null));
  asked.end();
  return { answer: promise, leave: () => asked.destroy() };
}

describe("a kept route of a real server", () => {
  test("goes on for those who wait when the client that asked first has left", async () => {
    const { url, statements, arrived, gone } = await served();
    const first = ask(`${url}/stock`);
    await eventually("its statement has begun", () => statements.length === 1);
    const others = Array.from({ length: 20 }, () => ask(`${url}/stock`));
    await eventually("all have arrived", () => arrived.length === 21);
    first.leave();
    await eventually("the server has heard that one has left", () => gone.length === 1);
    statements[0]?.answer([{ quantity: 7 }]);
    expect(await first.answer).toBeNull();
    for (const { answer } of others) {
      const found = await answer;
      expect([found?.status, JSON.parse(found?.text ?? "{}").data]).toEqual([200, [{ quantity: 7 }]]);
      expect(found?.cacheStatus).toBe("tidegate; fwd=miss; collapsed");
    }
    expect(statements).toHaveLength(1);
  });

  test("begins anew for who comes after all have left", async () => {
    const { url, statements, gone } = await served();
    const first = ask(`${url}/stock`);
    await eventually("its statement has begun", () => statements.length === 1);
    first.leave();
    await eventually("the server has heard that it has left", () => gone.length === 1);
    const next = ask(`${url}/stock`);
    await eventually("another statement has begun", () => statements.length === 2);
    for (const { answer } of statements) answer([{ quantity: 8 }]);
    expect((await next.answer)?.status).toBe(200);
  });

  test("asks once for ten thousand callers on a cold key, over its HTTP handlers", async () => {
    const { promise, resolve } = Promise.withResolvers<readonly unknown[]>();
    let statements = 0;
    const database = fakeDatabase(() => {
      statements += 1;
      return promise;
    });
    const config = readConfig({ APP_ENV: "testing", RATE_LIMIT_PER_MINUTE: "0" });
    const tide = tidegate({ database, store: memory(), config, log: NOTHING });
    const app = new Hono<TidegateEnv>()
      .use(tide.middleware())
      .get("/stock", tide.keep(), async (c) => success(c, await c.var.db.query`select quantity from stock`));
    app.onError(tide.onError);
    const asked = Array.from({ length: 10_000 }, () => app.request("/stock"));
    resolve([{ quantity: 7 }]);
    const answers = await Promise.all(asked);
    const bodies = new Set(await Promise.all(answers.map(async (one) => JSON.stringify((await one.json()).data))));
    expect([statements, new Set(answers.map(({ status }) => status)), bodies]).toEqual([
      1,
      new Set([200]),
      new Set(['[{"quantity":7}]']),
    ]);
  });
});
