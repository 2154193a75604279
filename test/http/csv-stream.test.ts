/** CSV as a stream over real HTTP: at the reader's pace, whole or visibly broken. */
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { memory } from "tidegate/stores/memory";
import { afterEach, describe, expect, test } from "vitest";
import { answerStream } from "../../functions/answer.ts";
import { csvStream } from "../../functions/csv.ts";
import { trace } from "../../functions/routes/trace.ts";
import { DIALECTS } from "../../functions/sql/dialect.ts";
import { DatabaseError, type TakeRows } from "../../lib/database/port.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import type { TidegateEnv } from "../../lib/tidegate.ts";
import { eventually } from "../support/processes.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const BATCH = Array.from({ length: 500 }, (_, n) => ({ n, text: "x".repeat(100) }));
const CSV = { accept: "text/csv" };

type Produce = (take: TakeRows<object>, signal: AbortSignal) => Promise<void>;
const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

/** An application over a database whose streams do what a test says. */
async function serving(produce: Produce) {
  const fake = fakeDatabase((_, values) => values.map((lot_id) => ({ lot_id })));
  const tide = tidegate({
    database: {
      ...fake,
      open: (settings, runtime) => ({
        ...fake.open(settings, runtime),
        stream: (_, { signal }, __, take) => produce(take as TakeRows<object>, signal),
      }),
    },
    store: memory(),
    config: readConfig({ APP_ENV: "testing" }),
    log: SILENT,
  });
  const app = new Hono<TidegateEnv>()
    .use(tide.middleware())
    .route("/trace", trace(DIALECTS.postgres, tide.keep))
    .get("/rows", (c) => answerStream(c, { file: "rows", columns: ["n", "text"], rows: c.var.db.stream`select` }));
  const server = createServer(getRequestListener(app.fetch)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  ended.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await tide.close();
  });
  const running = async () => (await tide.view()).lanes.request.running;
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, running, app };
}

const batches =
  (count: number, then: () => void = () => {}): Produce =>
  async (take) => {
    for (let n = 0; n < count; n++) if (!(await take(BATCH, false))) return;
    then();
    await take([], true);
  };

describe("a stream of CSV", () => {
  test("is the rows, with the headers of a download", async () => {
    const { url, running } = await serving(batches(20));
    const response = await fetch(`${url}/rows`);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="rows.csv"');
    const lines = (await response.text()).split("\r\n");
    expect(lines).toHaveLength(1 + 20 * 500 + 1);
    expect(lines.slice(0, 2)).toEqual(["n,text", `0,${"x".repeat(100)}`]);
    expect(await running()).toBe(0);
  });

  test("is a header when there are no rows", async () => {
    const { url } = await serving(batches(0));
    expect(await (await fetch(`${url}/rows`)).text()).toBe("n,text\r\n");
  });

  test("that fails before its first row is an answer of the contract", async () => {
    const { url } = await serving(() => Promise.reject(new DatabaseError("connection", "gone")));
    const response = await fetch(`${url}/rows`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ success: false, error: { code: "DB_CONNECTION_FAILED" } });
  });

  test("that fails later is broken off, never short", async () => {
    const { url, running } = await serving(
      batches(3, () => {
        throw new DatabaseError("connection", "gone");
      }),
    );
    const response = await fetch(`${url}/rows`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(await running()).toBe(0);
  });

  test("goes no faster than it is read, and ends with a reader who leaves", async () => {
    let made = 0;
    const { url, running } = await serving(async (take) => {
      do made += 1;
      while (await take(BATCH, false));
    });
    const answer = await new Promise<IncomingMessage>((resolve) => get(`${url}/rows`, resolve));
    await eventually("it has stalled", async () => {
      const before = made;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return made === before;
    });
    // Some megabytes fit into the buffers of the sockets.
    expect(made).toBeLessThan(300);
    expect(await running()).toBe(1);
    answer.destroy();
    await eventually("the permit is free", async () => (await running()) === 0, 1_000);
  });

  test("stops what is being fetched for a reader who leaves", async () => {
    let stopped = false;
    const { url, running } = await serving(async (take, signal) => {
      await take(BATCH, false);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      stopped = true;
    });
    const answer = await new Promise<IncomingMessage>((resolve) => get(`${url}/rows`, resolve));
    answer.resume();
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer.destroy();
    await eventually("it is stopped", async () => stopped && (await running()) === 0, 1_000);
  });

  test("is not begun for who wants the headers alone", async () => {
    const { url, running } = await serving(batches(1_000));
    const response = await fetch(`${url}/rows`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/csv; charset=utf-8; header=present",
    ]);
    expect(await running()).toBe(0);
  });

  test("leaves nothing behind after 500 readers who left", async () => {
    const { running, app } = await serving(batches(1_000));
    for (let n = 0; n < 500; n++) {
      const tab = new AbortController();
      const response = await app.request("/rows", { signal: tab.signal });
      if (n % 2 === 0) await response.body?.cancel();
      else tab.abort();
    }
    await eventually("every permit is free", async () => (await running()) === 0);
  });
});

describe("who gets the whole history", () => {
  const event = (event_id: string) => ({ event_id, lot_id: "L1", event_type: "hold", occurred_at: new Date(0) });

  test("CSV that names no limit; JSON and a limit are pages", async () => {
    const { url } = await serving(async (take) => void (await take([event("7")], true)));
    const whole = await (await fetch(`${url}/trace/events?lots=L1`, { headers: CSV })).text();
    expect(whole.split("\r\n")[1]).toMatch(/^7,L1,hold,1970-01-01T00:00:00.000Z,/);
    const page = await (await fetch(`${url}/trace/events?lots=L1&limit=5`, { headers: CSV })).text();
    expect(page).not.toContain("7,L1");
  });
});

test("an encoder at the reader's pace", async () => {
  let asked = 0;
  let left = false;
  const stream = csvStream(["n"], {
    next: async () => {
      asked += 1;
      return { done: false, value: { n: "x".repeat(1_000) } };
    },
    return: async () => {
      left = true;
      return { done: true, value: undefined };
    },
  });
  expect(asked).toBe(0);
  const reader = stream.getReader();
  expect((await reader.read()).value?.length).toBeGreaterThan(16_000);
  expect(asked).toBe(17);
  await reader.cancel();
  expect(left).toBe(true);
});
