import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { sleep } from "../../lib/time.ts";

const NOTHING = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function instance(store = memory(), runtime = manualRuntime()) {
  const config = readConfig({ APP_ENV: "testing" });
  const tide = tidegate({ database: fakeDatabase(() => []), store, config, runtime, log: NOTHING });
  return { tide, runtime, store };
}

const away = () => {
  throw new DatabaseError("connection", "The database could not be reached.");
};

describe("a kept value", () => {
  test("stands in for one that is not to be had, with its time and why", async () => {
    const { tide, runtime } = instance();
    const begun = runtime.wallMs();
    const first = await tide.kept("stock", () => ({ quantity: 7 }));
    expect(first).toEqual({
      value: { quantity: 7 },
      asOf: new Date(begun),
      stale: false,
      ageMs: 0,
      code: null,
      retryAfterMs: null,
    });
    await runtime.advance(60_000);
    const old = await tide.kept("stock", away);
    expect(old).toMatchObject({
      value: { quantity: 7 },
      asOf: new Date(begun),
      stale: true,
      code: "DB_CONNECTION_FAILED",
    });
  });

  test("is as old as the question, for who has asked and for who has waited with it", async () => {
    const { tide, runtime } = instance();
    const begun = runtime.wallMs();
    const load = async () => {
      await sleep(runtime, 5_000);
      return 7;
    };
    const both = Promise.all([tide.kept("slow", load), tide.kept("slow", load)]);
    await runtime.advance(5_000);
    for (const { asOf, ageMs } of await both) expect([asOf, ageMs]).toEqual([new Date(begun), 5_000]);
  });

  test("is a copy for each caller, so that none changes another's", async () => {
    const { tide } = instance();
    const load = async () => ({ list: [1] });
    const [one, other] = await Promise.all([tide.kept("list", load), tide.kept("list", load)]);
    one?.value.list.push(2);
    expect(other?.value).toEqual({ list: [1] });
    expect((await tide.kept("list", away)).value).toEqual({ list: [1] });
  });

  test("that JSON does not have is handed on and not kept", async () => {
    const { tide } = instance();
    expect((await tide.kept("big", () => 1n)).value).toBe(1n);
    await expect(tide.kept("big", away)).rejects.toMatchObject({ fault: "connection" });
  });

  test.each([
    ["a map", new Map([["a", 1]])],
    ["bytes, in a row", [{ id: 1, photo: new Uint8Array([1, 2]) }]],
    ["a promise, in an object", { later: Promise.resolve(1) }],
  ])("that JSON would make something else of is just so: %s", async (_what, given) => {
    const { tide } = instance();
    expect((await tide.kept("odd", () => given)).value).toBe(given);
    await expect(tide.kept("odd", away)).rejects.toMatchObject({ fault: "connection" });
  });

  test("is loaded once for ten thousand callers who ask at the same time", async () => {
    const { tide } = instance();
    let loads = 0;
    const load = async () => {
      loads += 1;
      return loads;
    };
    const values = await Promise.all(Array.from({ length: 10_000 }, () => tide.kept("cold", load)));
    expect([loads, new Set(values.map(({ value }) => value))]).toEqual([1, new Set([1])]);
  });

  test("goes on being loaded for the others when one gives up, and ends with the last", async () => {
    const { tide, runtime } = instance();
    const loading = Promise.withResolvers<string>();
    const signals: AbortSignal[] = [];
    const load = ({ signal }: { readonly signal: AbortSignal }) => {
      signals.push(signal);
      return loading.promise;
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const one = tide.kept("slow", load, { signal: first.signal });
    const other = tide.kept("slow", load, { signal: second.signal });
    await runtime.advance(0);
    first.abort(new Error("closed"));
    await expect(one).rejects.toThrow("closed");
    expect([signals.length, signals[0]?.aborted]).toEqual([1, false]);
    second.abort(new Error("closed too"));
    await expect(other).rejects.toThrow("closed too");
    expect(signals[0]?.aborted).toBe(true);
  });

  test("is forgotten by its key, a tag or the beginning of its key, and by nothing else", async () => {
    const { tide, runtime } = instance();
    for (const key of ["a/1", "a/2", "b/1"]) await tide.kept(key, () => key, { tags: [`of ${key}`] });
    await runtime.advance(10);
    await tide.forget({ key: "a/1" });
    await tide.forget({ tag: "of b/1" });
    const left = async (key: string) =>
      tide.kept(key, away).then(
        ({ value }) => value,
        () => null,
      );
    expect([await left("a/1"), await left("a/2"), await left("b/1")]).toEqual([null, "a/2", null]);
    await tide.forget({ prefix: "a/" });
    expect(await left("a/2")).toBeNull();
    await runtime.advance(10);
    await tide.kept("a/1", () => "anew");
    expect(await left("a/1")).toBe("anew");
  });

  test("is asked for by one of the fleet, and the others wait for what it keeps", async () => {
    const { tide, runtime, store } = instance();
    const { tide: other } = instance(store, runtime);
    const loading = Promise.withResolvers<number>();
    let loads = 0;
    const load = () => {
      loads += 1;
      return loading.promise;
    };
    const both = Promise.all([tide, other].map((each) => each.kept("fleet", load, { share: "fleet" })));
    await runtime.advance(200);
    loading.resolve(1);
    await runtime.advance(200);
    expect([loads, (await both).map(({ value }) => value)]).toEqual([1, [1, 1]]);
  });

  test("is asked for by another once the one who claimed it does not answer", async () => {
    const { tide, runtime, store } = instance();
    // Nothing goes on in it: it is as dead.
    const { tide: dead } = instance(store);
    const lost = dead.kept("dying", () => new Promise<number>(() => {}), { share: "fleet" });
    await runtime.advance(100);
    const found = tide.kept("dying", () => 2, { share: "fleet" });
    await runtime.advance(4_200);
    expect((await found).value).toBe(2);
    lost.catch(() => {});
  });

  test.each([
    [{ staleSeconds: 0 }, /staleSeconds must be a number from 1 to/],
    [{ freshSeconds: 10, staleSeconds: 5 }, /freshSeconds must not be more than staleSeconds/],
    [{ share: "all" }, /share must be "instance" or "fleet"/],
    [{ fresh: 5 }, /fresh is no option; there are/],
    [{ when: "CIRCUIT_BREAKER_OPEN" }, /when must be a list of codes/],
  ])("refuses %j by name", async (options, words) => {
    const { tide } = instance();
    await expect(tide.kept("k", () => 1, options as never)).rejects.toThrow(words);
    expect(() => tide.keep(options as never)).toThrow(words);
  });
});
