/**
 * Standard output, wherever this runs, found without importing Node.
 *
 * On Node lines go straight to file descriptor 1 in a thread of its pool: `process.stdout` would block the whole
 * process while whoever reads the pipe is slow. (One thing remains: a process whose pipe is stuck ends when somebody
 * reads, or kills it.) Elsewhere the console is what there is, a call for each line.
 */
import type { Runtime } from "../runtime.ts";
import type { Writer } from "./sink.ts";

type Written = (error: { readonly code?: string } | null, bytes: number) => void;
interface FileSystem {
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: null, done: Written): void;
}
interface Platform {
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly getBuiltinModule?: (name: string) => FileSystem | undefined };
}

const STANDARD_OUTPUT = 1;
/** A pipe that takes nothing at the moment is asked again this often. */
const FULL_PIPE_WAIT_MS = 10;

export function standardOutput(runtime: Runtime): Writer {
  const { navigator, process } = globalThis as unknown as Platform;
  // Workers, Deno and Bun imitate much of `process`, but not this.
  const isNode = navigator?.userAgent?.startsWith("Node.js/") === true;
  const files = isNode ? process?.getBuiltinModule?.("node:fs") : undefined;
  return files === undefined ? toConsole() : (lines) => toDescriptor(files, lines, runtime);
}

/** The console's own method, as it is now: an entry may lead all calls of it here later on. */
function toConsole(): Writer {
  const print = console.log.bind(console);
  return (lines) => {
    for (const line of lines) print(line);
  };
}

async function toDescriptor(files: FileSystem, lines: readonly string[], runtime: Runtime): Promise<void> {
  const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
  let offset = 0;
  while (offset < bytes.length) {
    const count = await writeSome(files, bytes, offset);
    if (count === 0) await new Promise<void>((resolve) => runtime.setTimer(resolve, FULL_PIPE_WAIT_MS));
    offset += count;
  }
}

/** Resolves to the bytes taken: none while the pipe is full. */
function writeSome(files: FileSystem, bytes: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    files.write(STANDARD_OUTPUT, bytes, offset, bytes.length - offset, null, (error, count) => {
      if (error === null) resolve(count);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error);
    });
  });
}
