/** CSV: what a spreadsheet gets, and who gets it. */
import { parse } from "node:querystring";
import { Hono } from "hono";
import type { TidegateEnv } from "tidegate";
import { describe, expect, test } from "vitest";
import { answer } from "../../functions/answer.ts";
import { csv } from "../../functions/csv.ts";
import { smallApp } from "../support/app.ts";

describe("a cell", () => {
  test.each([
    ["plain", "plain"],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ["two\nlines", '"two\nlines"'],
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-cmd", "'-cmd"],
    ["@sum", "'@sum"],
    ["\tx", "'\tx"],
    ["\r=x", `"'\r=x"`],
    ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
    [-5, "-5"],
    [0.25, "0.25"],
    [true, "true"],
    [null, ""],
    [undefined, ""],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
  ])("%j is written %j", (value, written) => {
    expect(csv(["column"], [{ column: value }])).toBe(`column\r\n${written}\r\n`);
  });
});

test("rows have the order of the columns, and no others", () => {
  expect(csv(["b", "a"], [{ a: 1, b: 2, c: 3 } as { a: number; b: number }])).toBe("b,a\r\n2,1\r\n");
  expect(csv(["a"], [])).toBe("a\r\n");
});

describe("who gets CSV", () => {
  const app = new Hono<TidegateEnv>()
    .use(smallApp().tide.middleware())
    .get("/rows", (c) =>
      answer(c, { file: "rows", columns: ["a"], rows: [{ a: 1 }], meta: { limit: 1 }, nextCursor: "next" }),
    );
  const ask = async (accept?: string) => app.request("/rows?limit=1&cursor=old", accept ? { headers: { accept } } : {});

  test.each(["text/csv", "text/csv;q=0.9, application/json;q=0.1", "text/csv, */*;q=0.5"])(
    "Accept: %s",
    async (accept) => {
      const response = await ask(accept);
      expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
      expect(response.headers.get("content-disposition")).toBe('attachment; filename="rows.csv"');
      expect(await response.text()).toBe("a\r\n1\r\n");
    },
  );

  test.each([
    undefined,
    "*/*",
    "application/json",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "text/csv;q=0",
    "nonsense",
  ])("not with Accept: %s", async (accept) => {
    const response = await ask(accept);
    expect(await response.json()).toMatchObject({ success: true, data: [{ a: 1 }], meta: { limit: 1 } });
  });

  test("either way caches keep them apart, and the next page is a link", async () => {
    for (const accept of ["text/csv", "application/json"]) {
      const { headers } = await ask(accept);
      expect(headers.get("vary")).toBe("Accept");
      const [, query] = /^<\/rows\?(.*)>; rel="next"$/.exec(headers.get("link") ?? "") ?? [];
      expect({ ...parse(query ?? "") }).toEqual({ limit: "1", cursor: "next" });
    }
  });
});
