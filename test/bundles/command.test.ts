/** The command beside the bundle for Node, as an image and a machine without the repository have it. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../infra/bundles/bundle.ts";
import { TARGETS } from "../../infra/bundles/runtimes.ts";
import manifest from "../../package.json" with { type: "json" };
import { because } from "../support/because.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-command-"));
const linked = join(folder, "tidegate");

beforeAll(async () => {
  for (const target of TARGETS.filter(({ command }) => command)) await bundle(target, join(folder, "app"));
  // As the Dockerfile has it.
  symlinkSync(join(folder, "app", "tidegate.js"), linked);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: folder, env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...env } };
  return new Promise<{ code: number; out: string }>((resolve) => {
    execFile(linked, args, options, (error, out, err) => resolve({ code: Number(error?.code ?? 0), out: out + err }));
  });
}

describe("the command beside the bundle", () => {
  it("runs by its name, and knows its version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: `${manifest.version}\n` });
  });

  const noServers = postgresUnavailable() ?? redisUnavailable();
  it.skipIf(noServers)(`examines what the environment names${because(noServers)}`, async () => {
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis({ appendonly: true })]);
    const env = {
      DATABASE_URL: postgres.url,
      STATE_URL: redis.url,
      EXPECTED_INSTANCES: "2",
      STATE_DEADLINE_MS: "5000",
    };
    const { code, out } = await run(["doctor"], env);
    await Promise.all([postgres.dispose(), redis.dispose()]);
    expect(out).toMatch(/^ok +server +PostgreSQL/m);
    expect(out).toMatch(/^ok +store trial +takes a renewal, a small value, a record of the audit, a counted request$/m);
    expect(out).toMatch(/, 0 to mend$/m);
    expect(code).toBe(0);
  });
});
