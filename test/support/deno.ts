/** Real Deno on a free port of 127.0.0.1, running `deno-server`; several of them may share one file. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Store } from "../../lib/store/port.ts";
import type { ServerOptions } from "./deno-server.ts";
import { eventually, freePort, signalTo } from "./processes.ts";
import { remoteStore } from "./remote-store.ts";

export interface DenoServer {
  readonly url: string;
  /** The store in there. */
  readonly store: Store;
  /** What it has written to its streams. */
  output(): string;
  post<Value>(path: string, body: unknown): Promise<Value>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/** The binary itself: of the wrapper that npm puts on the PATH, only the wrapper would be stopped. */
const BINARIES = ["linux-x64-glibc", "linux-arm64-glibc", "darwin-arm64", "darwin-x64", "win32-x64"];

export function denoBinary(): string | undefined {
  const require = createRequire(import.meta.url);
  for (const platform of BINARIES) {
    try {
      const folder = dirname(require.resolve(`@deno/${platform}/package.json`));
      const found = [join(folder, "deno"), join(folder, "deno.exe")].find(existsSync);
      if (found) return found;
    } catch {
      // Another platform's.
    }
  }
  return undefined;
}

/** Why no Deno can be started here; undefined where one can. */
export const denoUnavailable = (): string | undefined =>
  denoBinary() ? undefined : "no deno among the installed packages";

/** A folder for files of Deno KV. */
export function kvFolder(): { readonly path: (name: string) => string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-deno-"));
  return {
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/**
 * @param options Where the KV is, and how wrong the clock.
 * @param flags What Deno may do beside listening; by default the KV at that path.
 * @throws Error when it does not listen within 10 s.
 */
export async function startDeno(
  options: Omit<ServerOptions, "port">,
  flags: readonly string[] = kvFlags(options.path),
): Promise<DenoServer> {
  const deno = denoBinary();
  if (deno === undefined) throw new Error(denoUnavailable());
  const port = await freePort();
  const script = fileURLToPath(new URL("deno-server.ts", import.meta.url));
  // No configuration: the repository's own would bring the flag that is tested.
  const quiet = [
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--cached-only",
    `--allow-net=127.0.0.1:${port}`,
  ];
  const settings: ServerOptions = { ...options, port };
  const child: ChildProcess = spawn(deno, ["run", ...quiet, ...flags, script, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => (output += part));
  const lives = (): boolean => child.exitCode === null && child.signalCode === null;
  const killNow = () => {
    if (lives() && child.pid !== undefined) signalTo(child.pid, "SIGKILL");
  };
  process.once("exit", killNow);

  const url = `http://127.0.0.1:${port}/`;
  await eventually("Deno listens", () => {
    if (!lives()) throw new Error(`deno: it must listen on ${port}, it ended: ${output}`);
    return output.includes("listening");
  });
  return {
    url,
    store: await remoteStore(url),
    output: () => output,
    post: async (path, body) => {
      const response = await fetch(new URL(path, url), { method: "POST", body: JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`deno: ${path}: ${response.status} ${text} ${output}`);
      return JSON.parse(text);
    },
    kill: async () => {
      process.off("exit", killNow);
      killNow();
      await eventually("Deno ends", () => !lives());
    },
  };
}

export const kvFlags = (path: string): string[] => [
  "--unstable-kv",
  ...(path === ":memory:" ? [] : [`--allow-read=${dirname(path)}`, `--allow-write=${dirname(path)}`]),
];
