/** Programs of others, run where they are installed: nothing here installs them. `npm run check:infra` says what is missing. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { ROOT } from "./files.ts";

/** Debian's packages of all that is asked for here; CONTRIBUTING.md names them. */
export const PACKAGES = {
  haproxy: "haproxy",
  nginx: "nginx-light",
  promtool: "prometheus",
  prometheus: "prometheus",
  amtool: "prometheus-alertmanager",
  "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
  "/usr/lib/nagios/plugins/check_http": "monitoring-plugins-basic",
  "docker-compose": "docker-compose",
  "systemd-analyze": "systemd",
} as const;

export type Tool = keyof typeof PACKAGES;

export interface Ran {
  readonly status: number | null;
  readonly said: string;
}

export function run(file: string, ...args: string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: ROOT, encoding: "utf8", timeout: 60_000 });
  return { status, said: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
}

/** Why a tool cannot be run; undefined where it can. Whatever it makes of the question, it is there. */
export function missing(...tools: readonly Tool[]): string | undefined {
  const absent = tools.filter((tool) => run(tool, "--version").status === null);
  if (absent.length === 0) return undefined;
  const packages = absent.map((tool) => PACKAGES[tool]).join(" ");
  return `not here: ${absent.join(", ")}; apt-get install --no-install-recommends ${packages}`;
}

/** A server of somebody else's, until it is ended. */
export function startTool(tool: Tool, ...args: string[]): { end(): Promise<void>; output(): string } {
  const child: ChildProcess = spawn(tool, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => (output += part));
  const endWithTests = () => child.kill("SIGKILL");
  process.once("exit", endWithTests);
  return {
    output: () => output,
    end: async () => {
      process.off("exit", endWithTests);
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
