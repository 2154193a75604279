/**
 * The reference of the API, from the docstrings: `npm run docs:api` writes pages for a browser into `build/api/`.
 *
 * Map of this folder: `api` (this file) is the command, and how `deno doc` is asked; `described` is what it answers, as
 * far as somebody reads it. `test/house/api.test.ts` holds the docstrings to the rules of the house by it.
 */
import { execFile } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Described, described } from "./described.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = join(ROOT, "build/api");

export interface Entry {
  /** As it is imported: `tidegate/stores/memory`. */
  readonly specifier: string;
  /** From the root: `lib/store/memory.ts`. */
  readonly path: string;
}

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}
const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** What the package makes public. */
export const ENTRIES: readonly Entry[] = Object.entries(manifest.exports).flatMap(([name, target]) => {
  const path = typeof target === "string" ? undefined : target["tidegate-source"];
  return path === undefined ? [] : [{ specifier: name.replace(/^\./, "tidegate"), path: path.replace(/^\.\//, "") }];
});

/** Every public symbol, by the entry that exports it. */
export async function describeApi(): Promise<readonly Described[]> {
  const { stdout } = await doc(["--json"]);
  return described(JSON.parse(stdout), ENTRIES);
}

/** What `deno doc --lint` has against the docstrings and types of the entries: `lib/errors.ts:3 missing-jsdoc …`. */
export async function lintApi(): Promise<readonly string[]> {
  const { stderr } = await doc(["--lint"]).catch((failed: { readonly stderr?: string }) => {
    if (!failed.stderr?.includes("documentation lint error")) throw failed;
    return { stderr: failed.stderr };
  });
  return [...stderr.matchAll(/^error\[([\w-]+)\]: (.*)\n\s*--> (\S+?):(\d+):\d+/gm)].map(
    ([, rule, says, file = "", line]) => `${file.slice(file.search(/\blib\//))}:${line} ${rule}: ${says}`,
  );
}

/**
 * It names modules as the package does where a `deno.json` beside them has its exports: the repository's own has none,
 * so there is one in a folder of its own, where `lib` is a link.
 */
async function doc(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-api-"));
  try {
    for (const name of ["lib", "node_modules"]) symlinkSync(join(ROOT, name), join(folder, name));
    const exports = ENTRIES.map(({ specifier, path }) => [specifier.replace(/^tidegate/, "."), `./${path}`]);
    const config = { name: "tidegate", version: manifest.version, exports: Object.fromEntries(exports) };
    writeFileSync(join(folder, "deno.json"), JSON.stringify({ ...config, nodeModulesDir: "manual" }));
    return await promisify(execFile)(
      join(ROOT, "node_modules/.bin/deno"),
      ["doc", "--quiet", ...args, ...ENTRIES.map(({ path }) => path)],
      {
        cwd: folder,
        env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
        maxBuffer: 2 ** 26,
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  rmSync(PAGES, { recursive: true, force: true });
  await doc(["--html", "--name=tidegate", `--output=${PAGES}`]);
  const pages = globSync("**/*.html", { cwd: PAGES }).map((page) => join(PAGES, page));
  for (const page of pages) writeFileSync(page, asImported(readFileSync(page, "utf8")));
  console.log(`${pages.length} pages of ${ENTRIES.length} entries: ${join(PAGES, "index.html")}`);
}

/** The generator shows how something is imported without the package's own name, `.` for the package itself. */
function asImported(page: string): string {
  return page.replace(/(import (?:type )?\{[^}]*\} from &quot;)([\w./-]+)(?=&quot;)/g, (_, before, name: string) => {
    const isWhole = name === "tidegate" || name.startsWith("tidegate/");
    return before + (isWhole ? name : name === "." ? "tidegate" : `tidegate/${name}`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
