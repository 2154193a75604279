/** Nobody is given what was answered to somebody else. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openBreaker } from "../../lib/testing/testing.ts";
import { keptScene } from "./scene.ts";

interface Question {
  readonly user: string;
  readonly item: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly accept: string | undefined;
  readonly language: string | undefined;
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
}

const WORDS = ["", "a", "b", "a b", "a */*", "*/* a", "*/*", "text/csv", "ü", "#", "x".repeat(300), "a\tb"];
const word = fc.constantFrom(...WORDS);
const maybe = fc.option(word, { nil: undefined });
const question: fc.Arbitrary<Question> = fc.record({
  user: word,
  item: fc.constantFrom("1", "a%20b", "a%2Fb", "%3Fq=1", "a%20*%2F*", "a%20*/*", "ü", "a%2520b"),
  query: fc.array(fc.tuple(fc.constantFrom("q", "r", "a b", "&"), word), { maxLength: 3 }),
  accept: maybe,
  language: maybe,
  cookie: maybe,
  authorization: maybe,
  apiKey: maybe,
});
/** Few words, each of which may pretend to be the end of one part and the beginning of the next. */
const part = fc.constantFrom("", "a", "a a", "*/*", "*/* a", "*/* a a");
const disguised: fc.Arbitrary<Question> = fc.record({
  user: part,
  item: fc.constantFrom("1", "1%20*/*", "1%20a", "1%20*/*%20a"),
  query: fc.constant([]),
  accept: part,
  language: fc.constant(undefined),
  cookie: fc.option(fc.constant("a"), { nil: undefined, freq: 8 }),
  authorization: fc.constant(undefined),
  apiKey: fc.constant(undefined),
});
const disguises = fc.array<Question>(fc.oneof({ weight: 4, arbitrary: disguised }, question), {
  minLength: 2,
  maxLength: 15,
});

function requestOf(asked: Question): { readonly path: string; readonly headers: Headers } {
  const headers = new Headers();
  const says = { accept: asked.accept, "accept-language": asked.language, cookie: asked.cookie };
  const who = { authorization: asked.authorization, "x-api-key": asked.apiKey };
  for (const [name, value] of Object.entries({ ...says, ...who })) {
    if (value !== undefined) headers.set(name, encodeHeader(value));
  }
  headers.set("x-user", encodeHeader(asked.user));
  const query = new URLSearchParams(asked.query.map(([name, value]): [string, string] => [name, value]));
  return { path: `/items/${asked.item}${query.size > 0 ? `?${query}` : ""}`, headers };
}

/** Headers have no characters beyond Latin-1. */
const encodeHeader = (value: string): string => value.replace(/[^\x20-\x7e]/g, "?");

const sorted = (query: string): string => {
  const parameters = new URLSearchParams(query);
  parameters.sort();
  return `${parameters}`;
};

/** What the answer is about, and who asked. */
function aboutOf(request: Request, isTold: (name: string) => boolean): string {
  const { pathname, search } = new URL(request.url);
  const told = [...request.headers].filter(([name]) => isTold(name)).map(([name, value]) => `${name}: ${value}`);
  return JSON.stringify([pathname, sorted(search), ...told]);
}

