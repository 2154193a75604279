/** The rules of the house, held by reading its sources. Every violation is told at once, with its place. */
import { basename, dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { circles, notPublic, packageOf, reach, wrongWay } from "./direction.ts";
import { bannedGlobals, impure } from "./globals.ts";
import { allFiles, blank, exists, lineAt, read, type Source, source } from "./sources.ts";

const LONGEST_LINES = 250;
const MEDIAN_LINES = 120;
const files = allFiles();
const sources = files.filter((path) => /^(lib|functions|infra|test)\/.*\.ts$/.test(path)).map(source);
const byPath = new Map(sources.map((one) => [one.path, one]));
const within = (...folders: string[]) =>
  sources.filter(({ path }) => folders.some((folder) => path.startsWith(folder)));

interface Package {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}
const { exports, ...manifest }: Package = JSON.parse(read("package.json"));
/** What every user has: dependencies, and the peer that is not optional. */
const everywhere = { ...manifest.dependencies, hono: manifest.peerDependencies.hono };
/** Of every store that runs Lua, whoever makes the server; it is loaded where limits are counted. */
const SHARED = "@upstash/ratelimit";
const entries = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === "string" ? [] : [{ specifier: name.replace(/^\./, "tidegate"), name, target }],
);
const sourceOf = (target: Readonly<Record<string, string>>) => (target["tidegate-source"] ?? "").replace(/^\.\//, "");
const adapters = entries
  .filter(({ name }) => /^\.\/(databases|stores|hooks)\//.test(name))
  .map(({ target }) => sourceOf(target));

/** By somebody, and not by `npm run generate`. */
const isWritten = (path: string): boolean => !path.endsWith(".generated.ts");
const lengthOf = ({ text }: Pick<Source, "text">): number => text.trimEnd().split("\n").length;

describe("imports", () => {
  test("point one way through lib", () => {
    expect(within("lib/").flatMap(wrongWay)).toEqual([]);
  });

  test("of functions are the public entries, its own files and what infra has", () => {
    const names = entries.map(({ specifier }) => specifier);
    expect(within("functions/").flatMap((one) => notPublic(one, names))).toEqual([]);
  });

  test("of the contract are types but for its codes and units: no application carries its schemas", () => {
    const values = /\bimport\s(?!type\b)[^"]*"[^"\n]*\/contract\/(?!(?:codes|unwell|units)\.ts")[^"\n]*"/g;
    const others = within("lib/").filter(({ path }) => !path.startsWith("lib/contract/"));
    const found = others.flatMap(({ path, text }) =>
      [...text.matchAll(values)].map(({ index }) => `${path}:${lineAt(text, index)} must import types alone`),
    );
    expect(found).toEqual([]);
  });

  test("go in no circle, types included", () => {
    expect(circles(within("lib/", "functions/", "infra/"))).toEqual([]);
  });

  test("lead to files that exist", () => {
    const broken = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ file }) => file !== null && !exists(file))
        .map(({ line, file }) => `${path}:${line} -> ${file}`),
    );
    expect(broken).toEqual([]);
  });

  test("of Hono stay in lib/http, the composition, the servers and the wrapper of handlers", () => {
    const knowing = within("lib/").filter(
      ({ path }) => !/^lib\/(http\/|compose\.ts|tide\.ts|node\/|frameworks\/fetch)/.test(path),
    );
    const found = knowing.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => /^@?hono\b/.test(specifier))
        .map(({ line }) => `${path}:${line} must know nothing of Hono`),
    );
    expect(found).toEqual([]);
  });
});

