/** What the demo's pages run in the browser, bundled: a page then needs no build and fetches nothing. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCRIPTS: readonly (readonly [name: string, path: string, format: "esm" | "iife"])[] = [
  ["HOME_SCRIPT", "functions/pages/browser/home.ts", "esm"],
  ["DEV_SCRIPT", "functions/pages/browser/dev.ts", "esm"],
  ["MES_API_SCRIPT", "lib/client/script.ts", "iife"],
];

/** A module of their texts, which every runtime can import. */
export async function pageScripts(): Promise<string> {
  const texts = await Promise.all(
    SCRIPTS.map(
      async ([name, path, format]) => `export const ${name} = ${JSON.stringify(await bundled(path, format))};`,
    ),
  );
  const head = `// Written by \`npm run generate\` from functions/pages/browser and lib/client: edit there.`;
  return `${[head, ...texts].join("\n")}\n`;
}

async function bundled(path: string, format: "esm" | "iife"): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [path],
    bundle: true,
    write: false,
    minify: true,
    format,
    target: "es2022",
    conditions: ["tidegate-source"],
    // Nothing may depend on where this runs.
    tsconfigRaw: {},
  });
  return (outputFiles[0]?.text ?? "").trim();
}
