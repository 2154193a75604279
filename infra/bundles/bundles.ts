/**
 * Bundles what is deployed: `npm run bundle` for all runtimes, `npm run bundle -- worker` for one, into `build/`.
 *
 * Map of this folder: `bundles` (this file) is the command; `runtimes` the table of what is built for whom, `bundle`
 * makes one, with its `licences`; `report` says what came of it.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, ROOT } from "./bundle.ts";
import { report } from "./report.ts";
import { TARGETS } from "./runtimes.ts";

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name));
  if (unknown.length > 0) {
    const known = TARGETS.map(({ name }) => name).join(", ");
    throw new Error(`bundle: names of ${known} are needed, got ${unknown.join(", ")}`);
  }
  for (const target of TARGETS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const folder = join(ROOT, "build", target.name);
    await rm(folder, { recursive: true, force: true });
    console.log(await report(await bundle(target, folder)));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
