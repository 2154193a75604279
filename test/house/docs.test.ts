/** The pages for people: what they lead to is there, and what they tell of is what the code has. */
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { REFUSAL_REASONS } from "../../lib/gate/types.ts";
import { refusal } from "../../lib/guard/refusal.ts";
import { constants, logEvents, metricNames, settings, statusOf } from "./named.ts";
import { type Page, page, pages, rows } from "./pages.ts";
import { allFiles, ROOT, read } from "./sources.ts";

const README_LINES = 160;
const files = allFiles();
const folders = new Set(files.flatMap((path) => parents(path)));
const all = pages();
const byPath = new Map(all.map((one) => [one.path, one]));
const pageOf = (path: string): Page => byPath.get(path) ?? page(path, "");
const scripts: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts;
const at = ({ path }: Page, line: number, what: string) => `${path}:${line} ${what}`;

function parents(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === "." ? ["."] : [folder, ...parents(folder)];
}

describe("pages", () => {
  test("are all found, and begin with a head", () => {
    const least = ["README.md", "CONTRIBUTING.md", "docs/README.md", "docs/settings.md", "infra/docker/README.md"];
    expect([...byPath.keys()]).toEqual(expect.arrayContaining([...least, "test/support/README.md"]));
    expect(all.filter(({ text }) => !/^# \S/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test("link to what exists, heads included", () => {
    const broken = all.flatMap((one) =>
      one.links.flatMap(({ line, file, anchor }) => {
        if (!files.includes(file) && !folders.has(file.replace(/\/$/, ""))) return [at(one, line, `-> ${file}`)];
        const known = anchor === null || !file.endsWith(".md") || pageOf(file).anchors.has(anchor);
        return known ? [] : [at(one, line, `-> ${file}#${anchor}`)];
      }),
    );
    expect(broken).toEqual([]);
  });

  test("of docs are each named by the README or by the index of their folder, and by docs/README.md", () => {
    const named = (by: string) => pageOf(by).links.map(({ file }) => file);
    const docs = all.map(({ path }) => path).filter((path) => path.startsWith("docs/"));
    const unnamed = docs.filter((path) => {
      const index = join(dirname(path), "README.md");
      return (
        path !== "docs/README.md" &&
        ![...named("docs/README.md"), ...(index === path ? [] : named(index))].includes(path)
      );
    });
    expect(unnamed).toEqual([]);
    const top = docs.filter((path) => /^docs\/(?:[^/]+|\w+\/README)\.md$|^docs\/operating\//.test(path));
    expect(top.filter((path) => !named("README.md").includes(path))).toEqual([]);
  });

  test("name files and commands that are there", () => {
    const missing = all.flatMap((one) => {
      const inline = one.inline.flatMap(({ line, code }) => pathsIn(code).map((path) => ({ line, path })));
      const shell = one.blocks.filter(({ language }) => language === "sh");
      const typed = shell.flatMap(({ line, text }) =>
        [...text.matchAll(/(?<=\s|^)(?:lib|functions|infra|test|docs|examples)\/[\w./-]+/gm)].map(([path]) => ({
          line,
          path,
        })),
      );
      const told = [...one.prose.matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map(({ 0: path }) => ({ line: 0, path }));
      return [...inline, ...typed, ...told]
        .filter(({ path }) => !isThere(one, path))
        .map(({ line, path }) => at(one, line, path));
    });
    expect(missing).toEqual([]);
    const commands = all.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)]
        .filter(([, name = ""]) => !(name in scripts))
        .map(([command]) => `${path} ${command}`),
    );
    expect(commands).toEqual([]);
  });

  test("name no folder of a machine and no registry but npm's", () => {
    const found = all.flatMap((one) =>
      [
        ...one.text.matchAll(
          /(?<![\w.~<-])\/(?:root|work|home|Users)\/|\b(?:\w+\.)*(?:artifactory|verdaccio|pkgs\.dev\.azure)\b|:4873\b/g,
        ),
      ].map(([what]) => `${one.path} ${what}`),
    );
    expect(found).toEqual([]);
  });
});

describe("the README", () => {
  const readme = pageOf("README.md");

  test(`has ${README_LINES} lines at most`, () => {
    expect(readme.text.trimEnd().split("\n").length).toBeLessThanOrEqual(README_LINES);
  });

  test("says what .ci/run does, and names every command for people who work on it", () => {
    const commands = read(".ci/run")
      .split("\n")
      .filter((line) => line.startsWith("npm "));
    expect(commands).toEqual(["npm ci", "npm test"]);
    expect(commands.filter((command) => !readme.text.includes(command))).toEqual([]);
    const slow = Object.keys(scripts).filter((name) => /^(?:test|check):/.test(name));
    expect(slow.filter((name) => !readme.text.includes(`npm run ${name}`))).toEqual([]);
  });
});

describe("what the code has a name for", () => {
  const firstCells = (path: string, head: string) =>
    rows(pageOf(path), head).flatMap(([cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
  const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

  test("is in its page and no other is: error codes, with their status", () => {
    const told = rows(pageOf("docs/errors.md"), "code").map(([code = "", status = ""]) => [
      code.replaceAll("`", ""),
      Number(status),
    ]);
    expect(Object.fromEntries(told)).toEqual(statusOf);
    expect(told).toHaveLength(Object.keys(statusOf).length);
  });

  test("is in its page and no other is: reasons of refusals, with their code", () => {
    const told = rows(pageOf("docs/errors.md"), "`reason`").flatMap(([reasons = "", code = ""]) =>
      reasons.split(", ").map((reason) => `${reason} ${code}`.replaceAll("`", "")),
    );
    const reasons = [...REFUSAL_REASONS, "too_many_gates" as const];
    expect(sorted(told)).toEqual(sorted(reasons.map((reason) => `${reason} ${refusal("main", reason, 0).code}`)));
  });

  test("is in its page and no other is: log events", () => {
    const events = logEvents();
    expect(events.size).toBeGreaterThan(40);
    expect(sorted(firstCells("docs/operating/logs.md", "event"))).toEqual(sorted(events));
  });

  test("is in its page and no other is: metrics", () => {
    const names = metricNames();
    expect(sorted(firstCells("docs/operating/metrics.md", "metric"))).toEqual(sorted(names));
    const others = new Set(["tidegate_process", "tidegate_session"]);
    const wrong = all.flatMap(({ path, text }) =>
      [...text.matchAll(/\btidegate_[a-z_]*[a-z]/g)]
        .filter(([name]) => !names.has(name) && !others.has(name))
        .map(([name]) => `${path} ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test("is in its page and no other is: settings, wherever a page names one", () => {
    expect(sorted(firstCells("docs/settings.md", "variable"))).toEqual(sorted(settings));
    const known = new Set([...settings, ...Object.keys(statusOf), ...constants, ...FOREIGN]);
    const mentioned = all.flatMap(({ path, text }) =>
      [...text.matchAll(/(?<![A-Za-z0-9])_?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map(([name]) => ({ path, name })),
    );
    const ends = (name: string) => name.startsWith("_") && [...settings].some((whole) => whole.endsWith(name));
    const wrong = mentioned.filter(({ name }) => !known.has(name) && !ends(name));
    expect(wrong.map(({ path, name }) => `${path} ${name}`)).toEqual([]);
    expect([...FOREIGN].filter((name) => !mentioned.some((one) => one.name === name))).toEqual([]);
  });
});

/** Names that are others': of platforms, of images, of databases. */
const FOREIGN = new Set([
  ...["CAPABILITY_IAM", "NODE_ENV", "NODE_EXTRA_CA_CERTS"],
  ...["POSTGRES_DB", "POSTGRES_HOST_AUTH_METHOD"],
]);

/** Paths of the reader's own project, in examples. */
const READERS = new Set(["app.ts", "lib/tide.ts"]);

/** What looks like a file or a folder of this repository. `NAME` in a path is for whatever it may be called. */
function pathsIn(code: string): readonly string[] {
  if (!/^[\w@./*-]+$/.test(code) || /NAME|^\/|^@|^\.\.?\//.test(code) || READERS.has(code)) return [];
  const isOurs = /^(?:lib|functions|infra|test|docs|examples)\/./.test(code);
  const isFile = /^[\w*-][\w./*-]*\.(?:ts|md|mjs|toml|ya?ml|json|lua|conf|cfg|tf|service)$/.test(code);
  return isOurs || isFile ? [code] : [];
}

/** From the root, beside the page, or the end of the path of some file: pages say which room they speak of. */
function isThere({ path }: Page, name: string): boolean {
  const wanted = name.replace(/\/$/, "");
  const isFound = (place: string) =>
    files.includes(place) || folders.has(place) || (/\*/.test(place) && globSync(place, { cwd: ROOT }).length > 0);
  if ([wanted, join(dirname(path), wanted)].some(isFound)) return true;
  if (/\*/.test(wanted)) return globSync(`{lib,test}/**/${wanted}`, { cwd: ROOT }).length > 0;
  return files.some((file) => file.endsWith(`/${wanted}`));
}
