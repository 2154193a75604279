/** The audit in a file, a record a line: for one process whose store dies with it. */
import { type FileHandle, open, readFile } from "node:fs/promises";
import type { StoreLog } from "../store/port.ts";

/** Records that can be read back, and are held in memory; the file keeps all of them. */
const RECORDS_READ = 10_000;

interface Opened {
  readonly file: FileHandle;
  /** Bytes that are known to be whole records. */
  size: number;
  head: number;
  readonly newest: { readonly position: number; readonly record: string }[];
}

/**
 * What is appended is on the disk when that is answered. A line that a crash left half-written was never answered, and is
 * cut off at the next start. What another process has appended is noticed, and read first; two that append at the same
 * moment would fork the chain.
 *
 * @param path Made where it does not exist, readable by its owner alone.
 * @throws Nothing when it is made; what is asked of it rejects with the error of the file system.
 * @example
 * ```ts
 * const tide = tidegate({ database, store: memory(), auditLog: auditFile("/var/lib/fab/audit.jsonl") });
 * ```
 */
export function auditFile(path: string): StoreLog {
  let opened: Promise<Opened> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One at a time, in the order of asking. */
  const inTurn = <Value>(task: (log: Opened) => Promise<Value>): Promise<Value> => {
    const turn = last.then(async () => {
      opened ??= openLog(path);
      try {
        return await task(await upToDate(await opened, path));
      } catch (error) {
        // Nobody knows what is in the file now: the next one looks.
        await opened.then(({ file }) => file.close()).catch(() => {});
        opened = undefined;
        throw error;
      }
    });
    last = turn.catch(() => {});
    return turn;
  };

  return {
    append: (_, record, expectedHead) =>
      inTurn(async (log) => {
        if (log.head !== expectedHead) return { appended: false, head: log.head };
        const line = Buffer.from(`${record}\n`);
        await log.file.appendFile(line);
        await log.file.datasync();
        log.size += line.byteLength;
        remember(log, record);
        return { appended: true, head: log.head };
      }),
    read: (_, before, limit) =>
      inTurn(async ({ newest }) =>
        newest
          .filter(({ position }) => position < before)
          .slice(-limit)
          .reverse(),
      ),
  };
}

async function openLog(path: string): Promise<Opened> {
  const file = await open(path, "a+", 0o600);
  const log: Opened = { file, size: 0, head: 0, newest: [] };
  const text = await readFile(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  for (const record of whole.split("\n").slice(0, -1)) remember(log, record);
  log.size = Buffer.byteLength(whole);
  if (whole.length < text.length) await file.truncate(log.size);
  return log;
}

/** Reads what somebody else has appended. */
async function upToDate(log: Opened, path: string): Promise<Opened> {
  const { size } = await log.file.stat();
  if (size === log.size) return log;
  const text = (await readFile(path)).subarray(log.size).toString("utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  for (const record of whole.split("\n").slice(0, -1)) remember(log, record);
  log.size += Buffer.byteLength(whole);
  return log;
}

function remember(log: Opened, record: string): void {
  log.head += 1;
  log.newest.push({ position: log.head, record });
  if (log.newest.length > RECORDS_READ) log.newest.shift();
}
