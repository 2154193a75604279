import { describe, expect, test } from "vitest";
import { createRedactor } from "../../lib/log/redaction.ts";
import { viewsOf } from "../../lib/log/views.ts";

const textsOf = (text: string) => [...viewsOf(text, () => {})].map((view) => view.text);

describe("a text is read", () => {
  test.each([
    ["without codes", ["without codes"]],
    ["a%3Db", ["a%3Db", "a=b"]],
    ["a%253Db", ["a%253Db", "a%3Db", "a=b"]],
    ['\\"a\\"', ['\\"a\\"', '"a"']],
    ["\\u0026amp;x", ["\\u0026amp;x", "&amp;x", "&x"]],
    ["%E2%82%AC", ["%E2%82%AC"]],
    ["plain\na%3Db\nplain", ["plain\na%3Db\nplain", "\na=b\n"]],
  ])("%j in every view", (text, views) => expect(textsOf(text)).toEqual(views));

  test("up to four layers deep", () => {
    expect(textsOf("%25252525253D")).toHaveLength(5);
  });

  test("and each place of a view is led back to its own in the text", () => {
    const text = "first\nsecond\na%3Db\nfourth\nc%26d";
    for (const view of viewsOf(text, () => {})) {
      for (const word of ["a", "b", "c", "d"]) {
        const at = view.text.lastIndexOf(word);
        expect(text.charAt(view.originOf(at)), word).toBe(word);
      }
    }
  });

  test("until it has more codes than any honest line: from there on it is masked", () => {
    const { text } = createRedactor({ secrets: [] });
    const safe = text(`honest ${"%41".repeat(70_000)} password%3Dhunter2`);
    expect(safe.startsWith("honest %41")).toBe(true);
    expect(safe.endsWith("***")).toBe(true);
    expect(safe).not.toContain("hunter2");
  });
});
