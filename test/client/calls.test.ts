/** What is sent, what is shared, and how a caller gives up. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fine, problem, tab } from "./scene.ts";

test("parameters become the query: lists repeat their name, what is not there is left out", async () => {
  const { get, end, calls } = tab(() => fine);
  await end(get("/api/x?a=1", { params: { b: "ü &", c: [1, 2], d: null, e: undefined, f: false } }));
  expect(calls[0]?.line).toBe("GET /api/x?a=1&b=%C3%BC+%26&c=1&c=2&f=false");
});

test("data is sent as JSON, and headers are added", async () => {
  const { post, end, calls } = tab(() => fine);
  await end(post("/api/x", { lot: "L1" }, { headers: { "x-a": "b" } }));
  expect(calls[0]).toMatchObject({ line: "POST /api/x", body: '{"lot":"L1"}' });
  expect(Object.fromEntries(calls[0]?.headers ?? [])).toEqual({
    accept: "application/json",
    "content-type": "application/json",
    "x-a": "b",
  });
});

test("an answer without a body is null", async () => {
  const { post, end } = tab(() => ({ body: "" }));
  expect(await end(post("/api/x"))).toEqual({ value: null });
});

test("an address that is none is an error like others", async () => {
  const { client, end } = tab(() => fine);
  expect((await end(client.get("http://"))).error).toBeInstanceOf(TypeError);
});

describe("identical calls under way", () => {
  test("share one fetch, and nobody sees what another does to the answer", async () => {
    const { get, end, calls } = tab(() => fine);
    const both = Promise.all([get("/api/x", { params: { a: 1 } }), get("/api/x?a=1")]);
    const { value } = (await end(both)) as { value: [{ data: number[] }, { data: number[] }] };
    expect(calls).toHaveLength(1);
    value[0].data.push(2);
    expect(value[1]).toEqual(fine.body);
    await end(get("/api/x?a=1"));
    expect(calls).toHaveLength(2);
  });

  test("share its failure too, and its retries", async () => {
    const { get, end, calls } = tab(() => ({ status: 404, body: {} }));
    const both = Promise.allSettled([get("/api/x"), get("/api/x")]);
    expect((await end(both)).value?.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(calls).toHaveLength(1);
  });

  test.each<[what: string, one: object, other: object]>([
    ["a signal", {}, { signal: new AbortController().signal }],
    ["other headers", {}, { headers: { "accept-language": "de" } }],
    ["other patience", {}, { timeout: 1 }],
  ])("are not the same with %s", async (_, one, other) => {
    const { get, end, calls } = tab(() => fine);
    await end(Promise.all([get("/api/x", one), get("/api/x", other)]));
    expect(calls).toHaveLength(2);
  });
});

describe("a caller gives up", () => {
  const given = { name: "AbortError", isUserAbort: true, status: null };

  test("before, and nothing is asked", async () => {
    const { get, end, calls } = tab(() => "hang");
    expect((await end(get("/api/x", { signal: AbortSignal.abort() }))).error).toMatchObject(given);
    expect(calls).toEqual([]);
  });

  test("while an answer is awaited, and it is not asked again", async () => {
    const { get, end, calls, runtime } = tab(() => "hang");
    const controller = new AbortController();
    const call = get("/api/x", { signal: controller.signal });
    const ended = end(call);
    await runtime.advance(10);
    controller.abort();
    expect((await ended).error).toMatchObject(given);
    expect(calls).toHaveLength(1);
  });

  test("while waiting to ask again, at once", async () => {
    const { get, calls, runtime } = tab(() => problem("DB_CONNECTION_FAILED", 503, 30));
    const controller = new AbortController();
    const call = get("/api/x", { signal: controller.signal });
    const error = call.catch((reason: unknown) => reason);
    await runtime.advance(1_000);
    controller.abort();
    expect(await error).toMatchObject(given);
    expect(calls).toHaveLength(1);
    expect(runtime.pendingTimers()).toBe(0);
  });
});

describe("a page that was rendered in a trace", () => {
  const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const document = {
    querySelector: (selector: string) =>
      selector === 'meta[name="traceparent"]' ? { getAttribute: () => TRACEPARENT } : null,
  };

  test("goes on with it at its own origin alone, and where the call says nothing else", async () => {
    vi.stubGlobal("location", { href: "https://shop.example/orders" });
    vi.stubGlobal("document", document);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { client, end, calls } = tab(() => fine);
    await end(client.get("/api/x"));
    await end(client.get("https://other.example/api/x"));
    await end(client.post("/api/x", 1, { headers: { traceparent: "of the call" } }));
    expect(calls.map(({ headers }) => headers.get("traceparent"))).toEqual([TRACEPARENT, null, "of the call"]);
  });
});
