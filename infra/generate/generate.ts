/**
 * Writes what follows from something else: `npm run generate` writes, `npm run generate -- --check` only looks and
 * exits 1.
 *
 * Map of this folder: `generate` (this file) writes; `environment` makes `.env.example` and the tables of
 * docs/settings.md, `metrics` and `log-events` those of docs/operating, `scripts` what pages run in the browser,
 * `gate-script` what Redis runs, with what its names stand for in `gate-names`, `jsr` the package for JSR,
 * `example-locks` what examples lock, `prometheus-rule` the rules for Kubernetes; `infra/openapi` describes the
 * addresses, `infra/observability/grafana/dashboard` what Grafana shows. A `section` is a part of a page.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { dashboardJson } from "../observability/grafana/dashboard/dashboard.ts";
import { demoModule, libraryModule } from "../openapi/openapi.ts";
import { envExample, withSection } from "./environment.ts";
import { exampleLock, exampleLocks } from "./example-locks.ts";
import { gateScript } from "./gate-script.ts";
import { jsrManifest } from "./jsr.ts";
import { withEvents } from "./log-events.ts";
import { metricsPage } from "./metrics.ts";
import { prometheusRule } from "./prometheus-rule.ts";
import { consoleScript, pageScripts } from "./scripts.ts";

/** Of each file, what it is to be, from what it is; null where it does not exist. */
const FILES: readonly (readonly [path: string, next: (text: string | null) => string | Promise<string>])[] = [
  [".env.example", envExample],
  ["docs/settings.md", withSection],
  ["docs/operating/logs.md", withEvents],
  ["docs/operating/metrics.md", metricsPage],
  ["jsr.json", jsrManifest],
  ["infra/kubernetes/prometheusrule.yaml", prometheusRule],
  ["infra/observability/grafana/dashboards/tidegate.json", dashboardJson],
  ["functions/pages/scripts.generated.ts", pageScripts],
  ["functions/openapi.generated.ts", demoModule],
  ["lib/openapi/document.generated.ts", libraryModule],
  ["lib/http/routes/console/script.generated.ts", consoleScript],
  ["lib/store/lua/gate/script.generated.ts", gateScript],
];

async function textOf(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

/** Brings one file up to date, or only says that it is not. */
async function settle(root: string, [path, next]: (typeof FILES)[number], checkOnly: boolean): Promise<string | null> {
  const text = await textOf(root + path);
  const wanted = await next(text);
  if (text === wanted) return null;
  if (checkOnly) return `${path} is not up to date: run \`npm run generate\`.`;
  await mkdir(dirname(root + path), { recursive: true });
  await writeFile(root + path, wanted);
  console.log(`wrote ${path}`);
  return null;
}

/** @returns what is wrong, one sentence each; nothing when all is well. */
export async function generate(root: string, checkOnly: boolean): Promise<readonly string[]> {
  const complaints: string[] = [];
  const locks = exampleLocks(root).map((path) => [path, exampleLock] as const);
  for (const file of [...FILES, ...locks]) {
    try {
      const complaint = await settle(root, file, checkOnly);
      if (complaint !== null) complaints.push(complaint);
    } catch (error) {
      complaints.push(error instanceof Error ? error.message : String(error));
    }
  }
  return complaints;
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const complaints = await generate(root, process.argv.includes("--check"));
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
