/** A guarded pool for each request, in the real workerd, by Hyperdrive's binding. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../../support/workerd.ts";

const unavailable = workerdUnavailable() ?? postgresUnavailable();
const WORKER = fileURLToPath(new URL("../../support/pg-worker.ts", import.meta.url));

/** `pg` names what Node has without `node:`, and requires it: for that the bundler of the platform has its own ways. */
async function bundled(folder: string): Promise<string> {
  const alias = Object.fromEntries(
    builtinModules.filter((name) => !name.startsWith("_")).map((name) => [name, `node:${name}`]),
  );
  const outfile = join(folder, "worker.js");
  const { outputFiles } = await build({
    entryPoints: [WORKER],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*", "pg-native"],
    alias,
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' },
  });
  writeFileSync(outfile, outputFiles[0]?.text ?? "");
  return outfile;
}

describe.skipIf(unavailable !== undefined)(`a guarded pool in workerd: ${unavailable ?? "workerd found"}`, () => {
  let server: PostgresServer;
  let worker: Workerd;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tidegate-pg-worker-"));
    server = await startPostgres();
    worker = await startWorkerd({ entry: await bundled(folder), hyperdrives: { DB: server.url } });
  });
  afterAll(async () => {
    await worker?.dispose();
    await server?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = (path: string) => fetch(new URL(path, worker.url));
  const nobody = () =>
    eventually("nobody is connected", async () => {
      const rows = await server.query(
        "select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
      );
      return rows.length === 0;
    });

  test("answers, request after request, and leaves no connection", async () => {
    for (let nth = 0; nth < 3; nth++) expect(await (await ask("/sleep?seconds=0&deadline_ms=5000")).json()).toBe(1);
    await nobody();
  });

  test("a statement is gone at the server at its deadline", async () => {
    const answer = await ask("/sleep?seconds=20&deadline_ms=500");
    expect(answer.status).toBe(504);
    await answer.arrayBuffer();
    await nobody();
  });

  test("health makes a connection of its own", async () => {
    const answer = await ask("/health");
    expect({ status: answer.status, ...((await answer.json()) as object) }).toMatchObject({ status: "healthy" });
    await nobody();
  });
});
