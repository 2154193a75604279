import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DEPTH, MAX_ENTRIES, MAX_TEXT_CHARACTERS, MAX_TOTAL_CHARACTERS } from "../../lib/log/copy.ts";
import { createRedactor } from "../../lib/log/redaction.ts";

const SECRET = "correct-horse-battery";
const { value } = createRedactor({ secrets: [SECRET, "12345678"] });
const plain = (original: unknown): unknown => JSON.parse(JSON.stringify(value(original)));

describe("a redacted copy", () => {
  test("masks fields that are named like secrets whatever they hold", () => {
    const original = {
      password: 1,
      apiKey: null,
      Authorization: ["x"],
      nested: { refresh_token: { a: 1 } },
      cookie: true,
    };
    expect(plain(original)).toEqual({
      password: "***",
      apiKey: "***",
      Authorization: "***",
      nested: { refresh_token: "***" },
      cookie: "***",
    });
  });

  test("leaves fields alone that only sound like it", () => {
    const original = { tokens: 5, token_type: "x", primaryKey: 7, password_policy: "strict", author: "ada" };
    expect(plain(original)).toEqual(original);
  });

  test("keeps an error's cause, errors and own fields, all redacted", () => {
    const cause = new AggregateError([new Error(`one ${SECRET}`)], "several");
    const error = Object.assign(new TypeError(`no route to postgres://a:${SECRET}@h`, { cause }), {
      code: "E1",
      query: "x",
    });
    const copy = plain({ error });
    expect(copy).toMatchObject({
      error: {
        name: "TypeError",
        message: "no route to postgres://a:***@h",
        code: "E1",
        query: "x",
        cause: { name: "AggregateError", message: "several", errors: [{ message: "one ***" }] },
      },
    });
    expect(JSON.stringify(copy)).not.toContain(SECRET);
  });

  test("renders what JSON cannot", () => {
    const original = {
      map: new Map<unknown, unknown>([
        ["password", 1],
        ["run", () => SECRET],
        [SECRET, 2],
      ]),
      set: new Set([1, SECRET]),
      headers: new Headers({ cookie: "a=b", accept: "text/html" }),
      big: 10n,
      secretBig: 12345678n,
      secretNumber: 12_345_678,
      nan: Number.NaN,
      symbol: Symbol(SECRET),
      date: new Date(0),
      wrongDate: new Date(Number.NaN),
      bytes: new Uint8Array(3),
      url: new URL("https://u:p@h/"),
      call: () => SECRET,
      nothing: undefined,
    };
    expect(plain(original)).toEqual({
      map: { password: "***", run: "[function]", "***": 2 },
      set: [1, "***"],
      headers: { accept: "text/html", cookie: "***" },
      big: "10",
      secretBig: "***",
      secretNumber: "***",
      nan: "NaN",
      symbol: "Symbol(***)",
      date: "1970-01-01T00:00:00.000Z",
      wrongDate: "[invalid date]",
      bytes: "[3 bytes]",
      url: "https://u:***@h/",
      call: "[function]",
    });
  });

  test("survives cycles, getters that throw, proxies and prototypes", () => {
    const cycle: Record<string, unknown> = { name: "a" };
    cycle.self = cycle;
    const trap = () => {
      throw new Error(SECRET);
    };
    const proxy = new Proxy({}, { ownKeys: trap, get: trap, getPrototypeOf: trap });
    const original = {
      cycle,
      twice: [1],
      again: [1],
      proxy,
      get bad() {
        return trap();
      },
    };
    expect(plain(original)).toEqual({
      cycle: { name: "a", self: "[circular]" },
      twice: [1],
      again: [1],
      proxy: "[unreadable]",
      bad: "[unreadable]",
    });
    expect(plain(JSON.parse('{"__proto__":{"polluted":1}}'))).toEqual(JSON.parse('{"__proto__":{"polluted":1}}'));
  });

  test("is bounded in depth, breadth and length", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 10_000; level++) deep = { deep };
    expect(JSON.stringify(value(deep)).split("deep").length).toBeLessThanOrEqual(MAX_DEPTH + 3);
    const wide = value(Array.from({ length: 100_000 }, (_, index) => index)) as unknown[];
    expect(wide).toHaveLength(MAX_ENTRIES + 1);
    expect(wide.at(-1)).toBe("[99900 more]");
    expect(value("x".repeat(1_000_000))).toHaveLength(MAX_TEXT_CHARACTERS + 1);
    const bush = (depth: number): unknown =>
      depth === 0 ? "y".repeat(5_000) : Array.from({ length: 50 }, () => bush(depth - 1));
    expect(JSON.stringify(value(bush(3))).length).toBeLessThan(MAX_TOTAL_CHARACTERS + 20_000);
  });

  test("a secret across the cut of a long string leaves no half of itself", () => {
    for (let offset = 1; offset < SECRET.length; offset++) {
      const copy = String(
        value("x ".repeat((MAX_TEXT_CHARACTERS - SECRET.length - 3) / 2) + "y".repeat(offset) + SECRET),
      );
      expect(copy).not.toContain(SECRET.slice(0, 6));
    }
  });

  test("of anything at all is plain JSON, and never throws", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        (original) => {
          const copy = value(original);
          if (copy !== undefined) expect(() => JSON.parse(JSON.stringify(copy))).not.toThrow();
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
