/** How long the bundles take to be imported by a process that has just begun. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { buildBundles } from "../support/bundles.ts";
import { freePort } from "../support/processes.ts";
import { median } from "./measure.ts";

const ROUNDS = 11;
/** Prints what an import takes: for `node` until it listens, for the others until they can answer. */
const IMPORT = `
const startedAt = performance.now();
await import(process.argv[1]);
console.log("took", performance.now() - startedAt);
process.exit(0);
`;

/** Nothing answers at port 1, and nothing connects before the first statement. */
const NOWHERE = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none", LOG_LEVEL: "error" };

async function tookMs(file: string): Promise<number> {
  const env = { PATH: process.env.PATH ?? "", ...NOWHERE, PORT: String(await freePort()) };
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", IMPORT, file], { env });
  return Number(/^took (.+)$/m.exec(output.toString())?.[1]);
}

export async function benchColdImport(): Promise<void> {
  const { of, remove } = await buildBundles();
  console.log(`\nImporting a bundle in a new process of Node, median of ${ROUNDS}`);
  for (const name of ["node", "vercel", "netlify", "lambda"]) {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) times.push(await tookMs(join(of(name).folder, "index.js")));
    // The first finds its files on the disk.
    const [first = Number.NaN, ...others] = times;
    console.log(`  ${name.padEnd(8)} ${median(others).toFixed(0).padStart(5)} ms   the first ${first.toFixed(0)} ms`);
  }
  remove();
}
