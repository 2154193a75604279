/** The package as `npm pack` makes it, in a project of somebody else who has installed it and what it asks for. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  readonly exports: Readonly<Record<string, string | object>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}
const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** As they are imported: `tidegate`, `tidegate/node`, …; without the manifest itself. */
export const ENTRIES: readonly string[] = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === "object")
  .map(([name]) => name.replace(/^\./, "tidegate"));

export interface Consumer {
  readonly folder: string;
  readonly tarball: string;
  write(file: string, text: string): void;
  /** @returns What it wrote to standard output. @throws Error with both of its streams where it fails. */
  run(command: string, ...args: string[]): Promise<string>;
  remove(): void;
}

/** @param withPeers Whether the optional peers are installed as well. */
export function createConsumer(withPeers = true): Consumer {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-consumer-"));
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "tidegate"), { recursive: true });
  const packed = execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", folder], { cwd: ROOT });
  const tarball = join(folder, filenameOf(packed.toString()));
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", join(modules, "tidegate")]);

  // Nothing but what it declares: an import of anything else has to fail.
  const { dependencies, peerDependencies } = manifest;
  const peers = withPeers ? Object.keys(peerDependencies) : ["hono"];
  for (const name of [...Object.keys(dependencies), ...peers, "@types/node", "@types/oracledb"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  write("package.json", JSON.stringify({ type: "module", dependencies: { tidegate: "*" } }));
  return {
    folder,
    tarball,
    write,
    run: async (command, ...args) => {
      const env = { PATH: process.env.PATH ?? "", HOME: folder, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
      // What is told of every entry and every way to import it is more than Node's own bound.
      const options = { cwd: folder, env, timeout: 60_000, maxBuffer: 8_000_000 };
      const { stdout } = await promisify(execFile)(command, args, options).catch(
        ({ message, stdout: out }: Error & { readonly stdout?: string }) => {
          throw new Error(`${message}\n${out ?? ""}`);
        },
      );
      return stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** What the build writes stands before it. */
function filenameOf(output: string): string {
  const [packed] = Object.values(JSON.parse(output.slice(output.search(/^[[{]/m)))) as { readonly filename: string }[];
  if (!packed) throw new Error(`npm pack: the name of a file is needed, got ${output}`);
  return packed.filename;
}
