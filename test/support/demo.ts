/** The demo as a process of its own, started as `npm start` does it, on a free port. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eventually, freePort } from "./processes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Demo {
  readonly url: string;
  /** What it has written so far, both streams. */
  output(): string;
  /** Asks, and parses what comes back as JSON where it is JSON. */
  get(path: string, init?: RequestInit): Promise<DemoAnswer>;
  /** SIGTERM, then waits for the end. @returns The exit code. */
  stop(): Promise<number | null>;
  /** The exit code, once it has ended by itself. */
  ended(): Promise<number | null>;
  readonly process: ChildProcess;
}

export interface DemoAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads whose shape is what they check.
  readonly body: any;
  readonly tookMs: number;
}

/** Of a request for which no kept answer will do. */
export const WANTS_NEW = { headers: { "cache-control": "no-store" } } as const;

/** @param env Beside PATH: nothing of the tests' own environment gets in. */
export function launchDemo(env: Record<string, string>, port: number): Demo {
  const child = spawn(process.execPath, ["--conditions=tidegate-source", "functions/node.ts"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? "", PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const endWithTests = () => child.kill("SIGKILL");
  process.once("exit", endWithTests);
  child.once("exit", () => process.off("exit", endWithTests));
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    process: child,
    output: () => output,
    get: async (path, init) => {
      const startedAt = performance.now();
      const response = await fetch(url + path, init);
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
      const body = isJson ? JSON.parse(text) : null;
      return { status: response.status, headers: response.headers, text, body, tookMs: performance.now() - startedAt };
    },
    stop: () => {
      child.kill("SIGTERM");
      return exit;
    },
    ended: () => exit,
  };
}

/** A demo that listens, and whose embedded database has answered. */
export async function startDemo(env: Record<string, string> = {}): Promise<Demo> {
  const demo = launchDemo(env, await freePort());
  await eventually(
    `the demo listens\n${demo.output()}`,
    () => {
      if (demo.process.exitCode !== null) throw new Error(`The demo ended at its start:\n${demo.output()}`);
      return /"app\.started"|Tidegate is running/.test(demo.output());
    },
    60_000,
  );
  return demo;
}
