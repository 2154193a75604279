/** What may be bound, and what is refused by its name: by the tables of both dialects, and at a server. */
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { toBinds as toOracleBinds } from "../../lib/database/oracle/binds.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { toBinds } from "../../lib/database/wire/binds.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { drivers } from "../support/drivers.ts";
import { execution } from "../support/execution.ts";

const BYTES = [0, 1, 254, 255];
const buffer = Uint8Array.from(BYTES).buffer;
class Point {
  x = 1;
}
class Decimal {
  toJSON() {
    return "1.50";
  }
}
class Secretive {
  #x = 1;
  get x() {
    return this.#x;
  }
}

describe("forms", () => {
  test.each([
    ["an ArrayBuffer", buffer, "\\x0001feff"],
    ["a DataView", new DataView(buffer, 1, 2), "\\x01fe"],
    ["a typed array", new Uint16Array(buffer), "\\x0001feff"],
    ["a Buffer", Buffer.from(BYTES), "\\x0001feff"],
    ["an ArrayBuffer of another realm", runInNewContext("new Uint8Array([1, 2]).buffer"), "\\x0102"],
    ["a URL", new URL("https://h/p?q=1"), "https://h/p?q=1"],
    ["a String object", Object("it's"), "it's"],
    ["a Number object", Object(1.5), "1.5"],
    ["a Boolean object", Object(false), "false"],
    ["a BigInt object", Object(2n ** 60n), "1152921504606846976"],
    ["an object whose JSON form is a text", new Decimal(), "1.50"],
    ["a plain object", { a: [1, new Decimal(), 3n] }, '{"a":[1,"1.50","3"]}'],
    ["a plain object of another realm", runInNewContext("({ a: 1 })"), '{"a":1}'],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ["an instance with fields", new Point(), '{"x":1}'],
    ["an empty object", {}, "{}"],
  ])("%s is bound as what it is", (_what, value, text) => {
    expect(toBinds([value])).toEqual([text]);
  });

  test("a list holds the same forms, in its literal and as JSON", () => {
    const [bind] = toBinds([[new URL("https://h/"), Object("a"), new Uint8Array([1])]]);
    expect(bind).toMatchObject({ literal: '{"https://h/","a","\\\\x01"}', json: '["https://h/","a","\\\\x01"]' });
  });

  test("Oracle has the same", () => {
    const values = [buffer, new URL("https://h/"), Object(true), new Decimal(), { a: 1 }];
    expect(toOracleBinds(values)).toEqual([Uint8Array.from(BYTES), "https://h/", 1, "1.50", '{"a":1}']);
  });
});

describe.each([
  ["PostgreSQL", toBinds],
  ["Oracle", toOracleBinds],
])("refused for %s", (_dialect, bind) => {
  test.each<[string, unknown, RegExp]>([
    ["a Map", new Map([["a", 1]]), /it was a Map; bind Object\.fromEntries/],
    ["a Set", new Set([1]), /it was a Set; bind \[\.\.\.set\], or list/],
    ["a forgotten await", Promise.resolve(1), /it was a promise; await it first/],
    // biome-ignore lint/suspicious/noThenProperty: ORMs give such in the place of promises.
    ["a query that was not awaited", { sql: "select 1", then: () => {} }, /it was a promise; await it first/],
    ["a Blob", new Blob(["x"]), /it was a Blob; bind its bytes: await blob\.bytes\(\)/],
    ["a function", () => 1, /it was a function; call it/],
    ["a symbol", Symbol("x"), /it was a symbol/],
    ["undefined", undefined, /it was undefined; use null/],
    ["an invalid date", new Date(Number.NaN), /it was an invalid date/],
    ["an error", Object.assign(new Error("x"), { code: 1 }), /it was an Error; bind its message/],
    ["a regular expression", /x/, /it was a RegExp; bind its source/],
    ["parameters of a URL", new URLSearchParams("a=1"), /it was an? URLSearchParams; bind String/],
    ["an instance that shows nothing", new Secretive(), /it was a Secretive; bind a text/],
    ["a Map inside", { tags: { all: new Map() } }, /it was an object that holds a Map/],
    ["a promise inside", { user: Promise.resolve(1) }, /that holds a promise; await it first/],
    ["bytes inside", { photo: new Uint8Array(1) }, /that holds an? Uint8Array; bind it by itself, or as a text/],
    ["a time that is none", { toJSON: () => null }, /an object without a JSON form/],
  ])("%s, by its name and with what to write", (_what, value, sentence) => {
    const refused = (() => {
      try {
        return bind([1, value]);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(DatabaseError);
    expect((refused as DatabaseError).fault).toBe("statement");
    expect((refused as DatabaseError).message).toMatch(/^bind value 2: /);
    expect((refused as DatabaseError).message).toMatch(sentence);
  });
});

test("what is wrong in a list is named", () => {
  expect(() => toBinds([[1, new Set()]])).toThrow(/it was an array that holds a Set/);
});

describe.each(drivers)("$name", ({ skip, open }) => {
  test.skipIf(skip)("keeps bytes, texts and objects as they were", async () => {
    const { database, dispose } = await open();
    try {
      const [row] = await database.query(
        sql`select ${buffer}::bytea as bytes, ${new URL("https://h/")}::text as url, ${Object("x")}::text as boxed,
          ${{ a: [1] }}::jsonb as json, ${[new URL("https://a/")]}::text[] as texts, ${[new Uint8Array([7])]}::bytea[] as parts`,
        execution(systemRuntime()),
      );
      expect(row).toEqual({
        bytes: Uint8Array.from(BYTES),
        url: "https://h/",
        boxed: "x",
        json: { a: [1] },
        texts: ["https://a/"],
        parts: [Uint8Array.of(7)],
      });
      const refused = database.query(sql`select ${Promise.resolve(1)}::jsonb`, execution(systemRuntime()));
      await expect(refused).rejects.toMatchObject({
        fault: "statement",
        message: expect.stringContaining("await it first"),
      });
    } finally {
      await dispose();
    }
  });
});
