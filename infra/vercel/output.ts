/**
 * Puts the bundle where Vercel's Build Output API (v3) looks for it: one function for every path.
 * https://vercel.com/docs/build-output-api
 */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAX_DURATION_SECONDS = 60;

/** @param root Where `build/vercel` is, and `.vercel/output` will be. */
export async function writeOutput(root: string = ROOT): Promise<void> {
  const output = `${root}.vercel/output`;
  const folder = `${output}/functions/index.func`;
  const { crons } = JSON.parse(await readFile(new URL("vercel.json", import.meta.url), "utf8"));
  await rm(output, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(`${root}build/vercel`, folder, { recursive: true });
  const written = (path: string, value: object) => writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
  await written(`${folder}/package.json`, { type: "module" });
  await written(`${folder}/.vc-config.json`, {
    runtime: "nodejs24.x",
    handler: "index.js",
    launcherType: "Nodejs",
    shouldAddHelpers: false,
    supportsResponseStreaming: true,
    maxDuration: MAX_DURATION_SECONDS,
  });
  await written(`${output}/config.json`, { version: 3, routes: [{ src: "/.*", dest: "/index" }], crons });
}

if (import.meta.main) await writeOutput();
