/** Answers whose body nobody reads: what feeds them ends, and its permit is given back at once. */
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { BATCH_ROWS } from "../../lib/guard/database/stream.ts";
import type { GuardedDatabase, TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

const ROWS = Array.from({ length: 3 * BATCH_ROWS }, (_, n) => ({ n }));
const TWO_PERMITS = { DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "1" };

/** As applications write it, without a thought of who leaves. */
function pulled(db: GuardedDatabase, heedsItsEnd = false): ReadableStream<Uint8Array> {
  const rows = db.stream<{ n: number }>`select n from numbers`;
  const text = new TextEncoder();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await rows.next();
      if (done) controller.close();
      else controller.enqueue(text.encode(`${value.n}\n`));
    },
    ...(heedsItsEnd && { cancel: () => void rows.return?.() }),
  });
}

function scene() {
  const { tide, runtime } = smallApp(TWO_PERMITS, () => ROWS);
  const app = new Hono<TidegateEnv>()
    .use(tide.middleware())
    .get("/pulled", (c) => c.body(pulled(c.var.db)))
    .get("/heeding", (c) => c.body(pulled(tide.db, true)))
    .get("/broken", (c) => {
      pulled(c.var.db);
      throw new Error(`no answer for ${c.req.path}`);
    })
    .get("/tagged", (c) => {
      c.header("ETag", '"1"');
      return c.body("once upon a time");
    });
  const running = async () => {
    await runtime.advance(1);
    const { lanes } = await tide.view();
    return lanes.request.running;
  };
  return { app, tide, runtime, running };
}

describe("a body that nobody will read", () => {
  it.each(["/pulled", "/heeding"])("holds no permit after HEAD: the GETs that follow are served, %s", async (path) => {
    const { app, runtime, running } = scene();
    for (let times = 0; times < 4; times += 1) {
      const answer = await app.request(path, { method: "HEAD" });
      expect([answer.status, await answer.text(), await running()]).toEqual([200, "", 0]);
    }
    const asked = (await app.request(path)).text();
    await runtime.advance(10);
    expect((await asked).trim().split("\n")).toHaveLength(ROWS.length);
  });

  it("holds no permit after an answer that is an error instead", async () => {
    const { app, running } = scene();
    const answer = await app.request("/broken");
    expect([answer.status, await running()]).toEqual([500, 0]);
  });

  it("holds no permit for a client that had gone before it was answered", async () => {
    const { app, running } = scene();
    const tab = new AbortController();
    const asked = app.request("/heeding", { signal: tab.signal });
    tab.abort();
    expect([(await asked).status, await running()]).toEqual([200, 0]);
  });

  it("leaves its headers to HEAD", async () => {
    const { app } = scene();
    const answer = await app.request("/tagged", { method: "HEAD" });
    expect([answer.status, answer.headers.get("etag"), answer.headers.get("x-request-id")?.length]).toEqual([
      200,
      '"1"',
      expect.any(Number),
    ]);
  });
});
