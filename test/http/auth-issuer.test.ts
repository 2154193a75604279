import { afterEach, describe, expect, it, vi } from "vitest";
import { openDiscovery } from "../../lib/http/auth/discovery.ts";
import { IssuerAway, openIssuer } from "../../lib/http/auth/issuer.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

const DEADLINE_MS = 5_000;
const PAUSE_MS = 5_000;
const KEPT_MS = 3_600_000;
const NAME = "https://login.example.com/realm";
const ADDRESS = `${NAME}/.well-known/openid-configuration`;

/** An issuer in virtual time; `answer` may be changed while it runs. */
function scene(document: unknown = { issuer: NAME, jwks_uri: `${NAME}/keys` }) {
  const manual = manualRuntime();
  const asked: (readonly [url: string, init: RequestInit | undefined])[] = [];
  const state = { answer: async (_: AbortSignal): Promise<Response> => Response.json(document), manual, asked };
  const fetch: typeof globalThis.fetch = (input, init) => {
    asked.push([String(input), init]);
    return state.answer(init?.signal ?? AbortSignal.abort());
  };
  const ask = openIssuer({ ...manual, fetch });
  return Object.assign(state, { ask, discover: openDiscovery(NAME, ask, { ...manual, fetch }) });
}

const FAILS = async () => new Response("{}", { status: 500 });
const HANGS = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

afterEach(() => vi.unstubAllGlobals());

describe("an issuer", () => {
  it("is asked without following redirects, and no timer is left of it", async () => {
    const { ask, asked, manual } = scene({ some: "document" });
    expect(await ask(ADDRESS, (document) => document)).toEqual({ some: "document" });
    expect(asked.map(([url, init]) => [url, init?.redirect])).toEqual([[ADDRESS, "manual"]]);
    expect(manual.pendingTimers()).toBe(0);
  });

  it("that is silent is given up after five seconds, as is said", async () => {
    const fate = { settled: false };
    const issuer = scene();
    issuer.answer = HANGS;
    const refused = issuer
      .ask(ADDRESS, (document) => document)
      .catch((error: unknown) => {
        fate.settled = true;
        return error;
      });
    await issuer.manual.advance(DEADLINE_MS - 1);
    expect(fate.settled).toBe(false);
    await issuer.manual.advance(1);
    expect(await refused).toBeInstanceOf(IssuerAway);
    expect(String(await refused)).toContain(`no answer within ${DEADLINE_MS} ms`);
    expect(issuer.manual.pendingTimers()).toBe(0);
  });

  it("that failed is left alone for five seconds, and then asked again", async () => {
    const issuer = scene();
    issuer.answer = FAILS;
    const ask = () => issuer.ask(ADDRESS, () => "read");
    await expect(ask()).rejects.toThrow(/status 500/);
    issuer.answer = async () => Response.json({});
    await issuer.manual.advance(PAUSE_MS - 1);
    await expect(ask()).rejects.toThrow(/has just failed/);
    expect(issuer.asked).toHaveLength(1);
    await issuer.manual.advance(1);
    expect(await ask()).toBe("read");
  });

  it.each([201, 204, 302, 404])("that answers %i has not answered, whatever it says", async (status) => {
    const issuer = scene();
    issuer.answer = async () => new Response(status === 204 ? null : "{}", { status });
    await expect(issuer.ask(ADDRESS, () => "read")).rejects.toThrow(`status ${status}`);
  });
});

