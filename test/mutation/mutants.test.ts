import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { ROOMS, roomsOf, sourcesOf, testsOf } from "./rooms.ts";
import { sampled } from "./sample.ts";
import { withMutants } from "./schemata.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-mutated-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function mutated(text: string): readonly Mutant[] {
  const file = join(folder, "some.ts");
  writeFileSync(file, text);
  return mutantsOf([file]);
}
const changes = (text: string) => mutated(text).map(({ from, to }) => `${from} -> ${to}`);

describe("a file's mutants", () => {
  test.each([
    ["if (a) b();", ["a -> true", "a -> false", "b() -> undefined"]],
    ["const c = a ? b : d;", ["a -> true", "a -> false"]],
    ["while (a) ;", ["a -> false"]],
    ["const c = a && b;", ["a && b -> a", "a && b -> b"]],
    ["const c = a < b;", ["a < b -> (a) <= (b)", "a < b -> (a) >= (b)"]],
    ["if (a <= b) {}", ["a <= b -> true", "a <= b -> false", "a <= b -> (a) < (b)"]],
    ["const c = a === b;", ["a === b -> (a) !== (b)"]],
    ["const c = a + b;", ["a + b -> (a) - (b)"]],
    ['const c = a + "b";', []],
    ["const c = !a;", ["!a -> !!a"]],
    ["const c = Math.min(a, b);", ["Math.min -> Math.max"]],
    ["const c = true;", ["true -> false"]],
    ["a += b;", ["a += b -> a -= (b)", "a += b -> undefined"]],
    ["const c = 0;", ["0 -> 1"]],
    ["const c = 9;", ["9 -> 10", "9 -> 8"]],
    ["const c = 4_000;", ["4_000 -> 40000", "4_000 -> 400"]],
    ["const c = 16n;", ["16n -> 160n", "16n -> 1n"]],
    ["const c = 0.5;", ["0.5 -> 5", "0.5 -> 0.05"]],
  ])("%s", (text, expected) => expect(changes(text).toSorted()).toEqual(expected.toSorted()));

  test.each(["type A = 1 | true;", "interface A { readonly b: 7 }", "const a: 4 | 6 = b;", "const a = { 4: b };"])(
    "are none of %s, which runs nowhere",
    (text) => expect(changes(text)).toEqual([]),
  );
});

test("all mutants of a text are in one, of which each is switched on by its number, and none without", () => {
  const text = "export const f = (a, b) => (a < b && b < 3 ? Math.max(a, b) + 1 : -1);\n";
  const mutants = mutated(text);
  const source = withMutants(
    text,
    mutants.map((mutant, at) => [at, mutant]),
  ).replace("export const f =", "return");
  const ran = (number?: number) => {
    const platform = { process: { env: { TIDEGATE_MUTANT: number === undefined ? undefined : String(number) } } };
    return new Function("globalThis", source)(platform) as (a: number, b: number) => number;
  };
  const inputs = [-2, 0, 1, 2, 3, 4].flatMap((a) => [-1, 1, 2, 3, 4, 40].map((b) => [a, b] as const));
  const seen = (number?: number) => JSON.stringify(inputs.map(([a, b]) => ran(number)(a, b)));
  const original = (a: number, b: number) => (a < b && b < 3 ? Math.max(a, b) + 1 : -1);
  expect(seen()).toBe(JSON.stringify(inputs.map(([a, b]) => original(a, b))));
  expect(mutants.filter((_, at) => seen(at) === seen())).toEqual([]);
  expect(source.split("\n")).toHaveLength(text.split("\n").length);
});

test("a sample is the same for the same seed, without repetition, and all where there are no more", () => {
  const all = Array.from({ length: 50 }, (_, n) => n);
  expect(sampled(all, 10, 1)).toEqual(sampled(all, 10, 1));
  expect(sampled(all, 10, 1)).not.toEqual(sampled(all, 10, 2));
  expect(new Set(sampled(all, 10, 3)).size).toBe(10);
  expect(sampled(all, 99, 1).toSorted((one, other) => one - other)).toEqual(all);
});

test("every room has sources and tests, and is found by what lies in it", () => {
  for (const room of ROOMS) {
    expect([room.name, sourcesOf(room, []).length > 0, testsOf(room).length > 0]).toEqual([room.name, true, true]);
  }
  expect(roomsOf([])).toEqual(ROOMS);
  expect(roomsOf(["lib/http/auth/jwt.ts"]).map(({ name }) => name)).toEqual(["lib/http/auth"]);
  expect(roomsOf(["lib/http"]).map(({ name }) => name)).toEqual(["lib/http/address", "lib/http/auth"]);
  const [auth] = roomsOf(["lib/http/auth"]);
  expect(auth && sourcesOf(auth, ["lib/http/auth/jwt.ts"])).toEqual(["lib/http/auth/jwt.ts"]);
});