describe("adapters", () => {
  test("are named by no part of the composition, nor is anything that only some platform has", () => {
    const { files: reached, packages } = reach("lib/tidegate.ts", byPath);
    const named = adapters.filter((adapter) => reached.has(adapter));
    const foreign = [...packages].filter(([name]) => !(name in everywhere));
    expect([...named, ...foreign.map(([name, where]) => `${where} ${name}`)]).toEqual([]);
  });

  test("import their port and their vendor, never another adapter nor another's vendor", () => {
    const reached = adapters.map((adapter) => ({ adapter, ...reach(adapter, byPath) }));
    const vendors = (packages: ReadonlyMap<string, string>) =>
      [...packages].filter(([name]) => name !== "node:" && name !== SHARED && !(name in everywhere));
    const found = reached.flatMap(({ adapter, files: own, packages }) => [
      ...adapters.filter((other) => other !== adapter && own.has(other)).map((other) => `${adapter} imports ${other}`),
      ...(vendors(packages).length > 1 ? [`${adapter} has several vendors: ${vendors(packages).join("; ")}`] : []),
    ]);
    expect(found).toEqual([]);
  });

  test("that fill a folder are entered from there alone, or by an entry that chooses", () => {
    const homes = adapters.map((adapter) => `${dirname(adapter)}/`).filter((home) => home.split("/").length > 3);
    const others = within("lib/").filter(({ path }) => !/^lib\/(cli|testing)\//.test(path));
    // A port may stand among its adapters, and what they are given; a driver's table of errors is for whoever judges one,
    // and how its statements are stopped, and its results mended, for whoever guards one.
    const isPort = (file: string) =>
      /^lib\/(?:recovery\/hooks\/(?:hook|options)|database\/(?:(?:postgres|oracle)\/errors|postgres\/(?:cancel|holes)))\.ts$/.test(
        file,
      );
    const found = others.flatMap(({ path, imports }) =>
      imports
        .filter(({ file }) => homes.some((home) => file?.startsWith(home) && !path.startsWith(home) && !isPort(file)))
        .map(({ line, file }) => `${path}:${line} must not enter ${file}`),
    );
    expect(found).toEqual([]);
  });
});

describe("code", () => {
  test("of lib/gate is pure", () => {
    expect(within("lib/gate/").flatMap(impure)).toEqual([]);
    expect(within("lib/gate/").length).toBeGreaterThan(10);
  });

  test("of lib takes time, chance and the network from the Runtime", () => {
    expect(bannedGlobals(within("lib/"))).toEqual([]);
  });

  test("is read without its comments and strings", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be read
    const text = "a(); // Date.now()\nconst b = `x ${Date.now(`}`)} await`; /* fetch( */ c('it\\'s', /[/\"]+/);";
    const left = blank(text, true);
    expect(left.length).toBe(text.length);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what is left of it
    expect(left.replace(/ +/g, " ")).toBe("a(); \nconst b = ` ${Date.now(` `)} `; c(' ', );");
  });
});

