/** A handler of `fetch` as its framework calls it: what passes, what is answered, what is kept. */
import { describe, expect, test } from "vitest";
import { guarded, routes, tideOf } from "../../lib/frameworks/fetch.ts";
import { ambientLimits } from "../../lib/guard/ambient.ts";
import { ProblemError } from "../../lib/tidegate.ts";
import { afterAnswers } from "../support/after-answers.ts";
import { smallApp } from "../support/app.ts";

const request = (path = "/orders", init?: RequestInit) => new Request(`http://app.test${path}`, init);
/** What is ready is worked off: a call of the same has joined the one before. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
/** As SvelteKit's: its parts are getters, and `request` is one of them. */
class Event {
  readonly #request: Request;
  readonly params = { id: "7" };
  constructor(one: Request) {
    this.#request = one;
  }
  get request(): Request {
    return this.#request;
  }
  getClientAddress(): string {
    return "192.0.2.7";
  }
}

describe("a guarded handler", () => {
  test("is called as ever, with the request of its framework and what is beside it", async () => {
    const { tide } = smallApp();
    class NextRequest extends Request {
      readonly nextUrl = "there";
    }
    const handler = guarded(tide, async (one: NextRequest, context: { params: Promise<{ id: string }> }) => {
      const { id } = await context.params;
      return Response.json({ id, next: one.nextUrl, body: await one.json(), requestId: tideOf(one).requestId });
    });
    const asked = new NextRequest("http://app.test/orders", {
      method: "POST",
      body: '"b"',
      headers: { "X-Request-Id": "r" },
    });
    const answer = await handler(asked, { params: Promise.resolve({ id: "7" }) });
    expect(await answer.json()).toEqual({ id: "7", next: "there", body: "b", requestId: "r" });
    expect(answer.headers.get("x-request-id")).toBe("r");
  });

  test("of an event finds its request in it, and limits by the address that its framework knows", async () => {
    const { tide } = smallApp({ RATE_LIMIT_PER_MINUTE: "1" });
    const handler = guarded(tide, (event: Event) => new Response(event.params.id));
    expect(await (await handler(new Event(request()))).text()).toBe("7");
    expect((await handler(new Event(request()))).status).toBe(429);
  });

  test("knows its client where Bun and Deno tell who connects", async () => {
    for (const connection of [
      { requestIP: (one: Request) => ({ address: one.url.startsWith("http") ? "192.0.2.8" : "" }) },
      { remoteAddr: { hostname: "192.0.2.9" } },
    ]) {
      const { tide } = smallApp({ RATE_LIMIT_PER_MINUTE: "1" });
      const handler = guarded(tide, (_one: Request, _connection: unknown) => new Response("served"));
      expect((await handler(request(), connection)).status).toBe(200);
      expect((await handler(request(), connection)).status).toBe(429);
    }
  });

  test.each([
    ["a redirect of SvelteKit", { status: 303, location: "/login" }],
    ["an answer of Remix", new Response(null, { status: 302 })],
    [
      "a redirect of Next.js",
      Object.assign(new Error("NEXT_REDIRECT"), { digest: "NEXT_REDIRECT;replace;/login;307;" }),
    ],
  ])("throws what is its framework's: %s", async (_, thrown) => {
    const { tide, lines } = smallApp();
    const handler = guarded(tide, () => {
      throw thrown;
    });
    expect(await handler(request() as never).catch((error: unknown) => error)).toBe(thrown);
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("gives what its framework makes an answer of", async () => {
    const { tide } = smallApp();
    const loader = guarded(tide, async ({ request: one }: { request: Request }) => tideOf(one).db.query`select 1`);
    expect(await loader({ request: request() })).toEqual([{ id: 1 }]);
    expect(await guarded(tide, (_one: Request) => undefined)(request())).toBeUndefined();
  });

  test("answers refusals, problems and what it did not expect by the contract", async () => {
    const { tide, faults } = smallApp();
    const handler = guarded(tide, async (one: Request) => Response.json(await tideOf(one).db.query`select 1`));
    faults.set({ mode: "failing", forMs: 60_000 });
    expect((await (await handler(request())).json()).error.code).toBe("DB_CONNECTION_FAILED");
    const missing = guarded(tide, () => {
      throw new ProblemError("NOT_FOUND", "There is no such order.");
    });
    const answer = await missing(request() as never);
    expect([answer.status, (await answer.json()).instance]).toEqual([404, "/orders"]);
    tide.drain();
    expect((await handler(request())).status).toBe(503);
  });

  test("is kept by its options, and asked again in the background with a request of its own", async () => {
    const { waitUntil, settled } = afterAnswers();
    const { tide, runtime } = smallApp({}, undefined, { waitUntil });
    let calls = 0;
    const keep = { freshSeconds: 1, staleSeconds: 60, refresh: "background" } as const;
    const handler = guarded(
      tide,
      (event: Event) => new Response(`${++calls} ${new URL(event.request.url).search} ${event.params.id}`),
      { keep },
    );
    const ask = () => handler(new Event(request("/a?b=1")));
    expect(await (await ask()).text()).toBe("1 ?b=1 7");
    await settled();
    await runtime.advance(2_000);
    const again = await ask();
    expect([await again.text(), again.headers.get("cache-status")]).toEqual([
      "1 ?b=1 7",
      expect.stringContaining("hit"),
    ]);
    // Each further question would have it asked again.
    await settled();
    expect(await (await ask()).text()).toBe("2 ?b=1 7");
  });

  test("a call that is shared goes on for those who wait, when the one who began it leaves", async () => {
    const { tide } = smallApp();
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    let inside: AbortSignal | undefined;
    let same = false;
    const handler = guarded(
      tide,
      async (one: Request) => {
        inside = ambientLimits().signal;
        same = tideOf(one).signal === inside;
        begun.resolve();
        await end.promise;
        return new Response("shared");
      },
      { keep: { staleSeconds: 60 } },
    );
    const leaving = new AbortController();
    const first = handler(request("/report", { signal: leaving.signal }));
    await begun.promise;
    const second = handler(request("/report"));
    await turns();
    leaving.abort();
    await turns();
    expect([inside?.aborted, same]).toEqual([false, true]);
    end.resolve();
    expect(await (await second).text()).toBe("shared");
    await first;
  });

  test("says what it needs", async () => {
    const { tide } = smallApp();
    expect(() => guarded({} as never, () => new Response())).toThrow("what tidegate() returns is needed first");
    expect(() => guarded(tide, undefined as never)).toThrow("a handler is needed");
    await expect(guarded(tide, () => new Response())("/orders" as never)).rejects.toThrow("a Request is needed first");
    expect(() => tideOf(request())).toThrow("guarded(tide, handler)");
  });
});

test("routes answer behind their prefix, also where an event is handed over", async () => {
  const { tide } = smallApp();
  const answer = routes(tide, { prefix: "/ops" });
  expect((await answer(request("/ops/health/live"))).status).toBe(200);
  expect((await answer(new Event(request("/ops/health/ready")))).status).toBe(200);
  const beside = await answer(request("/health/live"));
  expect([beside.status, (await beside.json()).error.code]).toEqual([404, "NOT_FOUND"]);
});
