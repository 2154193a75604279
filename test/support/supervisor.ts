/** The supervised application as processes of its own: started, listened to, and ended with its tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SupervisorReport } from "../../lib/node/serve.ts";
import { eventually, freePort, processTree, signalTo } from "./processes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** On a machine that does a lot beside. */
export const PATIENCE_MS = 60_000;

/** A line of its log, or of the application's own. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into lines whose fields are what they check.
export type Said = Readonly<Record<string, any>> & { readonly event: string };

// biome-ignore lint/suspicious/noExplicitAny: tests look into payloads whose shape is what they check.
type Data = any;

export interface Supervised {
  readonly port: number;
  readonly pid: number;
  said(event: string): readonly Said[];
  /** Waits until it has said so `times` times, and returns the last. */
  hears(event: string, times?: number): Promise<Said>;
  output(): string;
  get(path: string, method?: string): Promise<string>;
  /** The admin function, asked again where a connection was handed to a worker that stalls: one for each stall. */
  admin(path: string): Promise<Data>;
  /** Asks for a restart, once. */
  restart(): Promise<{ readonly status: number; readonly body: Data }>;
  report(): Promise<SupervisorReport>;
  signal(signal: NodeJS.Signals): void;
  /** From now on workers do not come up: they end, or they hang. */
  break(how: "ending" | "hanging"): void;
  mend(): void;
  /** The exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Also its orphans. */
  dispose(): Promise<void>;
}

const TOKEN = "a-token-that-is-long-enough-to-pass";
const STALLED_MS = 5_000;

export async function launchSupervised(env: Record<string, string>): Promise<Supervised> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-supervised-"));
  const broken = join(folder, "broken");
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ["--conditions=tidegate-source", "test/support/supervised.ts"], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? "",
      PORT: `${port}`,
      LOG_FORMAT: "json",
      RATE_LIMIT_PER_MINUTE: "0",
      // Idle connections of the tests' own client keep no worker that is to be replaced.
      HTTP_KEEP_ALIVE_SECONDS: "5",
      WORKERS: "2",
      BROKEN: broken,
      ADMIN_TOKENS: `ada:${TOKEN}`,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const all: Said[] = [];
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    if (stream)
      createInterface(stream).on("line", (line) => {
        output += `${line}\n`;
        if (line.startsWith("{")) all.push(JSON.parse(line) as Said);
      });
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal)),
  );
  const tree = () => [...new Set([...processTree(child.pid ?? 0), ...all.flatMap(({ pid }) => pid ?? [])])];
  const endWithTests = () => {
    for (const pid of tree()) signalTo(pid, "SIGKILL");
  };
  process.once("exit", endWithTests);

  const said = (event: string) => all.filter((line) => line.event === event);
  const get = async (path: string, method = "GET") => {
    const headers = { connection: "close" };
    return (await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })).text();
  };
  const authorized = (path: string, init: RequestInit) => {
    const headers = { authorization: `Bearer ${TOKEN}`, connection: "close", "content-type": "application/json" };
    return fetch(`http://127.0.0.1:${port}/admin/api/${path}`, { ...init, headers });
  };
  return {
    port,
    pid: child.pid ?? 0,
    said,
    hears: (event, times = 1) =>
      eventually(
        `${event}, ${times} times`,
        () => {
          const lines = said(event);
          return lines.length >= times && (lines.at(-1) as Said);
        },
        PATIENCE_MS,
      ).catch((error) => {
        throw new Error(`${error.message}\n${output}`);
      }),
    output: () => output,
    get,
    admin: (path) => {
      const ask = async () => (await authorized(path, { signal: AbortSignal.timeout(STALLED_MS) })).json();
      return eventually(path, () => ask().catch(() => false), PATIENCE_MS).then(({ data }) => data);
    },
    restart: async () => {
      const response = await authorized("worker/restart", { method: "POST", body: "{}" });
      return { status: response.status, body: await response.json() };
    },
    report: async () => JSON.parse(await get("/report")) as SupervisorReport,
    signal: (signal) => void child.kill(signal),
    break: (how) => writeFileSync(how === "ending" ? broken : `${broken}.hanging`, ""),
    mend: () => {
      for (const path of [broken, `${broken}.hanging`]) rmSync(path, { force: true });
    },
    ended,
    dispose: async () => {
      endWithTests();
      await ended;
      process.off("exit", endWithTests);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One that has come up. */
export async function startSupervised(env: Record<string, string> = {}): Promise<Supervised> {
  const supervised = await launchSupervised(env);
  await supervised.hears("up");
  return supervised;
}
