/** One bundle: an entry of `functions/` and all that it needs, with source maps and licences. */
import { chmod, copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { licences } from "./licences.ts";
import type { Target } from "./runtimes.ts";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundle {
  readonly target: Target;
  readonly folder: string;
  /** Of the entry's file, `index.js`, and of those that it loads when they are needed. */
  readonly metafile: Metafile;
}

/** Node's modules by the names that every runtime knows them by. */
const outside = ({ kind }: Target): Plugin => ({
  name: "outside",
  setup: ({ onResolve }) => {
    const builtin = new RegExp(`^(?:${builtinModules.filter((name) => !name.includes(":")).join("|")})$`);
    if (kind === "node") onResolve({ filter: builtin }, ({ path }) => ({ path: `node:${path}`, external: true }));
    onResolve({ filter: /^(?:node|cloudflare):/ }, () => ({ external: true }));
  },
});

async function versionAlone(): Promise<{ readonly name: string; readonly version: string }> {
  const { name, version } = (await import("../../package.json", { with: { type: "json" } })).default;
  return { name, version };
}

/** Of the manifest the version is used, and nobody is told what it takes to build this. */
const manifestOfVersion: Plugin = {
  name: "manifest",
  setup: ({ onLoad }) => {
    onLoad({ filter: /package\.json$/ }, async ({ path }) => {
      if (path !== join(ROOT, "package.json")) return undefined;
      return { contents: JSON.stringify(await versionAlone()), loader: "json" };
    });
  },
};

/** Packages of CommonJS ask for Node's modules by `require`, which a module has to be given. */
const REQUIRE =
  'import { createRequire as tidegateRequire } from "node:module"; const require = tidegateRequire(import.meta.url);';

const KINDS: Readonly<Record<Target["kind"], BuildOptions>> = {
  node: { platform: "node", mainFields: ["module", "main"], banner: { js: REQUIRE } },
  // As wrangler has it, for packages without `exports`.
  edge: { platform: "neutral", mainFields: ["browser", "module", "main"] },
};

function optionsOf(target: Target): BuildOptions {
  return {
    ...KINDS[target.kind],
    absWorkingDir: ROOT,
    bundle: true,
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    format: "esm",
    // What is imported on demand, such as a driver, is a file of its own: it is read and run where it is needed alone.
    splitting: true,
    target: "es2024",
    minify: true,
    sourcemap: "linked",
    legalComments: "linked",
    metafile: true,
    external: [...target.external],
    logLevel: "warning",
    conditions: ["tidegate-source", ...target.conditions],
    plugins: [outside(target), manifestOfVersion],
  };
}

/**
 * Writes `index.js` to `folder`, beside it what that loads, source maps, `THIRD_PARTY.txt`, what the embedded database
 * needs, and the command with the manifest that says which version it is.
 *
 * @throws Error of esbuild, where something that is imported does not exist.
 */
export async function bundle(target: Target, folder: string): Promise<Bundle> {
  const { metafile } = await build({
    ...optionsOf(target),
    entryPoints: { index: `functions/${target.name}.ts`, ...(target.command && { tidegate: COMMAND }) },
    outdir: folder,
  });
  if (!metafile) throw new Error(`build ${target.name}: a metafile is needed, esbuild gave none`);
  await writeFile(join(folder, "THIRD_PARTY.txt"), await licences(metafile, ROOT));
  if (target.embedded) await addEmbedded(target, folder);
  if (target.command) await makeRunnable(folder);
  return { target, folder, metafile };
}

/** The thread's own file and the SQL, where the bundle's `import.meta.url` says. */
async function addEmbedded(target: Target, folder: string): Promise<void> {
  const entryPoints = ["lib/database/pglite/worker.ts"];
  await build({ ...optionsOf(target), entryPoints, outdir: folder });
  const from = join(ROOT, "infra/seed/sql");
  await mkdir(join(folder, "sql"), { recursive: true });
  const files = (await readdir(from)).filter((name) => name.endsWith(".sql"));
  await Promise.all(files.map((name) => copyFile(join(from, name), join(folder, "sql", name))));
}

const COMMAND = "lib/cli/tidegate.ts";

async function makeRunnable(folder: string): Promise<void> {
  await chmod(join(folder, "tidegate.js"), 0o755);
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ ...(await versionAlone()), type: "module" })}\n`);
}
