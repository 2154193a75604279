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
