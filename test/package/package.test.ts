/** The package as it is packed: what it says of itself, and that others can use it on Node, in Deno and by bundling. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { because } from "../support/because.ts";
import { type Consumer, createConsumer, ENTRIES } from "../support/consumer.ts";
import { denoBinary, denoUnavailable } from "../support/deno.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const IMPORT_ALL = `
for (const entry of ${JSON.stringify(ENTRIES)}) {
  const names = Object.keys(await import(entry));
  if (names.length === 0) throw new Error(entry + " exports nothing");
  console.log("imported", entry);
}
`;
const ANSWER = `
import { Hono } from "hono";
import { tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { fakeDatabase } from "tidegate/testing";
import { memory } from "tidegate/stores/memory";

const config = readConfig({ DATABASE_URL: "postgres://db/fab", ADMIN_TOKENS: "me:a-token-that-is-long-enough", LOG_LEVEL: "error" });
const tide = tidegate({ database: fakeDatabase(() => [{ id: 17 }]), store: memory(), config });
const app = new Hono()
  .onError(tide.onError)
  .use(tide.middleware())
  .get("/orders/:id", async (c) => c.json(await c.var.db.one\`select * from orders where id = \${c.req.param("id")}\`))
  .route("/", tide.routes());
const order = await app.request("/orders/17");
const health = await app.request("/health");
console.log("answered", order.status, await order.text(), health.status, (await health.json()).status);
await tide.close();
`;
const ANSWERED = 'answered 200 {"id":17} 200 healthy';

/** What a user writes, by the types that the package brings: each line marked is one that they have to refuse. */
const TYPED = `
import { Hono } from "hono";
import { type Gate, list, ProblemError, Refused, sql, type TidegateEnv, tidegate, validate } from "tidegate";
import { MesApi } from "tidegate/client";
import { ConfigError, readConfig } from "tidegate/config";
import { hyperdrive } from "tidegate/databases/hyperdrive";
import { oracle } from "tidegate/databases/oracle";
import { pglite } from "tidegate/databases/pglite";
import { postgres } from "tidegate/databases/postgres";
import { render } from "tidegate/hooks/render";
import { auditFile, serve } from "tidegate/node";
import { denoKv } from "tidegate/stores/deno-kv";
import { durableObject, TidegateObject } from "tidegate/stores/durable-object";
import { memory } from "tidegate/stores/memory";
import { redis } from "tidegate/stores/redis";
import { upstash } from "tidegate/stores/upstash";
import { manualRuntime } from "tidegate/testing";

interface Order { readonly id: number; readonly customer: string }

const tide = tidegate({ database: postgres(process.env.DATABASE_URL), store: redis(process.env.STATE_URL) });
const app = new Hono<TidegateEnv>().use(tide.middleware()).get("/orders", async (c) => {
  const orders = await c.var.db.query<Order>\`select * from orders where id in (\${list([1, 2])})\`;
  const first: string | undefined = orders[0]?.customer;
  // @ts-expect-error: it is no number
  const wrong: number | undefined = orders[0]?.customer;
  return c.json({ first, wrong });
});
// @ts-expect-error: a store is needed
tidegate({ database: pglite() });
// @ts-expect-error: there is no such lane
tide.run(() => 1, { lane: "fast" });
const gate: Gate = tide.gate("billing");
export const used = [
  app, gate, hyperdrive, oracle, durableObject, TidegateObject, memory, upstash, denoKv, render, auditFile, serve, sql,
  ProblemError, Refused, validate, MesApi, ConfigError, readConfig, manualRuntime,
];
`;
/** What a user exports without naming its type, which a declaration of it has to name by the package's own entries. */
const DECLARED = `
import { type Context, Hono } from "hono";
import { hc } from "hono/client";
import { Refused, success, type TidegateEnv, tidegate, validate } from "tidegate";
import { createClient } from "tidegate/client";
import { readConfig } from "tidegate/config";
import { memory } from "tidegate/stores/memory";
import { fakeDatabase, fillLane, manualRuntime, withFaults } from "tidegate/testing";
import * as v from "valibot";

export const config = readConfig();
export const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config });
export const gate = tide.gate("billing", { capacity: 8, breaker: { mode: "observe" } });
export const view = () => tide.view();
export const breaker = async () => (await tide.view()).breaker;
export const standing = () => tide.gates();
export const permit = () => tide.gate("billing").acquire();
export const forced = (actor: string) => tide.override({ mode: "force_open", ttlMs: 1_000, actor, reason: "" });
export const heard = () => tide.on("transition", ({ to }) => to);
export const listeners = [tide.on];
export const watched = () => tide.watch();
export const codeOf = (error: unknown) => (error instanceof Refused ? error.refusal.code : null);
export const refusalOf = (error: unknown) => (error instanceof Refused ? error.refusal : null);
export const orders = (c: Context<TidegateEnv>) => c.var.db.query\`select 1\`;
export const slow = (c: Context<TidegateEnv>) => c.var.db.lane("slow");
export const booked = (c: Context<TidegateEnv>) => c.var.db.transaction((tx) => tx.one\`select 1\`);
export const answered = async (c: Context<TidegateEnv>) => success(c, await orders(c), { page: 1 });
export const query = validate("query", v.object({ page: v.string() }));
export const app = new Hono<TidegateEnv>().use(tide.middleware()).get("/orders", query, answered).route("/", tide.routes());
export const client = hc<typeof app>("/");
export const { onError, notFound, methodNotAllowed } = tide;
export const api = createClient();
export const degraded = api.on("degraded", ({ secondsLeft }) => secondsLeft);
export const troubled = withFaults(fakeDatabase(() => []));
export const filled = () => fillLane(tide);
export const runtime = manualRuntime();
`;
/** The same of an entry that is imported by itself. */
const ALONE = {
  "alone-database.ts": `import { postgres } from "tidegate/databases/postgres"; export const database = postgres("postgres://db/fab");`,
  "alone-store.ts": `import { redis } from "tidegate/stores/redis"; export const store = redis("redis://state");`,
  "alone-hook.ts": `import { render } from "tidegate/hooks/render"; export const hook = (apiKey: string) => render({ apiKey, serviceId: "" });`,
  "alone-node.ts": `import { auditFile, nodeHook, supervisorOf } from "tidegate/node";
export const audit = auditFile("audit.jsonl"), hook = nodeHook(process), report = () => supervisorOf(process)?.report();`,
  "alone-openapi.ts": `import { openapi } from "tidegate/openapi"; export const { paths, components } = openapi;`,
};
const TSCONFIG = {
  compilerOptions: {
    ...{ target: "ES2024", module: "NodeNext", strict: true, exactOptionalPropertyTypes: true, noEmit: true },
    // The types of the package itself are looked at as well; those of its peers are theirs.
    ...{ lib: ["ES2024", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], types: ["node"], skipLibCheck: true },
  },
  include: ["typed.ts"],
};
const DECLARING = {
  compilerOptions: {
    ...TSCONFIG.compilerOptions,
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: "declared" },
    // Packages are links here; where they lead to is no place that a declaration could name.
    preserveSymlinks: true,
  },
};

