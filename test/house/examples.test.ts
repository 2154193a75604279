/** What the README promises is there: its example runs, its commands and files exist, every dependency has its line. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const [example = "", ...others] = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

/** What the examples after the first one take from the application around them. */
const AROUND = `
import type { Context, Hono } from "hono";
import { ProblemError, type Tidegate, type TidegateEnv, tidegate } from "tidegate";
import type { Config } from "tidegate/config";
import { postgres } from "tidegate/databases/postgres";
import { redis } from "tidegate/stores/redis";
interface Order { id: number; customer: string }
interface Row { lot: string }
declare const app: Hono, c: Context<TidegateEnv>, tide: Tidegate, config: Config;
declare const id: string, term: string, url: string, databaseUrl: string, stateUrl: string, order: Order;
declare function application(tide: Tidegate): Hono;
declare function search(term: string, options: { signal: AbortSignal }): Promise<Row[]>;
declare function showBanner(message: string, until: number): void;
declare function write(row: Row): void;
`;
/** Within a function: what an example calls `url` may be there already. */
const within = (text: string): string => {
  const imports = text.split("\n").filter((line) => line.startsWith("import "));
  const body = text.split("\n").filter((line) => !imports.includes(line));
  return [AROUND, ...imports, "export async function example() {", ...body, "}"].join("\n");
};

const ASK = `
const { default: app } = await import(process.argv[2]);
const statuses = [];
for (const path of ["/health/live", "/orders/1", "/health"]) statuses.push((await app.request(path)).status);
console.log("answered", statuses.join());
process.exit(0);
`;

let folder = "";
const inFolder = async (...args: string[]): Promise<string> => {
  // Nothing answers at port 1.
  const nowhere = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none", STATE_URL: "redis://127.0.0.1:1" };
  const env = { PATH: process.env.PATH ?? "", ...nowhere, LOG_LEVEL: "error" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env, timeout: 60_000 });
  return stdout;
};

describe("the README's examples", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tidegate-readme-"));
    mkdirSync(join(folder, "node_modules"));
    for (const name of ["hono", "@types"]) {
      symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    }
    symlinkSync(ROOT, join(folder, "node_modules/tidegate"));
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
    const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["example*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "example.ts"), example);
    for (const [at, text] of others.entries()) writeFileSync(join(folder, `example-${at}.ts`), within(text));
    writeFileSync(join(folder, "ask.ts"), ASK);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("begin with a guarded handler of at most 15 lines", () => {
    expect(example).toContain("c.var.db");
    expect(example.trim().split("\n").length).toBeLessThanOrEqual(15);
  });

  test("have no type errors", async () => {
    expect(others.length).toBeGreaterThan(3);
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    expect(await inFolder(tsc, "-p", "tsconfig.json").catch(({ stdout }) => stdout)).toBe("");
  });

  test("answer politely, the first of them, without its database and its store", async () => {
    expect(await inFolder("--conditions=tidegate-source", "ask.ts", "./example.ts")).toContain("answered 200,503,503");
  });
});

describe("the README", () => {
  test("names commands and files that are there", () => {
    const commands = [...readme.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = ""]) => name);
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((name) => !(name in manifest.scripts))).toEqual([]);
    const linked = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = ""]) => path);
    expect(linked.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    // Those of the table of guarantees are in `test/`.
    const sources = [...readme.matchAll(/`([\w-]+(?:\/[\w-]+)+(?:\.test)?\.ts)`/g)].map(([, path = ""]) => path);
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((path) => !["", "test/"].some((folder) => existsSync(join(ROOT, folder, path))))).toEqual([]);
    const heads = [...readme.matchAll(/^##+ (.+)$/gm)].map(([, head = ""]) => head.toLowerCase());
    const anchors = heads.map((head) => head.replace(/[^\w -]/g, "").replaceAll(" ", "-"));
    const jumps = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
    expect(jumps.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
    const specifiers = [...readme.matchAll(/"tidegate(\/[\w/-]+)"/g)].map(([, path]) => `.${path}`);
    expect(specifiers.filter((specifier) => !(specifier in manifest.exports))).toEqual([]);
  });

  test("says what each dependency is for, and names no other", () => {
    const [, table = ""] = /^\| dependency [^\n]*\n([\s\S]*?)\n\n/m.exec(readme) ?? [];
    const firstCells = table.split("\n").map((row) => row.split("|")[1] ?? "");
    const named = firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
    const { dependencies, devDependencies, peerDependencies } = manifest;
    expect(named.sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }).sort());
  });
});