describe("a kept answer", () => {
  test("is of the same address, the same `Accept` and what it varies by, and of nobody who says who asks", async () => {
    // What proxies, logins and routes go by; the rest is nobody's.
    const told = new Set(["accept-language", "cookie", "authorization", "x-api-key"]);
    const isTold = (name: string) => told.has(name);
    const run = async (questions: readonly Question[]) => {
      const scene = keptScene({
        path: "/items/*",
        keep: { freshSeconds: 3_600 },
        handler: (c) => c.text(aboutOf(c.req.raw, isTold), 200, { Vary: "Accept-Language" }),
      });
      for (const asked of questions) {
        const { path, headers } = requestOf(asked);
        const answer = await scene.ask({ headers }, path);
        expect(await answer.text()).toBe(aboutOf(new Request(`http://localhost${path}`, { headers }), isTold));
        const isKept = /hit|collapsed/.test(answer.headers.get("cache-status") ?? "");
        if (isKept) expect([headers.has("cookie"), headers.has("authorization")]).toEqual([false, false]);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(question, { minLength: 2, maxLength: 12 }), run), { numRuns: 150 });
  });

  test("of a route that names its key is of that key, however it and the `Accept` are written", async () => {
    const run = async (questions: readonly Question[]) => {
      const scene = keptScene({
        path: "/items/*",
        keep: { freshSeconds: 3_600, key: (c) => c.req.header("x-user") ?? null },
        handler: (c) => c.text(aboutOf(c.req.raw, (name) => name === "x-user")),
      });
      for (const asked of questions) {
        const { path, headers } = requestOf(asked);
        const answer = await scene.ask({ headers }, path);
        const request = new Request(`http://localhost${path}`, { headers });
        expect(await answer.text()).toBe(aboutOf(request, (name) => name === "x-user"));
      }
    };
    await fc.assert(fc.asyncProperty(disguises, run), { numRuns: 400 });
  });

  test("of callers who ask at the same time goes to those who may share it, also when it cannot be shared", async () => {
    const run = async (questions: readonly Question[]) => {
      const scene = keptScene({
        path: "/items/*",
        keep: { key: (c) => c.req.header("x-user") ?? null },
        handler: async (c) => {
          await Promise.resolve();
          const about = aboutOf(c.req.raw, (name) => name === "x-user");
          return c.req.header("cookie") ? c.text(about, 200, { "Set-Cookie": "seen=1" }) : c.text(about);
        },
      });
      const requests = questions.map(requestOf);
      const answers = await Promise.all(requests.map(({ path, headers }) => scene.app.request(path, { headers })));
      for (const [n, answer] of answers.entries()) {
        const { path, headers } = requests[n] as (typeof requests)[number];
        const request = new Request(`http://localhost${path}`, { headers });
        expect(await answer.text()).toBe(aboutOf(request, (name) => name === "x-user"));
      }
      await scene.settled();
    };
    await fc.assert(fc.asyncProperty(disguises, run), { numRuns: 400 });
  });

  test("is found by its query in any order, and not by another one", async () => {
    const scene = keptScene({ keep: { freshSeconds: 60 } });
    const statusOf = async (query: string) => (await scene.ask({}, `/stock${query}`)).headers.get("cache-status");
    expect(await statusOf("?b=2&a=1")).toBe("tidegate; fwd=miss");
    expect(await statusOf("?a=1&b=2")).toBe("tidegate; hit; ttl=60");
    expect(await statusOf("?a=1&b=3")).toBe("tidegate; fwd=miss");
    expect(await statusOf("?a=2&a=1")).toBe("tidegate; fwd=miss");
    expect(await statusOf("?a=1&a=2")).toBe("tidegate; fwd=miss");
  });

  test("in CSV stays apart from the one in JSON", async () => {
    const scene = keptScene({
      keep: { freshSeconds: 60 },
      handler: (c) => (c.req.header("accept") === "text/csv" ? c.text("quantity\n7\n") : c.json([{ quantity: 7 }])),
    });
    const textFor = async (accept: string) => (await scene.ask({ headers: { Accept: accept } })).text();
    for (let turn = 0; turn < 2; turn++) {
      expect(await textFor("text/csv")).toBe("quantity\n7\n");
      expect(await textFor("application/json")).toBe('[{"quantity":7}]');
    }
  });

  test.each([
    ["sets a cookie", { "Set-Cookie": "sid=1" }],
    ["varies by who asks", { Vary: "Cookie" }],
    ["varies by anything", { Vary: "*" }],
    ["is private", { "Cache-Control": "private, max-age=5" }],
    ["is not to be stored", { "Cache-Control": "no-store" }],
    ["is of an encoding", { "Content-Encoding": "gzip" }],
  ])("is none of one that %s", async (_, headers) => {
    let times = 0;
    const scene = keptScene({
      keep: { freshSeconds: 60 },
      handler: (c) => {
        times += 1;
        return c.text("once", 200, times === 1 ? headers : {});
      },
    });
    await scene.ask();
    expect((await scene.ask()).headers.get("cache-status")).toBe("tidegate; fwd=miss");
    expect((await scene.ask()).headers.get("cache-status")).toBe("tidegate; hit; ttl=60");
  });

  test.each(["cookie", "authorization", "x-api-key", "cf-access-jwt-assertion"])(
    "is neither made of a request with %s nor given to one",
    async (name) => {
      const scene = keptScene({ handler: (c) => c.text(c.req.header(name) ?? "nobody"), keep: { freshSeconds: 60 } });
      expect(await (await scene.ask({ headers: { [name]: "me" } })).text()).toBe("me");
      expect(await (await scene.ask()).text()).toBe("nobody");
      expect(await (await scene.ask({ headers: { [name]: "you" } })).text()).toBe("you");
      await openBreaker(scene.tide);
      expect(await (await scene.ask()).text()).toBe("nobody");
    },
  );
});
