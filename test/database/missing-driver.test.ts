/** A driver's package that is not installed is a mistake of the setup, told by its name, and no outage. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { withoutPackage } from "../../lib/database/driver-package.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { missingPackage } from "../../lib/optional-package.ts";

const ROOT = new URL("../../", import.meta.url);

/** Runs a program in which a package cannot be found; `looked` says whether the look at the start is to find that out. */
async function without(
  name: string,
  looked: boolean,
  program: string,
): Promise<{ name: string; message: string; fault?: string }> {
  const hook = `
    import { registerHooks } from "node:module";
    const missing = (from) => Object.assign(new Error("Cannot find package '${name}' imported from " + from), { code: "ERR_MODULE_NOT_FOUND" });
    registerHooks({ resolve: (specifier, context, next) => {
      if (specifier !== "${name}") return next(specifier, context);
      if (${!looked} && context.parentURL?.includes("optional-package")) return { url: "node:fs", shortCircuit: true };
      throw missing(context.parentURL);
    } });`;
  const text = `
    const told = (error) => console.log(JSON.stringify({ name: error.name, message: error.message, fault: error.fault }));
    try { ${program} } catch (error) { told(error); }
    process.exit(0);`;
  const folder = mkdtempSync(join(tmpdir(), "tidegate-missing-"));
  try {
    for (const [file, content] of Object.entries({ "hook.mjs": hook, "program.mjs": text }))
      writeFileSync(join(folder, file), content);
    const args = ["--conditions=tidegate-source", "--import", join(folder, "hook.mjs"), join(folder, "program.mjs")];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const asking = (make: string, adapter: string) => `
  const { ${adapter} } = await import("${ROOT}lib/database/${adapter}/${adapter}.ts");
  const { systemRuntime } = await import("${ROOT}lib/runtime.ts");
  const { sql } = await import("${ROOT}lib/database/sql.ts");
  const runtime = systemRuntime();
  const now = runtime.monotonicMs();
  const settings = { poolSize: 1, maxOverflow: 0, poolRecycleMs: 1e6, connectTimeoutMs: 5000, callTimeoutMs: 5000,
    slowCallTimeoutMs: 5000, slowMaxConcurrent: 1, healthPoolSize: 1, pooler: "none", applicationName: "x" };
  const database = ${make}.open(settings, runtime);
  await database.query(sql\`select 1\`, { lane: "request", deadlineMs: 5000, startBy: now + 9000, connectBy: now + 9000,
    signal: new AbortController().signal });`;

test.each([
  ["oracledb", "oracle", 'oracle("oracle://u:p@127.0.0.1:1/svc")'],
  ["@electric-sql/pglite", "pglite", "pglite()"],
])(
  "%s is asked for when the adapter is made, and where that cannot be told, at its first use",
  async (name, adapter, make) => {
    const message = `${adapter}: the package ${name} is needed, it is not installed here; npm install ${name}`;
    expect(
      await without(name, true, `(await import("${ROOT}lib/database/${adapter}/${adapter}.ts")).${make};`),
    ).toEqual({
      name: "TypeError",
      message,
    });
    const first = await without(name, false, asking(make, adapter));
    expect(first).toEqual({ name: "DatabaseError", message, fault: "statement" });
  },
);

test("postgres is missed by the entry that needs it, before anything is made", async () => {
  const { message } = await without("postgres", true, `await import("${ROOT}lib/database/postgres/postgres.ts");`);
  expect(message).toContain("Cannot find package 'postgres'");
});

test.each([
  ["Cannot find package 'oracledb' imported from /app/x.js", "oracledb"],
  ["Cannot find module 'oracledb' from '/app/x.js'", "oracledb"],
  ['Import "oracledb" not a dependency', "oracledb"],
  ["connect ECONNREFUSED", undefined],
])("%s: %s", (message, name) => {
  expect(missingPackage(new Error(message))).toBe(name);
});

test("another package that is missing is not taken for the driver's", () => {
  const other = new Error("Cannot find package 'left-pad' imported from /app/node_modules/oracledb/index.js");
  expect(withoutPackage(other, "oracle", "oracledb")).toBe(other);
  expect(withoutPackage(new Error("Cannot find package 'oracledb'"), "oracle", "oracledb")).toBeInstanceOf(
    DatabaseError,
  );
});
