/** Answers over HTTP that have arrived while the event loop stood still beyond their deadline: they count. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { platform } from "../lib/recovery/hooks/platform.ts";
import { type Runtime, systemRuntime } from "../lib/runtime.ts";
import { upstash } from "../lib/store/upstash/upstash.ts";

/** In a thread of its own, which goes on while ours stands still. */
const SERVER = `
  const server = require("node:http").createServer((request, response) => {
    setTimeout(() => response.end(JSON.stringify({ result: ["=value", 5] })), 100);
  });
  server.listen(0, "127.0.0.1", () => require("node:worker_threads").parentPort.postMessage(server.address().port));
`;
const DEADLINE_MS = 400;

let worker: Worker;
let url = "";
beforeAll(async () => {
  worker = new Worker(SERVER, { eval: true });
  url = `http://127.0.0.1:${String((await once(worker, "message"))[0])}`;
});
afterAll(() => worker.terminate());

/** Behind what was read in this turn, so that the next begins with the timers. */
async function standStill(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setImmediate(resolve));
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test("a platform's", async () => {
  const asked = platform({ hook: "test", secrets: [] }).ask(
    { doing: "asking", method: "POST", url, deadlineMs: DEADLINE_MS },
    new AbortController().signal,
  );
  await standStill(2 * DEADLINE_MS);
  expect((await asked).status).toBe(200);
});

test("an Upstash's", async () => {
  const base = systemRuntime();
  // Ten seconds are a long time to stand still.
  const runtime: Runtime = { ...base, setTimer: (task, ms, options) => base.setTimer(task, ms / 25, options) };
  const store = upstash(url, { token: "token" }).open(runtime);
  const asked = Promise.resolve(store.kv.get("key"));
  await standStill(2 * DEADLINE_MS);
  expect(await asked).toEqual({ value: "value", ageMs: 5 });
  await store.close();
});
