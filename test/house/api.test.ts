/** The public API by its own reference: `deno doc` says what is exported, from where, and what is said about it. */
import { beforeAll, describe, expect, test } from "vitest";
import { describeApi, ENTRIES, lintApi } from "../../infra/api/api.ts";
import type { Described } from "../../infra/api/described.ts";
import { because } from "../support/because.ts";
import { denoUnavailable } from "../support/deno.ts";
import { QUIET, UNITLESS, UNREACHABLE } from "./api.ts";
import { read } from "./sources.ts";

describe.skipIf(denoUnavailable())(`the public API${because(denoUnavailable())}`, () => {
  let all: readonly Described[];
  /** What several entries export, once. */
  let once: readonly Described[];
  let lint: readonly string[];

  beforeAll(async () => {
    [all, lint] = await Promise.all([describeApi(), lintApi()]);
    once = [...new Map(all.map((one) => [`${one.name} ${one.place}`, one])).values()];
  });
  const told = ({ place, name }: Described, what: string) => `${place} ${name} ${what}`;
  const isCalled = ({ kind }: Described) => kind === "function" || kind === "method";
  const parentOf = ({ entry, name }: Described) =>
    all.find((other) => other.entry === entry && other.name === name.split(".")[0]);

  test("is that of every entry of the package", () => {
    expect([...new Set(all.map(({ entry }) => entry))].sort()).toEqual(
      ENTRIES.map(({ specifier }) => specifier).sort(),
    );
    expect(once.filter(({ name }) => !name.includes(".")).length).toBeGreaterThan(200);
    expect(lint.length).toBeGreaterThan(0);
  });

  test("has a docstring for every export and every member of one", () => {
    const silent = once.filter(({ text }) => text === "").map((one) => told(one, "has no docstring"));
    // It counts tags alone as none: they do not say what something is.
    expect([...silent, ...lint.filter((line) => line.includes("missing-jsdoc"))]).toEqual([]);
  });

  test("says of an export what it is, and not what its file is about", () => {
    const plain = (text: string) =>
      text
        .replace(/\s*\n \* ?/g, " ")
        .replace(/\s+/g, " ")
        .trim();
    const borrowed = once.filter(({ place, text }) => {
      const [, head = ""] = /^\/\*\*([\s\S]*?)\*\//.exec(read(place.slice(0, place.indexOf(":")))) ?? [];
      return text !== "" && plain(head) === plain(text);
    });
    expect(borrowed.map((one) => told(one, "has its file's head for a docstring"))).toEqual([]);
  });

  test("has an example for every function and class", () => {
    const without = once.filter(
      ({ kind, tags }) => (kind === "function" || kind === "class") && !tags.includes("example"),
    );
    expect(without.map((one) => told(one, "needs an @example"))).toEqual([]);
  });

  test("names the unit of every number", () => {
    const unit = /(?:Ms|Seconds|Bytes|Rate|Ratio|PerSecond|PerMinute)$|^ms$|^seconds/;
    const measured = /\b(?:milliseconds|seconds|bytes|parts of 10,000|share of|monotonicMs|wallMs)\b/i;
    const counted =
      /\b(?:attempts|calls|connections|failures|instances|messages|permits|probes|processes|records|requests|rows|workers)\b/i;
    const isSaid = (name: string, text: string) => unit.test(name) || measured.test(text) || counted.test(text);
    const bare = once.flatMap((one) =>
      one.numbers
        .filter((name) => !isSaid(name, one.text) && !UNITLESS.has(name))
        .map((name) => told(one, `must say what ${name} is counted in`)),
    );
    expect(bare).toEqual([]);
    const needless = [...UNITLESS.keys()].filter((name) => !once.some(({ numbers }) => numbers.includes(name)));
    expect(needless).toEqual([]);
  });

  test("says what every function throws, or never does, unless it is known for its quiet", () => {
    const speaks = ({ text, tags }: Described) => tags.includes("throws") || /\b(?:throws|rejects)\b/i.test(text);
    const called = once.filter(isCalled);
    const silent = called.filter((one) => {
      const parent = one.kind === "method" ? parentOf(one) : undefined;
      return !speaks(one) && !(parent && speaks(parent));
    });
    expect(silent.filter(({ name }) => !QUIET.has(name)).map((one) => told(one, "must say what it @throws"))).toEqual(
      [],
    );
    // And nobody is known for it who is not there, or says it himself.
    const needless = [...QUIET.keys()].filter((name) => !silent.some((one) => one.name === name));
    expect(needless).toEqual([]);
  });

  test("speaks of no type that cannot be imported", () => {
    const unreachable = lint.filter((line) => line.includes("private-type-ref"));
    const typeOf = (line: string) => /private type '([^']+)'/.exec(line)?.[1] ?? line;
    expect(unreachable.filter((line) => !UNREACHABLE.has(typeOf(line)))).toEqual([]);
    const needless = [...UNREACHABLE.keys()].filter((name) => !unreachable.some((line) => typeOf(line) === name));
    expect(needless).toEqual([]);
  });

  test("has the types of a function's signature at the entry that has the function", () => {
    const names = new Map<string, Set<string>>();
    for (const { entry, name } of all) names.set(entry, (names.get(entry) ?? new Set()).add(name));
    const missing = all
      .filter(({ kind }) => kind === "function")
      .flatMap((one) =>
        one.mentions
          .filter((name) => !names.get(one.entry)?.has(name))
          .map((name) => told(one, `needs ${name} to be exported by ${one.entry}`)),
      );
    expect(missing).toEqual([]);
  });
});
