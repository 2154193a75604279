/** What pages run in the browser, the demo's and the console, bundled: a page then needs no build and fetches nothing. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CONSOLE = "lib/http/routes/console/browser/console.ts";
const PAGES: readonly (readonly [name: string, path: string, format: "esm" | "iife"])[] = [
  ["HOME_SCRIPT", "functions/pages/browser/home.ts", "esm"],
  ["DEV_SCRIPT", "functions/pages/browser/dev.ts", "esm"],
  ["MES_API_SCRIPT", "lib/client/script.ts", "iife"],
];

type Script = (typeof PAGES)[number];

/** A module of their texts, which every runtime can import. */
export const pageScripts = (): Promise<string> => moduleOf("functions/pages/browser and lib/client", PAGES);

export const consoleScript = (): Promise<string> =>
  moduleOf("lib/http/routes/console/browser and lib/client", [["CONSOLE_SCRIPT", CONSOLE, "esm"]]);

async function moduleOf(sources: string, scripts: readonly Script[]): Promise<string> {
  const texts = await Promise.all(
    scripts.map(
      async ([name, path, format]) => `export const ${name}: string = ${JSON.stringify(await bundled(path, format))};`,
    ),
  );
  const head = `// Written by \`npm run generate\` from ${sources}: edit there.`;
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
