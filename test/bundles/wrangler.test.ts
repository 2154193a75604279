/** `wrangler.toml`, by wrangler itself: what would be deployed, and `wrangler dev` in front of a real PostgreSQL. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../../infra/bundles/bundle.ts";
import { startServer } from "../support/bundles.ts";
import { seedServer } from "../support/plant.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { freePort } from "../support/processes.ts";
import { workerdUnavailable } from "../support/workerd.ts";

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const folder = mkdtempSync(join(tmpdir(), "tidegate-wrangler-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** It must ask nobody about the world, nor the person at a terminal. */
const QUIET = {
  HOME: folder,
  CI: "1",
  NO_COLOR: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_LOG_PATH: join(folder, "logs"),
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};
async function wrangler(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? "", ...QUIET };
  const { stdout } = await promisify(execFile)(process.execPath, [WRANGLER, ...args], { cwd: ROOT, env });
  return stdout;
}

describe("what would be deployed", () => {
  it.each([
    ["", "development"],
    ["staging", "staging"],
    ["production", "production"],
  ])("to the environment %j has its bindings and is what it says", async (name, appEnv) => {
    const output = await wrangler("deploy", "--dry-run", "--outdir", join(folder, appEnv), `--env=${name}`);
    for (const binding of [
      "env.TIDEGATE (TidegateObject)",
      "env.HEALTH (",
      "env.HYPERDRIVE (",
      "env.RATE_LIMITER (600 requests/60s)",
      `env.APP_ENV ("${appEnv}")`,
      'env.STATE_URL ("durable-object:")',
    ]) {
      expect(output).toContain(binding);
    }
    const sent = (files: readonly string[]) => files.filter((file) => file.endsWith(".js")).sort();
    expect(sent(readdirSync(join(folder, appEnv)))).toEqual(sent(readdirSync(join(ROOT, "build/worker"))));
    // Licences and maps lie beside the code, and would be sent along with it as modules of text.
    expect(output).not.toMatch(/│ (?:text|buffer) +│/);
  });
});

it.skipIf(workerdUnavailable())("starts far within the second that Cloudflare allows", async () => {
  const output = await wrangler("check", "startup", "--outfile", join(folder, "startup.cpuprofile"));
  const [said, activeMs] = /Active: ([\d.]+) ms/.exec(output) ?? [];
  console.log(`wrangler check startup: ${said}`);
  // Some 20 ms; the rest is for a machine that is busy.
  expect(Number(activeMs)).toBeLessThan(250);
});

const unavailable = postgresUnavailable() ?? workerdUnavailable();
it.skipIf(unavailable)(
  `wrangler dev serves the reports${unavailable ? ` (skipped: ${unavailable})` : ""}`,
  async () => {
    const postgres = await startPostgres();
    const [port, inspector] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}/`;
    await seedServer(postgres.url, 50);
    const listen = ["--ip", "127.0.0.1", "--port", `${port}`, "--inspector-port", `${inspector}`];
    const dev = await startServer([process.execPath, WRANGLER, "dev", ...listen, "--persist-to", folder], {
      cwd: ROOT,
      env: { ...QUIET, CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE: postgres.url },
      url,
    });
    try {
      const report = await (await fetch(new URL("/api/reports/wip-summary", url))).json();
      expect(report).toMatchObject({ success: true, data: expect.arrayContaining([expect.anything()]) });
      const health = await (await fetch(new URL("/health", url))).json();
      expect(health).toMatchObject({ status: "healthy", state_store: { kind: "durable-object", status: "ok" } });
      expect((await fetch(new URL("/cdn-cgi/handler/scheduled", url))).status).toBe(200);
    } finally {
      await dev.stop();
      await postgres.dispose();
    }
  },
);
