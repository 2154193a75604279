/** Child processes of the tests: free ports, the tree below a process, and waiting for what a process will do. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/**
 * A port nobody listens on, below the range from which systems hand out ports by themselves (32768 and up), so that
 * nobody takes it while a server of the tests is down for a moment.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
  throw new Error("free port: one between 20000 and 32000 is needed, 50 tries found none; is the machine full?");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The process and everything below it, parents first. Linux only; elsewhere the process alone. */
export function processTree(pid: number): number[] {
  let children = "";
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    // Gone, or no /proc.
  }
  const below = children.split(" ").filter((part) => part.trim() !== "");
  return [pid, ...below.flatMap((child) => processTree(Number(child)))];
}

/** False when the process is already gone. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Asks until the answer is something else than `undefined` or false.
 *
 * @throws Error with `what` when that takes longer than `withinMs`.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  withinMs = 10_000,
  everyMs = 10,
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
