/** The reports of others: each is held by a test that is there. */
import { expect, test } from "vitest";
import { allFiles, read } from "./sources.ts";

const TABLE = "test/field-reports.md";
const ROW = /^\| \[[^\n]*\| `(?<file>[^`]+)`: "(?<name>.+)" \|$/;

test("every report names a test that exists", () => {
  const files = allFiles();
  const rows = read(TABLE)
    .split("\n")
    .filter((line) => line.startsWith("| ["));
  const missing = rows.filter((row) => {
    const { file, name } = ROW.exec(row)?.groups ?? {};
    return (
      !file ||
      !name ||
      !files.includes(file) ||
      !['"', "`"].some((quote) => read(file).includes(`${quote}${name}${quote}`))
    );
  });
  expect(missing).toEqual([]);
  expect(rows.length).toBeGreaterThan(20);
});
