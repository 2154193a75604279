import { describe, expect, test } from "vitest";
import { MAX_DEPTH, MAX_ENTRIES, MAX_TEXT_CHARACTERS, MAX_TOTAL_CHARACTERS, MAX_VALUES } from "../../lib/log/copy.ts";
import { createRedactor } from "../../lib/log/redaction.ts";

const SECRET = "12345678";
const { value } = createRedactor({ secrets: [SECRET] });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const object = (count: number) => Object.fromEntries(numbers(count).map((n) => [`f${n}`, n]));

test("the bounds of a copy are as they are documented", () => {
  expect([MAX_DEPTH, MAX_ENTRIES, MAX_VALUES, MAX_TEXT_CHARACTERS, MAX_TOTAL_CHARACTERS]).toEqual([
    8, 100, 1_000, 8_192, 32_768,
  ]);
});

describe("a copy", () => {
  test("has eight levels, and says where there is a ninth", () => {
    const nested = (levels: number): unknown => (levels === 0 ? "end" : [nested(levels - 1)]);
    expect(value(nested(8))).toEqual(nested(8));
    expect(JSON.stringify(value(nested(9)))).toBe('[[[[[[[["[deeper]"]]]]]]]]');
  });

  test("has a hundred entries of each container, and says that there were more", () => {
    for (const made of [numbers, (count: number) => new Set(numbers(count))]) {
      expect(value(made(100))).toEqual(numbers(100));
      expect(value(made(101))).toEqual([...numbers(100), "[1 more]"]);
    }
    for (const made of [object, (count: number) => new Map(Object.entries(object(count)))]) {
      expect(value(made(100))).toEqual(object(100));
      expect(value(made(101))).toEqual({ ...object(100), "…": "[more]" });
    }
  });

  test("reads no more of a container without end than it copies", () => {
    let read = 0;
    const endless = Object.assign(new Map(), {
      *entries() {
        for (;;) yield [`f${read++}`, read];
      },
    });
    expect(value(endless)).toHaveProperty("…", "[more]");
    expect(read).toBe(MAX_ENTRIES + 1);
  });

  test("has a thousand values in all", () => {
    const wide = numbers(10).map(() => numbers(99));
    // The list, ten lists in it, and 989 of the 990 numbers.
    const copy = value(wide) as unknown[][];
    expect(copy.flat().filter((one) => one === "[more]")).toHaveLength(1);
    expect(copy.at(-1)?.at(-1)).toBe("[more]");
    expect(copy.at(-1)?.at(-2)).toBe(97);
  });

  test("has 8,192 characters of a text, and an ellipsis for the rest", () => {
    const text = (length: number) => "x ".repeat(length).slice(0, length);
    expect(value(text(MAX_TEXT_CHARACTERS))).toBe(text(MAX_TEXT_CHARACTERS));
    expect(value(text(MAX_TEXT_CHARACTERS + 1))).toBe(`${text(MAX_TEXT_CHARACTERS)}…`);
  });

  test("has 32,768 characters of all texts, names among them", () => {
    const long = "x ".repeat(MAX_TEXT_CHARACTERS / 2);
    expect(value([long, long, long, long, "", "a", SECRET])).toEqual([long, long, long, long, "", "…", "***"]);
    expect(value([long, long, long, long.slice(3), "abc", "d"])).toEqual([long, long, long, long.slice(3), "abc", "…"]);
    expect(value([long, long, long, long.slice(3), "abcd"])).toEqual([long, long, long, long.slice(3), "abc…"]);
    expect(value([long, long, long, long.slice(3), { ab: "abcd" }])).toMatchObject([{}, {}, {}, {}, { ab: "a…" }]);
  });

  test("leaves no half of a secret or a pattern at the end of what is read", () => {
    const before = "x ".repeat(MAX_TEXT_CHARACTERS / 2 - 10);
    for (const text of [SECRET, "postgres://user:a-password-of-some-length@host/database"]) {
      for (let offset = 0; offset < 20; offset++) {
        const copy = String(value(before + " ".repeat(offset) + text));
        expect(copy).not.toMatch(/1234|a-p/);
      }
    }
  });

  test("is cut behind a password of a thousand characters, and behind a secret of any length, as behind short ones", () => {
    const before = "x ".repeat(MAX_TEXT_CHARACTERS / 2 - 20);
    expect(value(`${before}pg://u:${"p".repeat(900)}@h`)).toBe(`${before}pg://u:***@h`);
    const longest = "s".repeat(3_000);
    expect(createRedactor({ secrets: [longest] }).value(`${before}${longest}`)).toBe(`${before}***`);
  });
});

describe("a field", () => {
  test("that is missing is missing, whatever its name; one that counts may be a number", () => {
    expect(value({ password: undefined, tokens: 5, passwords: "five", cookies: [1], pass: 3 })).toEqual({
      password: undefined,
      tokens: 5,
      passwords: "***",
      cookies: "***",
      pass: 3,
    });
  });

  test("of an error is there only where the error has it", () => {
    const plain = value(new Error("x")) as Record<string, unknown>;
    expect(Object.keys(plain)).toEqual(["name", "message", "stack"]);
    const full = Object.assign(new Error("x", { cause: 1 }), { code: "E", errors: [], more: 2 });
    expect(Object.keys(value(full) as object)).toEqual(["name", "message", "code", "stack", "cause", "errors", "more"]);
  });
});

describe("a value", () => {
  test.each([
    ["a finite number", 1.5, 1.5],
    ["an endless number", Number.NEGATIVE_INFINITY, "-Infinity"],
    ["a whole secret as a number", 12_345_678, "***"],
    ["a secret inside of a number", 9_123_456_781, "***"],
    ["a whole secret as a big number", 12_345_678n, "***"],
    ["nothing", undefined, undefined],
    ["null", null, null],
    ["an expression", /x12345678/g, "/x***/g"],
    ["the bytes of a buffer", new ArrayBuffer(5), "[5 bytes]"],
    ["a view of bytes", new DataView(new ArrayBuffer(5), 2), "[3 bytes]"],
    ["parameters", new URLSearchParams("a=1&token=2"), { a: "1", token: "***" }],
    [
      "an error of another realm",
      { [Symbol.toStringTag]: "Error", message: "m", name: "n" },
      { name: "n", message: "m" },
    ],
  ])("that is %s is copied", (_, original, copy) => expect(value(original)).toEqual(copy));

  test("that throws when it is asked what it is, is unreadable", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(value(revoked.proxy)).toBe("[unreadable]");
    expect(value([revoked.proxy, 1])).toEqual(["[unreadable]", 1]);
  });
});
