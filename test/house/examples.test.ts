/** The examples of the pages: each of them has the types that it needs, and the README's first one answers. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Block, pages } from "./pages.ts";
import { ROOT, read } from "./sources.ts";

/** What examples import that is not installed here: it is of any type, and the rest of them is looked at all the same. */
const FOREIGN = ["express", "fastify"].concat([
  // It is, but has no types.
  "pg-cursor",
  "@prisma/adapter-pg",
  "*/generated/client.ts",
  "typeorm",
  "*/lib/tide",
  "cloudflare:workers",
]);
/** What a fragment, an example that imports nothing, takes from the application around it. */
const AROUND = `
import type { Context } from "hono";
import type { Tidegate, TidegateEnv } from "tidegate";
interface Order { id: number; customer: string }
interface Row { lot: string }
declare const c: Context<TidegateEnv>, tide: Tidegate;
declare const id: string, term: string, url: string;
declare function search(term: string, options: { signal: AbortSignal }): Promise<Row[]>;
declare function write(row: Row): void;
`;
const ASK = `
const { default: app } = await import(process.argv[2] ?? "");
const statuses = [];
for (const path of ["/health/live", "/orders/1", "/health"]) statuses.push((await app.request(path)).status);
console.log("answered", statuses.join());
process.exit(0);
`;

interface Example extends Block {
  readonly page: string;
  /** Within the folder of its page: as the page calls it, so that another one may import it. */
  readonly file: string;
}

const examples = pages().flatMap(({ path, text, blocks }): Example[] => {
  const lines = text.split("\n");
  return blocks
    .filter(({ language }) => /^(?:ts|tsx|typescript|js|javascript)\b/.test(language))
    .map((block) => ({
      ...block,
      page: path,
      file: nameOf(lines.slice(0, block.line - 2)) ?? `line-${block.line}.ts`,
    }));
});

/** A paragraph that ends with a colon just before the block, and has the name of a file in it. */
function nameOf(before: readonly string[]): string | null {
  const paragraph = before.join("\n").trimEnd().split("\n\n").at(-1) ?? "";
  return paragraph.endsWith(":") ? (/`([\w./[\]-]+\.tsx?)`[^`]*$/.exec(paragraph)?.[1] ?? null) : null;
}

const isWhole = ({ text }: Block): boolean => /^(?:import|export) /m.test(text);
const importsOf = ({ text }: Block): readonly string[] =>
  [...text.matchAll(/\bfrom "([^"]+)"|\bimport "([^"]+)"/g)].map(([, from, alone]) => from ?? alone ?? "");
const isOf = (module: string, specifier: string): boolean =>
  module.startsWith("*") ? specifier.endsWith(module.slice(1)) : specifier === module;
const isForeign = (specifier: string): boolean => FOREIGN.some((module) => isOf(module, specifier));
/** Parameters, and calls with arguments for types, of what is of any type. */
const UNTYPED = /TS(?:7006|7031|2347):/;

/** Each name that is imported from there, as a type and as a value. */
function declared(module: string): string {
  const lists = examples
    .flatMap(({ text }) => [...text.matchAll(/\{([^{}]*)\} from "([^"]+)"/g)])
    .filter(([, , specifier = ""]) => isOf(module, specifier));
  const names = lists.flatMap(([, list = ""]) =>
    list.split(",").map((name) => name.trim().replace(/^type | as .*$/g, "")),
  );
  const lines = [...new Set(names)]
    .filter(Boolean)
    .map((name) => `export type ${name}<A = any> = any; export const ${name}: any;`);
  return `declare module "${module}" { const value: any; export default value; ${lines.join(" ")} }\n`;
}

/** Within a function: what a fragment calls `url` may be there already. */
const within = (text: string): string => `${AROUND}export async function example() {\n${text}\n}\n`;

const placeOf = ({ page, file }: Example): string => join(page.replace(/\.md$/, ""), file);

/** All pages at once, on a machine that does other things as well. */
const LONGEST_MS = 170_000;

let folder = "";
const inFolder = async (...args: string[]): Promise<string> => {
  // Nothing answers at port 1.
  const nowhere = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none", STATE_URL: "redis://127.0.0.1:1" };
  const env = { PATH: process.env.PATH ?? "", ...nowhere, LOG_LEVEL: "error" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env, timeout: LONGEST_MS });
  return stdout;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-examples-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const { dependencies, devDependencies, peerDependencies } = JSON.parse(read("package.json"));
  for (const name of Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
  symlinkSync(ROOT, join(folder, "node_modules/tidegate"));
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, experimentalDecorators: true };
  const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["**/*.ts", "**/*.tsx"] };
  write("tsconfig.json", JSON.stringify(config));
  write("package.json", '{ "type": "module" }');
  write("foreign.d.ts", FOREIGN.map(declared).join(""));
  write("ask.ts", ASK);
  for (const example of examples) write(placeOf(example), isWhole(example) ? example.text : within(example.text));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the examples of the pages are found, each in a place of its own", () => {
  expect(examples.length).toBeGreaterThan(20);
  const places = examples.map(placeOf);
  expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
});

test("the examples of the pages have no type errors", { timeout: LONGEST_MS + 10_000 }, async () => {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const told = await inFolder(tsc, "-p", "tsconfig.json", "--pretty", "false").catch(({ stdout }) => String(stdout));
  const foreign = examples.filter((example) => importsOf(example).some(isForeign)).map(placeOf);
  // What is wrong in the sources is told by `npm run check`.
  const isOurs = (line: string) =>
    /^[\w@]\S*\(\d+,\d+\): error/.test(line) &&
    !(UNTYPED.test(line) && foreign.some((place) => line.startsWith(`${place}(`)));
  expect(told.split("\n").filter(isOurs)).toEqual([]);
  expect(told.split("\n").filter((line) => line.startsWith("error "))).toEqual([]);
});

test("the examples need few packages that are not installed here, and each that is named", () => {
  const used = examples.flatMap(importsOf).filter(isForeign);
  expect(FOREIGN.filter((module) => !used.some((specifier) => isOf(module, specifier)))).toEqual([]);
  expect(examples.filter((example) => importsOf(example).some(isForeign)).length).toBeLessThan(examples.length / 3);
});

const first = examples.find(({ page }) => page === "README.md");

test("the README begins with a guarded handler of at most 15 lines", () => {
  expect(first?.text).toContain("c.var.db");
  expect(first?.text.trim().split("\n").length).toBeLessThanOrEqual(15);
});

test("the README's first example answers politely without its database and its store", async () => {
  const file = `./${first && placeOf(first)}`;
  expect(await inFolder("--conditions=tidegate-source", "ask.ts", file)).toContain("answered 200,503,503");
});