let consumer: Consumer;
beforeAll(() => {
  consumer = createConsumer();
  consumer.write("import-all.js", IMPORT_ALL);
  consumer.write("answer.js", ANSWER);
  consumer.write("typed.ts", TYPED);
  consumer.write("tsconfig.json", JSON.stringify(TSCONFIG));
});
afterAll(() => consumer?.remove());
const imported = ENTRIES.map((entry) => `imported ${entry}`);
const linesOf = (output: string) => output.split("\n").filter((line) => /^(?:imported|answered) /.test(line));
const tool = (name: string) => join(ROOT, "node_modules/.bin", name);

describe("the package", () => {
  it("says of itself what is so, to publint", async () => {
    expect(await consumer.run(tool("publint"), "run", consumer.tarball, "--strict")).toContain("All good!");
  });

  it("has types where they are looked for, by are-the-types-wrong", async () => {
    const output = await consumer.run(tool("attw"), consumer.tarball, "--profile", "esm-only", "--format", "json");
    const { analysis } = JSON.parse(output);
    expect(Object.keys(analysis.entrypoints)).toHaveLength(ENTRIES.length + 1);
    // Who requires or resolves as Node 10 did is not served.
    const ours = Object.values<{ resolutionKind?: string; kind: string }[]>(analysis.problems).flat();
    expect(ours.filter(({ resolutionKind }) => resolutionKind !== "node10" && resolutionKind !== "node16-cjs")).toEqual(
      [],
    );
  });

  it("is imported by Node, each of its entries, and answers", async () => {
    expect(linesOf(await consumer.run(process.execPath, "import-all.js"))).toEqual(imported);
    expect(linesOf(await consumer.run(process.execPath, "answer.js"))).toEqual([ANSWERED]);
  });

  it.skipIf(denoUnavailable())(`is imported by Deno, and answers${because(denoUnavailable())}`, async () => {
    const may = ["run", "--quiet", "--no-prompt", "--node-modules-dir=manual", "--no-lock", "-REWS"];
    const deno = denoBinary() ?? "";
    expect(linesOf(await consumer.run(deno, ...may, "import-all.js"))).toEqual(imported);
    expect(linesOf(await consumer.run(deno, ...may, "answer.js"))).toEqual([ANSWERED]);
  });

  it("has types that a user's own code is checked by", async () => {
    await consumer.run(process.execPath, tool("tsc"), "-p", "tsconfig.json");
  });

  it("has a name for every type that a user's declarations speak of, at an entry", async () => {
    // Each alone: what one file imports is known to all files of a program.
    for (const [file, text] of Object.entries({ "declared.ts": DECLARED, ...ALONE })) {
      consumer.write(file, text);
      consumer.write("tsconfig.declared.json", JSON.stringify({ ...DECLARING, files: [file] }));
      await consumer.run(process.execPath, tool("tsc"), "-p", "tsconfig.declared.json");
    }
    const written = readFileSync(join(consumer.folder, "declared/declared.d.ts"), "utf8");
    expect(written).toContain("GateView");
    expect(written).not.toMatch(/tidegate\/(?:dist|lib)|\bany\b(?!,)/);
  });

  it("is bundled for a browser and for Workers without anything of Node's", async () => {
    for (const entry of ["tidegate", "tidegate/client", "tidegate/stores/durable-object", "tidegate/testing"]) {
      const { metafile } = await build({
        ...{ absWorkingDir: consumer.folder, bundle: true, write: false, metafile: true, format: "esm" },
        stdin: { contents: `export * from ${JSON.stringify(entry)}`, resolveDir: consumer.folder },
        ...{
          platform: "neutral",
          conditions: ["worker", "browser"],
          mainFields: ["module", "main"],
          external: ["node:*"],
        },
      });
      const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
      expect([entry, outside]).toEqual([entry, []]);
    }
  });
});

