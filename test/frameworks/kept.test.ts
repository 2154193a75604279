/** Kept answers are the same in every framework: who gets which, how they are marked, and what is passed on. */
import { Agent, request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime, openBreaker } from "../../lib/testing/testing.ts";
import { ProblemError, tidegate } from "../../lib/tidegate.ts";
import { afterAnswers } from "../support/after-answers.ts";
import { eventually } from "../support/processes.ts";
import { FRAMEWORKS, type Routes } from "./kept-served.ts";
import type { Served } from "./scene.ts";

const KiB = 1_024;
const PARTS = 256;

/** Fails, or waits, where the test says so. */
function scene() {
  const state = { held: null as Promise<void> | null, cookie: true, pulled: 0, isMissing: false, given: 0, arrived: 0 };
  const lines: string[] = [];
  const note = (event: string) => void lines.push(event);
  const asked: string[] = [];
  const { waitUntil, settled } = afterAnswers();
  const runtime = manualRuntime();
  const tide = tidegate({
    database: fakeDatabase(async (text) => {
      asked.push(text);
      await state.held;
      return [{ quantity: asked.length }];
    }),
    store: memory(),
    runtime,
    config: readConfig({ APP_ENV: "testing", RATE_LIMIT_PER_MINUTE: "0" }),
    log: { debug: note, info: note, warn: note, error: note },
    waitUntil,
  });
  const rows: Routes[string]["answer"] = async ({ db }) => ({
    json: { success: true, data: await db.query`select quantity from stock`, meta: { timestamp: "then" } },
  });
  const large = async function* () {
    for (let part = 0; part < PARTS; part++) {
      state.pulled += 1;
      yield new Uint8Array(64 * KiB);
    }
  };
  const routes: Routes = {
    "/stock": { keep: {}, answer: rows },
    "/together": {
      keep: {},
      keyOf: () => {
        state.arrived += 1;
        return "";
      },
      answer: rows,
    },
    "/fresh": { keep: { freshSeconds: 5 }, answer: rows },
    "/background": { keep: { freshSeconds: 5, refresh: "background" }, answer: rows },
    "/mine": {
      keep: { freshSeconds: 60 },
      keyOf: (header) => header("x-user") ?? null,
      answer: ({ header }) => ({ json: { of: header("x-user") } }),
    },
    "/cookie": {
      keep: { freshSeconds: 60 },
      answer: () => ({ json: { said: "once" }, ...(state.cookie && { headers: { "Set-Cookie": "sid=1" } }) }),
    },
    "/language": {
      keep: { freshSeconds: 60 },
      answer: ({ header }) => ({
        json: { in: header("accept-language") },
        headers: { Vary: "Accept-Language" },
      }),
    },
    "/large": { keep: { freshSeconds: 60, maxBytes: 100 * KiB }, answer: () => ({ bytes: large() }) },
    "/missing": {
      keep: { freshSeconds: 5, refresh: "background" },
      answer: () => {
        if (state.isMissing) throw new ProblemError("NOT_FOUND", "There is none.");
        return { json: { is: "there" } };
      },
    },
    "/tagged": {
      keep: { freshSeconds: 60, tags: ["tagged"] },
      answer: () => {
        state.given += 1;
        return { json: { given: state.given } };
      },
    },
  };
  return { tide, runtime, routes, state, asked, lines, settled };
}

