/** The bundles in a folder of their own, far from this repository and its packages: only what is in them is there. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bundle, bundle } from "../../infra/bundles/bundle.ts";
import { TARGETS } from "../../infra/bundles/runtimes.ts";
import { eventually } from "./processes.ts";

export interface Bundles {
  readonly all: readonly Bundle[];
  of(name: string): Bundle;
  remove(): void;
}

export async function buildBundles(): Promise<Bundles> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-bundles-"));
  const all: Bundle[] = [];
  for (const target of TARGETS) all.push(await bundle(target, join(folder, target.name)));
  return {
    all,
    of: (name) => {
      const found = all.find(({ target }) => target.name === name);
      if (!found) throw new Error(`bundles: one of ${all.map(({ target }) => target.name)} is needed, got ${name}`);
      return found;
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export interface Server {
  readonly url: string;
  output(): string;
  /** SIGTERM. @returns The exit code, null where it had to be killed after 10 s. */
  stop(): Promise<number | null>;
}

/** @param env Beside PATH: nothing of the tests' own environment gets in. */
export async function startServer(
  command: readonly [file: string, ...args: string[]],
  { cwd, env, url }: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly url: string },
): Promise<Server> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part));
  const killNow = () => child.kill("SIGKILL");
  process.once("exit", killNow);
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await eventually(
    "it answers",
    async () => {
      if (child.exitCode !== null) throw new Error(`${file}: it must serve, it ended: ${output}`);
      return fetch(new URL("/health/live", url)).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    30_000,
  );
  return {
    url,
    output: () => output,
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(killNow, 10_000);
      const code = await exit;
      clearTimeout(timer);
      process.off("exit", killNow);
      return code;
    },
  };
}