describe("files", () => {
  test("are 250 lines at most, and about 120 in the median of lib", () => {
    // Where everything is put together, a longer file is easier to read than a denser one.
    const most = (path: string) => (path === "lib/compose.ts" ? 1.2 : 1) * LONGEST_LINES;
    const lua = files.filter((path) => path.endsWith(".lua")).map((path) => ({ path, text: read(path) }));
    const long = [...sources.filter(({ path }) => isWritten(path)), ...lua].filter(
      (one) => lengthOf(one) > most(one.path),
    );
    expect(long.map((one) => `${one.path}:${lengthOf(one)} lines, at most ${most(one.path)}`)).toEqual([]);
    const lengths = within("lib/")
      .filter(({ path }) => isWritten(path))
      .map(lengthOf)
      .sort((one, other) => one - other);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(MEDIAN_LINES);
  });

  test("are named after what is in them", () => {
    const empty = /^(utils?|helpers?|common|managers?|data|misc)$/i;
    const named = files.filter((path) => /^(lib|functions|infra|test)\//.test(path));
    const parts = (path: string) => path.split("/").map((part) => part.replace(/\..*$/, ""));
    expect(named.filter((path) => parts(path).some((part) => empty.test(part)))).toEqual([]);
  });

  test("name no machine and no registry but npm's", () => {
    const here = "test/house/house.test.ts";
    const paths = /(?<![\w.~-])\/(?:root|work|home\/(?!node\b)[a-z]\w*|Users\/\w+)\/|\b[A-Z]:\\\\?Users\b/g;
    const hosts = /\b(?:localhost:4873|127\.0\.0\.1:4873|artifactory|verdaccio|pkgs\.dev\.azure|npm\.pkg\.github)\b/g;
    const text = files.filter((path) => path !== here && !/\.(png|ico|woff2|gz|dump)$/.test(path));
    const found = text.flatMap((path) => {
      const content = read(path);
      const lines = [...content.matchAll(paths), ...content.matchAll(hosts)];
      return lines.map(({ 0: what, index }) => `${path}:${lineAt(content, index)} names ${what}`);
    });
    expect(found).toEqual([]);
    const locks = files.filter((path) => path.endsWith("package-lock.json"));
    const resolved = locks.flatMap((path) => [
      ...read(path).matchAll(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/|file:tidegate-)([^"]+)"/g),
    ]);
    expect(resolved.map(([, url]) => url)).toEqual([]);
    expect(locks.length).toBeGreaterThan(5);
  });
});

describe("tests", () => {
  test("are all run: none is singled out, none left out without saying why", () => {
    const found = within("test/").flatMap(({ path, code, text }) => {
      const lines = text.split("\n");
      return code.flatMap((line, at) => {
        if (/\b(?:test|it|describe)(?:\.\w+)*\.only\b/.test(line)) return [`${path}:${at + 1} singles itself out`];
        const left = /\b(?:test|it|describe)(?:\.\w+)*\.(?:skip|todo|fails)\b(?!If)/.test(line);
        const reasoned = /\/\/\s*\w/.test(`${lines[at - 1] ?? ""}\n${lines[at]}`);
        return left && !reasoned ? [`${path}:${at + 1} is left out without a reason`] : [];
      });
    });
    expect(found).toEqual([]);
  });

  test("are found by the runner", () => {
    const misnamed = within("test/").filter(
      ({ path, imports }) =>
        !/\.(test|fleet|example)\.ts$/.test(path) &&
        imports.some(({ specifier }) => specifier === "vitest") &&
        /^\s*(?:test|it)\(/m.test(read(path)) &&
        !/^test\/(support|house)\//.test(path) &&
        !sources.some((one) => one.imports.some(({ file }) => file === path)),
    );
    expect(misnamed.map(({ path }) => path)).toEqual([]);
  });
});

describe("the package", () => {
  test("exports what exists, built to where its sources say", () => {
    const built = (path: string, ending: string) => path.replace(/^lib\//, "./dist/").replace(/\.ts$/, ending);
    const found = entries.flatMap(({ name, target }) => {
      const path = sourceOf(target);
      const expected = { "tidegate-source": `./${path}`, types: built(path, ".d.ts"), default: built(path, ".js") };
      const same = JSON.stringify(target) === JSON.stringify(expected);
      return [
        ...(exists(path) ? [] : [`${name}: ${path} does not exist`]),
        ...(same ? [] : [`${name}: must be ${JSON.stringify(expected)}`]),
      ];
    });
    expect(found).toEqual([]);
    expect(entries.length).toBeGreaterThan(0);
  });

  test("is known to Deno by the same names", () => {
    const { imports }: { imports: Record<string, string> } = JSON.parse(read("deno.json"));
    const ours = Object.entries(imports).filter(([name]) => packageOf(name) === "tidegate");
    const elsewhere = entries.filter(({ name }) => name !== "./node" && name !== "./cli");
    const expected = elsewhere.map(({ specifier, target }) => [specifier, `./${sourceOf(target)}`]);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(expected));
  });

  test("has one file for each adapter, named as it is imported", () => {
    const wrong = entries.filter(
      ({ name, target }) =>
        /^\.\/(databases|stores)\//.test(name) && basename(sourceOf(target), ".ts") !== basename(name),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});
