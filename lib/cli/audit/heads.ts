/** Heads of the audit out of the structured log, where each was noted when it was written. */
import { createReadStream } from "node:fs";
import type { KnownHead } from "../../recovery/audit/verify.ts";
import { wrongUsage } from "../command.ts";

export interface NotedHeads {
  readonly heads: readonly KnownHead[];
  /** Positions that were noted with two hashes: the chain was forked, or was begun anew. */
  readonly forked: readonly number[];
}

/** @throws CommandError where the file cannot be read. */
export async function headsIn(path: string): Promise<NotedHeads> {
  const heads = new Map<number, string>();
  const forked = new Set<number>();
  try {
    for await (const line of linesIn(path)) {
      const head = headOf(line);
      if (!head) continue;
      const known = heads.get(head.position);
      if (known !== undefined && known !== head.hash) forked.add(head.position);
      heads.set(head.position, head.hash);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrongUsage(`--heads: ${path} cannot be read (${code}).`, "Name a file with the application's log.");
  }
  return { heads: [...heads].map(([position, hash]) => ({ position, hash })), forked: [...forked] };
}

/** Ends of lines alone: node:readline also takes U+2028 for one, which people can type. */
async function* linesIn(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}

/** Of a line of either format, whatever a collector has put before it. */
export function headOf(line: string): KnownHead | null {
  if (!line.includes("audit.recorded")) return null;
  const position = /"position":(\d{1,15})\b/.exec(line) ?? /\bposition=(\d{1,15})\b/.exec(line);
  const hash = /"hash":"([\da-f]{64})"/.exec(line) ?? /\bhash=([\da-f]{64})\b/.exec(line);
  return position?.[1] && hash?.[1] ? { position: Number(position[1]), hash: hash[1] } : null;
}
