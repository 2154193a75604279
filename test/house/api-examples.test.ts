/** The examples in docstrings of the public API: what each of them calls is there, and takes what it is given. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeApi } from "../../infra/api/api.ts";
import type { Described } from "../../infra/api/described.ts";
import { because } from "../support/because.ts";
import { denoUnavailable } from "../support/deno.ts";
import { ROOT } from "./sources.ts";

/** What an application has around an example. */
const AROUND = `
interface Order { id: number }
interface Lot { id: number; quantity: number }
interface Env { TIDEGATE: ObjectNamespace; GATE: ObjectNamespace; HYPERDRIVE: { connectionString: string } }
declare const c: Context<TidegateEnv>, tide: Tidegate, database: DatabaseAdapter, store: StoreAdapter, hook: Hook;
declare const app: Hono<TidegateEnv>, config: Config, error: unknown, order: Order | undefined, restart: Firing, info: object, paths: object;
declare const id: string, lotId: string, url: string, apiKey: string, apiToken: string, token: string, secret: string;
declare const accountId: string, siteId: string, serviceId: string, environmentId: string, wantsOpen: boolean;
declare const region: string, accessKeyId: string, secretAccessKey: string;
`;
/** Calls and objects that an example leaves to its reader, each of any type. */
const READERS = "Deno again application banner done file ftp isBooked job orders pager say show write".split(" ");
/** Where there is no type for what is the reader's, its parameters have none; and this is no package. */
const UNTYPED = /error TS7006|error TS2307: Cannot find module 'cloudflare:workers'/;

interface Example {
  readonly file: string;
  readonly text: string;
}

function exampleOf(one: Described, all: readonly Described[]): Example[] {
  const blocks = [...one.text.matchAll(/```ts\n([\s\S]*?)```/g)];
  return blocks.map(([, code = ""], index) => ({
    file: `${one.place.replace(/[/:]/g, "-")}-${one.name}-${index}.ts`,
    text: /^export /m.test(code) ? code : within(code, one.entry, all),
  }));
}

/** In a function: an example may be a part of one, or of an object. What it does not import itself is imported for it. */
function within(code: string, entry: string, all: readonly Described[]): string {
  const own = code.match(/^import .*$/gm) ?? [];
  const taken = new Set(own.flatMap((line) => line.match(/\w+/g) ?? []));
  const importsOf = (from: string) => {
    const names = all.filter((one) => one.entry === from && !one.name.includes(".") && !taken.has(one.name));
    for (const { name } of names) taken.add(name);
    const isValue = ({ kind }: Described) => kind === "function" || kind === "class" || kind === "constant";
    return `import { ${names.map((one) => (isValue(one) ? one.name : `type ${one.name}`)).join(", ")} } from "${from}";`;
  };
  const others = ["tidegate", "tidegate/config", "tidegate/databases/postgres", "tidegate/databases/pglite"].concat(
    ["memory", "redis", "durable-object"].map((name) => `tidegate/stores/${name}`),
  );
  return [
    ...own,
    ...[...new Set([entry, ...others])].map(importsOf),
    'import { type Context, Hono } from "hono";\nimport * as v from "valibot";\nimport { expect } from "vitest";',
    AROUND,
    `export async function example(process: NodeJS.Process) {\n${code.replace(/^import .*$/gm, "")}\n}\n`,
  ].join("\n");
}

describe.skipIf(denoUnavailable())(`examples in docstrings${because(denoUnavailable())}`, () => {
  let folder = "";
  let examples: readonly Example[];

  beforeAll(async () => {
    const all = await describeApi();
    const once = new Map(all.filter(({ text }) => text.includes("```ts")).map((one) => [one.place, one]));
    examples = [...once.values()].flatMap((one) => exampleOf(one, all));
    folder = mkdtempSync(join(tmpdir(), "tidegate-docstrings-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/tidegate"));
    for (const name of ["hono", "valibot", "vitest", "@types", "fastify", "knex", "postgres"]) {
      symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    }
    for (const { file, text } of examples) writeFileSync(join(folder, file), text);
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, noImplicitReturns: false };
    const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("have no errors but names that the reader gives", async () => {
    expect(examples.length).toBeGreaterThan(60);
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const checked = promisify(execFile)(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder });
    const { stdout } = await checked.catch((failed: { readonly stdout: string }) => failed);
    const errors = stdout.split("\n").filter((line) => /error TS/.test(line) && !UNTYPED.test(line));
    const unknown = (line: string) => /Cannot find name '(\w+)'/.exec(line)?.[1] ?? "";
    expect(errors.filter((line) => !READERS.includes(unknown(line)))).toEqual([]);
    expect(READERS.filter((name) => !errors.some((line) => unknown(line) === name))).toEqual([]);
  });
});
