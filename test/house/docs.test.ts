/** The pages for people: what they lead to is there. */
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Page, page, pages } from "./pages.ts";
import { allFiles, lineAt, ROOT, read } from "./sources.ts";

const README_LINES = 160;
const files = allFiles();
const folders = new Set(files.flatMap((path) => parents(path)));
const all = pages();
const byPath = new Map(all.map((one) => [one.path, one]));
const pageOf = (path: string): Page => byPath.get(path) ?? page(path, "");
const manifest = JSON.parse(read("package.json"));
const scripts: Readonly<Record<string, string>> = manifest.scripts;
const at = ({ path }: Page, line: number, what: string) => `${path}:${line} ${what}`;

function parents(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === "." ? ["."] : [folder, ...parents(folder)];
}

test("every page is found, and begins with a head", () => {
  const least = ["README.md", "CONTRIBUTING.md", "docs/README.md", "docs/settings.md", "infra/docker/README.md"];
  expect([...byPath.keys()]).toEqual(expect.arrayContaining([...least, "test/support/README.md"]));
  expect(all.filter(({ text }) => !/^# \S/.test(text)).map(({ path }) => path)).toEqual([]);
});

test("every link of a page leads to a file that exists, and to a head in it", () => {
  const broken = all.flatMap((one) =>
    one.links.flatMap(({ line, file, anchor }) => {
      if (!files.includes(file) && !folders.has(file.replace(/\/$/, ""))) return [at(one, line, `-> ${file}`)];
      const known = anchor === null || !file.endsWith(".md") || pageOf(file).anchors.has(anchor);
      return known ? [] : [at(one, line, `-> ${file}#${anchor}`)];
    }),
  );
  expect(broken).toEqual([]);
});

test("every page of docs is named by docs/README.md or the index of its folder, and the README names what it should", () => {
  const named = (by: string) => pageOf(by).links.map(({ file }) => file);
  const docs = all.map(({ path }) => path).filter((path) => path.startsWith("docs/"));
  const unnamed = docs.filter((path) => {
    const index = join(dirname(path), "README.md");
    return (
      path !== "docs/README.md" && ![...named("docs/README.md"), ...(index === path ? [] : named(index))].includes(path)
    );
  });
  expect(unnamed).toEqual([]);
  const top = docs.filter((path) => /^docs\/(?:[^/]+|\w+\/README)\.md$|^docs\/operating\//.test(path));
  expect(top.filter((path) => !named("README.md").includes(path))).toEqual([]);
});

test("every file and every npm script that a page names is there", () => {
  const missing = all.flatMap((one) => {
    const inline = one.inline.flatMap(({ line, code }) => pathsIn(code).map((path) => ({ line, path })));
    const shell = one.blocks.filter(({ language }) => language === "sh");
    const typed = shell.flatMap(({ line, text }) =>
      [...text.matchAll(/(?<=\s|^)(?:lib|functions|infra|test|docs|examples)\/[\w./-]+/gm)].map(([path]) => ({
        line,
        path,
      })),
    );
    const told = docsNamedIn(one.prose).map((path) => ({ line: 0, path }));
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

test("every page that code names, in a message or a comment, is there", () => {
  const code = files.filter((path) => /^(?:lib|functions|infra|examples|test)\/.*\.(?:ts|lua)$/.test(path));
  const named = code.flatMap((path) => docsNamedIn(read(path)).map((name) => ({ path, name })));
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(({ name }) => !byPath.has(name))).toEqual([]);
});

// Hosts of registries are looked for by house.test.ts, in all files.
test("no page names a folder of a machine", () => {
  const found = all.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<![\w.~<-])\/(?:root|work|home|Users)\b/g)].map(
      ({ 0: what, index }) => `${path}:${lineAt(text, index)} ${what}`,
    ),
  );
  expect(found).toEqual([]);
});

const readme = pageOf("README.md");

test(`the README has ${README_LINES} lines at most`, () => {
  expect(readme.text.trimEnd().split("\n").length).toBeLessThanOrEqual(README_LINES);
});

test("the README leads to nothing that is not in the package", () => {
  const packed = [...manifest.files, "README.md", "LICENSE"];
  const outside = readme.links.filter(({ file }) => !packed.some((one) => file === one || file.startsWith(`${one}/`)));
  expect(outside).toEqual([]);
});

test("the README says what .ci/run does, and names the commands for everything that is slow", () => {
  const commands = read(".ci/run")
    .split("\n")
    .filter((line) => line.startsWith("npm "));
  expect(commands).toEqual(["npm ci", "npm test"]);
  expect(commands.filter((command) => !readme.text.includes(command))).toEqual([]);
  const slow = Object.keys(scripts).filter((name) => /^(?:test|check):/.test(name));
  expect(slow.filter((name) => !readme.text.includes(`npm run ${name}`))).toEqual([]);
});

/** Whatever is called `NAME` there is a place for a name. */
const docsNamedIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w./])docs\/[\w/-]+\.md\b/g)].map(([path]) => path).filter((path) => !path.includes("NAME"));

/** Paths of the reader's own project, in examples. */
const READERS = new Set([
  ...["app.ts", "lib/tide.ts", "app/metrics/route.ts"],
  ...["drizzle.ts", "kysely.ts", "typeorm.ts", "prisma.ts"],
  ...["pino.ts", "winston.ts", "logtape.ts"],
]);

/** What looks like a file or a folder of this repository. `NAME` in a path is for whatever it may be called. */
function pathsIn(code: string): readonly string[] {
  if (!/^[\w@./*-]+$/.test(code) || /NAME|TOPIC|^\/|^@|^\.\.?\//.test(code) || READERS.has(code)) return [];
  const isOurs = /^(?:lib|functions|infra|test|docs|examples)\/./.test(code) || isInRoom(code);
  const isFile = /^[\w*-][\w./*-]*\.(?:ts|md|mjs|toml|ya?ml|json|lua|cfg|tf|service)$/.test(code);
  return isOurs || isFile ? [code] : [];
}

/** `gate/step`: a file of a room of `lib`. */
const isInRoom = (code: string): boolean =>
  /^[a-z][\w-]*(?:\/[\w-]+)+$/.test(code) && folders.has(`lib/${code.split("/")[0]}`);

/** From the root, beside the page, or the end of the path of some file: pages say which room they speak of. */
function isThere({ path }: Page, name: string): boolean {
  const wanted = name.replace(/\/$/, "");
  const isFound = (place: string) =>
    files.includes(place) || folders.has(place) || (/\*/.test(place) && globSync(place, { cwd: ROOT }).length > 0);
  if ([wanted, join(dirname(path), wanted)].some(isFound)) return true;
  if (/\*/.test(wanted)) return globSync(`{lib,test}/**/${wanted}`, { cwd: ROOT }).length > 0;
  return (
    files.some((file) => file.endsWith(`/${wanted}`) || file === `lib/${wanted}.ts`) || folders.has(`lib/${wanted}`)
  );
}
