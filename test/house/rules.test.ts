/** The numbered rules of the gate: whoever cites one by its number finds it in the docs, and each of them is kept somewhere. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(ROOT, "docs/gate.md"), "utf8");
const numbers = [...page.matchAll(/^\*\*(\d+)\. /gm)].map(([, number]) => Number(number));

/** `Rule 5`, `Rules 9 and 10`, `Rules 2 to 4 and 15`: the numbers that follow the word. */
const CITED = /\bRules? (\d+(?:(?:, | and | to )\d+)*)/g;

const files = globSync(["lib/**/*.{ts,lua}", "functions/**/*.ts", "infra/**/*.ts", "test/**/*.ts"], { cwd: ROOT });
const cited = files.flatMap((file) =>
  [...readFileSync(join(ROOT, file), "utf8").matchAll(CITED)].flatMap(
    ([, text = ""]) => text.match(/\d+/g)?.map((number) => ({ file, number: Number(number) })) ?? [],
  ),
);

describe("the rules of docs/gate.md", () => {
  test("are numbered from 1 on without a gap", () => {
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(numbers.length).toBeGreaterThan(10);
  });

  test("are the only ones that comments and tests cite", () => {
    expect(cited.filter(({ number }) => !numbers.includes(number))).toEqual([]);
  });

  test("are each cited by the code that keeps it", () => {
    const kept = new Set(cited.filter(({ file }) => file.startsWith("lib/")).map(({ number }) => number));
    expect(numbers.filter((number) => !kept.has(number))).toEqual([]);
  });
});
