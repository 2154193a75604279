/** The command `tidegate` as a process of its own, and a small application behind a real port for it to ask. */
import { execFile } from "node:child_process";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { afterEach } from "vitest";
import type { RestartProvider } from "../../lib/recovery/restart-provider.ts";
import type { Firing } from "../../lib/recovery/restarts.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreLog } from "../../lib/store/port.ts";
import { type SmallApp, smallApp } from "./app.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const TOKEN = "a-token-that-is-long-enough-to-pass";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Of `--json`: the last line. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they check
  readonly json: any;
}

/** @param env Beside PATH: nothing of the tests' own environment gets in. */
export function cli(args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const command = ["--conditions=tidegate-source", "lib/cli/tidegate.ts", ...args];
  const options = { cwd: ROOT, env: { PATH: process.env.PATH ?? "", ...env }, timeout: 60_000 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, options, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code !== "number")
        reject(new Error(`tidegate ${args.join(" ")}: ended by ${error?.signal}\n${out}${err}`));
      else resolve({ code, out, err, json: args.includes("--json") ? lastOf(out) : null });
    });
  });
}

function lastOf(out: string): unknown {
  const line = out.trimEnd().split("\n").at(-1) ?? "";
  return line === "" ? null : JSON.parse(line);
}

export interface Served extends SmallApp {
  readonly url: string;
  readonly fired: readonly Firing[];
  /** Runs the command against it, as an admin. */
  cli(...args: string[]): Promise<Said>;
}

export interface ServedOptions {
  readonly env?: Record<string, string>;
  readonly auditLog?: StoreLog;
  readonly fire?: RestartProvider["fire"];
  readonly status?: RestartProvider["status"];
}

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** In real time, until the test is over. Its platform restarts at once unless `fire` says otherwise. */
export async function served({ env = {}, auditLog, fire, status }: ServedOptions = {}): Promise<Served> {
  const runtime = systemRuntime();
  const fired: Firing[] = [];
  const restart: RestartProvider = {
    name: "webhook",
    targets: ["blue", "green"],
    capabilities: status ? ["restart", "status"] : ["restart"],
    deadlineMs: 20_000,
    fire: async (firing) => {
      fired.push(firing);
      return fire ? fire(firing) : null;
    },
    ...(status && { status }),
  };
  const made = smallApp(env, undefined, { runtime, restart, auditLog: auditLog ?? memory().open(runtime).log });
  const url = await answering(made.app.fetch);
  return { ...made, url, fired, cli: (...args) => cli(args, { TIDEGATE_URL: url, TIDEGATE_TOKEN: TOKEN }) };
}

/** A server that answers in one way, until the test is over. */
export async function answering(answer: (request: Request) => Response | Promise<Response>): Promise<string> {
  const server = createAdaptorServer({ fetch: answer }) as Server;
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