describe("what an issuer sends", () => {
  const MOST_BYTES = 1_048_576;
  /** @param last Whether it ends by itself. */
  function sending(chunk: string, count = Number.POSITIVE_INFINITY, type = "application/json") {
    const fate = { sent: 0, cancelled: false };
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (fate.sent === count) return controller.close();
      fate.sent += 1;
      controller.enqueue(new TextEncoder().encode(chunk));
    };
    const cancel = () => {
      fate.cancelled = true;
    };
    const body = () => new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 });
    return { fate, answer: async () => new Response(body(), { headers: { "content-type": type } }) };
  }

  it("without end is cut off behind a mebibyte", async () => {
    const issuer = scene();
    const { fate, answer } = sending(" ".repeat(65_536));
    issuer.answer = answer;
    await expect(issuer.discover()).rejects.toThrow(`more than ${MOST_BYTES} bytes`);
    expect(fate).toEqual({ sent: MOST_BYTES / 65_536 + 1, cancelled: true });
    expect(issuer.manual.pendingTimers()).toBe(0);
  });

  it("is read up to that", async () => {
    const issuer = scene();
    issuer.answer = sending(`${" ".repeat(MOST_BYTES - 2)}{}`, 1).answer;
    expect(await issuer.ask(ADDRESS, (document) => document)).toEqual({});
  });

  it("drop by drop is given up with the others", async () => {
    const issuer = scene();
    const given: AbortSignal[] = [];
    issuer.answer = async (signal) => {
      given.push(signal);
      const body = new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode("{"));
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      });
      return new Response(body, { headers: { "content-type": "application/json" } });
    };
    const refused = issuer.ask(ADDRESS, () => "read").catch(String);
    await issuer.manual.advance(DEADLINE_MS);
    expect(await refused).toContain("no answer within");
    expect(given[0]?.aborted).toBe(true);
  });

  it.each([
    ["application/json", true],
    ["Application/JSON; charset=utf-8", true],
    ["application/jwk-set+json", true],
    ["text/plain", true],
    ["application/octet-stream", true],
    ["text/html; charset=utf-8", false],
    ["image/png", false],
    ["application/jsonp", false],
  ])("as %s is read: %s", async (type, isRead) => {
    const issuer = scene();
    issuer.answer = sending("{}", 1, type).answer;
    const answered = issuer.ask(ADDRESS, () => "read");
    if (isRead) expect(await answered).toBe("read");
    else await expect(answered).rejects.toThrow("content type");
  });
});

describe("the address of an issuer's keys", () => {
  it("is asked for once for all who come together, and kept for an hour", async () => {
    const { discover, asked, manual } = scene();
    await manual.advance(KEPT_MS);
    expect(await Promise.all([discover(), discover(), discover()])).toEqual(Array(3).fill(`${NAME}/keys`));
    await manual.advance(KEPT_MS - 1);
    await discover();
    expect(asked).toHaveLength(1);
    await manual.advance(1);
    await discover();
    expect(asked.map(([url]) => url)).toEqual([ADDRESS, ADDRESS]);
  });

  it("is what it was, while nobody can tell it anew", async () => {
    const issuer = scene();
    await issuer.discover();
    await issuer.manual.advance(KEPT_MS);
    issuer.answer = FAILS;
    expect(await issuer.discover()).toBe(`${NAME}/keys`);
    expect(issuer.asked).toHaveLength(2);
  });

  it("that nobody ever told is the issuer's fault, and asked for again later", async () => {
    const issuer = scene();
    issuer.answer = FAILS;
    await expect(issuer.discover()).rejects.toThrow(IssuerAway);
    issuer.answer = async () => Response.json({ issuer: NAME, jwks_uri: `${NAME}/keys` });
    await issuer.manual.advance(PAUSE_MS);
    expect(await issuer.discover()).toBe(`${NAME}/keys`);
  });

  it.each([
    ["another issuer's", { issuer: `${NAME}/other`, jwks_uri: `${NAME}/keys` }, /not of another issuer/],
    ["open to whoever is on the way", { issuer: NAME, jwks_uri: "http://login.example.com/keys" }, /an https key set/],
    ["no text", { issuer: NAME, jwks_uri: 7 }, /an https key set/],
    ["missing", { issuer: NAME }, /an https key set/],
    ["of no document", null, /not of another issuer/],
  ])("is not believed where it is %s", async (_, document, message) => {
    await expect(scene(document).discover()).rejects.toThrow(message);
  });

  it("is asked for by each request on Workers, where none may wait for another's", async () => {
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    const { discover, asked } = scene();
    await Promise.all([discover(), discover()]);
    expect(asked).toHaveLength(2);
  });
});