it("without the optional peers, what does not need them is there all the same", async () => {
  const bare = createConsumer(false);
  try {
    bare.write("answer.js", ANSWER);
    expect(linesOf(await bare.run(process.execPath, "answer.js"))).toEqual([ANSWERED]);
    bare.write("redis.js", 'import { redis } from "tidegate/stores/redis"; redis("redis://127.0.0.1:1");');
    await expect(bare.run(process.execPath, "redis.js")).rejects.toThrow(
      "redis: the package redis is needed, it is not installed here; npm install redis",
    );
    bare.write(".env", "DATABASE_URL=postgres://nobody@127.0.0.1:1/none\nSTATE_URL=redis://127.0.0.1:1\n");
    const doctor = bare.run(
      process.execPath,
      "--env-file=.env",
      "node_modules/tidegate/dist/cli/tidegate.js",
      "doctor",
    );
    await expect(doctor).rejects.toThrow(/→ npm install postgres$[\s\S]*→ npm install redis$/m);
  } finally {
    bare.remove();
  }
});

describe.skipIf(denoUnavailable())(`JSR${because(denoUnavailable())}`, () => {
  it("would take it: its public types can be read without inferring them", async () => {
    const env = { PATH: process.env.PATH ?? "", DENO_DIR: join(consumer.folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" };
    const args = ["publish", "--dry-run", "--allow-dirty", "--config", "jsr.json"];
    // From here, where the packages are that it would fetch elsewhere.
    await promisify(execFile)(denoBinary() ?? "", args, { cwd: ROOT, env: { ...env, NO_COLOR: "1" }, timeout: 60_000 });
  });
});