describe.each(FRAMEWORKS)("a kept route of %s", (_, start) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  const started = async () => {
    const made = scene();
    const served: Served = await start(made.tide, made.routes);
    ends.push(served.close, () => made.tide.close());
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`${served.url}${path}`, init);
      const text = await answer.text();
      await made.settled();
      return {
        status: answer.status,
        headers: answer.headers,
        text,
        cache: answer.headers.get("cache-status"),
        json: () => JSON.parse(text),
      };
    };
    return { ...made, ask, url: served.url };
  };

  test("is answered with its last good answer while the breaker is open, marked with why and since when", async () => {
    const { ask, tide, runtime, asked } = await started();
    expect((await ask("/stock")).cache).toBe("tidegate; fwd=miss");
    await runtime.advance(90_000);
    const release = await openBreaker(tide);
    const old = await ask("/stock");
    expect([old.status, old.cache]).toEqual([200, "tidegate; hit; fwd=stale; detail=CIRCUIT_BREAKER_OPEN"]);
    expect(Object.fromEntries(old.headers)).toMatchObject({
      age: "90",
      "cache-control": "no-cache",
      "content-type": expect.stringMatching(/^application\/json/),
      "retry-after": expect.stringMatching(/^\d+$/),
      "tidegate-as-of": new Date(runtime.wallMs() - 90_000).toISOString(),
      "x-request-id": expect.any(String),
    });
    expect(old.json()).toMatchObject({ data: [{ quantity: 1 }], meta: { stale: { age_seconds: 90 } } });
    const head = await ask("/stock", { method: "HEAD" });
    expect([head.status, head.cache, head.text]).toEqual([200, old.cache, ""]);
    expect((await ask("/fresh")).json().error.code).toBe("CIRCUIT_BREAKER_OPEN");
    expect((await ask("/stock", { headers: { "Cache-Control": "no-store" } })).status).toBe(503);
    expect((await ask("/stock", { headers: { Cookie: "sid=1" } })).status).toBe(503);
    await release();
    expect((await ask("/stock")).json().data).toEqual([{ quantity: 2 }]);
    expect(asked).toHaveLength(2);
  });

  test("is fresh for a while, and 304 for who has it, whether it is kept or new", async () => {
    const { ask, runtime, asked } = await started();
    await ask("/fresh");
    const again = await ask("/fresh");
    expect([again.status, again.cache, again.headers.get("age")]).toEqual([200, "tidegate; hit; ttl=5", "0"]);
    const known = { headers: { "If-None-Match": again.headers.get("etag") ?? "" } };
    const same = await ask("/fresh", known);
    expect([same.status, same.text]).toEqual([304, ""]);
    expect(asked).toHaveLength(1);
    await runtime.advance(6_000);
    // Not the same any more, and kept although its caller knew another one.
    expect((await ask("/fresh", known)).json().data).toEqual([{ quantity: 2 }]);
    expect((await ask("/fresh")).json().data).toEqual([{ quantity: 2 }]);
  });

  test("is refreshed in the background, for nobody", async () => {
    const { ask, runtime, asked, settled } = await started();
    await ask("/background");
    await runtime.advance(6_000);
    const old = await ask("/background");
    expect([old.headers.get("age"), old.json().data]).toEqual(["6", [{ quantity: 1 }]]);
    await eventually("it is asked again", () => asked.length === 2);
    await settled();
    const anew = await eventually("the new one is kept", async () => {
      const found = await ask("/background");
      return found.headers.get("age") === "0" && found;
    });
    expect([anew.json().data, anew.headers.get("content-type")]).toEqual([
      [{ quantity: 2 }],
      old.headers.get("content-type"),
    ]);
    expect(asked).toHaveLength(2);
  });

  test("whose refresh is told that there is none says so to who asks next, and logs no failure", async () => {
    const { ask, runtime, state, lines } = await started();
    await ask("/missing");
    await runtime.advance(6_000);
    state.isMissing = true;
    expect((await ask("/missing")).status).toBe(200);
    await eventually("the next one is told", async () => (await ask("/missing")).status === 404);
    expect(lines).not.toContain("request.failed");
  });

  test("is asked once for all who ask at the same time, also when the one who began it leaves", async () => {
    const { ask, url, asked, state } = await started();
    const { promise, resolve } = Promise.withResolvers<void>();
    state.held = promise;
    const first = request(`${url}/together`, { agent: new Agent() });
    first.on("error", () => {});
    first.end();
    await eventually("its statement has begun", () => asked.length === 1);
    const others = Array.from({ length: 20 }, () => ask("/together"));
    await eventually("all have arrived", () => state.arrived === 21);
    first.destroy();
    const late = ask("/together");
    await eventually("it has arrived", () => state.arrived === 22);
    resolve();
    for (const answer of await Promise.all([...others, late])) {
      expect([answer.status, answer.json().data]).toEqual([200, [{ quantity: 1 }]]);
    }
    expect(asked).toHaveLength(1);
  });

  test("that names its key is of that key", async () => {
    const { ask } = await started();
    const of = async (user: string) => (await ask("/mine", { headers: { "X-User": user, Cookie: user } })).json();
    for (const user of ["a", "b", "a", "b"]) expect(await of(user)).toEqual({ of: user });
    expect((await ask("/mine", { headers: { "X-User": "a" } })).cache).toMatch(/hit/);
  });

  test("sets a cookie for the one it was meant for alone", async () => {
    const { ask, state } = await started();
    expect((await ask("/cookie")).headers.getSetCookie()).toEqual(["sid=1"]);
    state.cookie = false;
    for (const cache of ["tidegate; fwd=miss", "tidegate; hit; ttl=60"]) {
      const answer = await ask("/cookie");
      expect([answer.cache, answer.headers.getSetCookie()]).toEqual([cache, []]);
    }
  });

  test("is for who says the same of what it varies by", async () => {
    const { ask } = await started();
    for (const language of ["de", "en", "de", "de"]) {
      expect((await ask("/language", { headers: { "Accept-Language": language } })).json()).toEqual({ in: language });
    }
  });

  test("passes on what is too large as it comes, and does not keep it", async () => {
    const { url, ask, state } = await started();
    const answer = await fetch(`${url}/large`);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let read = (await reader.read()).value?.byteLength ?? 0;
    // It is not waited for, and what nobody has read yet is not fetched without end.
    expect(state.pulled).toBeLessThan(PARTS);
    for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.byteLength;
    expect(read).toBe(PARTS * 64 * KiB);
    expect((await ask("/large")).cache).toBe("tidegate; fwd=miss");
    expect((await ask("/large", { method: "HEAD" })).status).toBe(200);
  });

  test("is forgotten by its tag", async () => {
    const { ask, tide, runtime } = await started();
    for (const _time of [1, 2]) expect((await ask("/tagged")).json()).toEqual({ given: 1 });
    await runtime.advance(10);
    await tide.forget({ tag: "tagged" });
    expect((await ask("/tagged")).json()).toEqual({ given: 2 });
  });
});
