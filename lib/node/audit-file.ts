/** The audit in a file, a record a line: for one process whose store dies with it. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { parseRecord } from "../recovery/audit/record.ts";
import { LOG_RECORDS_KEPT, type StoreLog } from "../store/port.ts";

/** In a row in which the file was taken away while it was written. */
const ATTEMPTS = 3;
const LINE_END = 0x0a;

interface Placed {
  readonly position: number;
  readonly record: string;
}

interface Opened {
  readonly file: FileHandle;
  /** Bytes that are known to be whole records. */
  size: number;
  /** The last of them as it is in the file; none where the file is empty. */
  end: Buffer;
  head: number;
  /** That can be read back; the file keeps all of them. */
  readonly newest: Placed[];
}

/**
 * What is appended is on the disk at that path when that is answered. A line that a crash left half-written was never
 * answered, and is cut off at the next start. A file that was deleted, rotated (`create` and `copytruncate` alike) or put
 * back is noticed before anything is written, and opened anew: the chain goes on in the new file, from the last record of
 * the old one. What another process has appended is noticed too, and read first; two that append at the same moment would
 * fork the chain. `tide.close()` closes the file.
 *
 * @param path Made where it does not exist, readable by its owner alone.
 * @throws Nothing when it is made; what is asked of it rejects with the error of the file system.
 * @example
 * ```ts
 * const tide = tidegate({ database, store: memory(), auditLog: auditFile("/var/lib/fab/audit.jsonl") });
 * ```
 */
export function auditFile(path: string): StoreLog {
  /** As it was last known; its file may be closed. */
  let known: Opened | undefined;
  let isOpen = false;
  let last: Promise<unknown> = Promise.resolve();

  async function upToDate(): Promise<Opened> {
    if (known && isOpen && (await isAt(known, path))) await readOn(known);
    else {
      await close();
      known = await openLog(path, known);
      isOpen = true;
    }
    return known;
  }
  async function close(): Promise<void> {
    if (isOpen) await known?.file.close();
    isOpen = false;
  }
  /** One at a time, in the order of asking. */
  const inTurn = <Value>(task: () => Promise<Value>): Promise<Value> => {
    const turn = last.then(task).catch(async (error: unknown) => {
      // Nobody knows what is in the file now: the next one looks.
      await close().catch(() => {});
      throw error;
    });
    last = turn.catch(() => {});
    return turn;
  };

  async function append(record: string, expectedHead: number) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const log = await upToDate();
      if (log.head !== expectedHead) return { appended: false, head: log.head };
      const line = Buffer.from(`${record}\n`);
      await log.file.appendFile(line);
      await log.file.datasync();
      const written = { ...log, size: log.size + line.byteLength, end: line };
      if (!(await isAt(written, path))) continue;
      if (log.size === 0) await syncFolder(path);
      Object.assign(log, { size: written.size, end: line });
      remember(log, record);
      return { appended: true, head: log.head };
    }
    throw new Error(`append to ${path}: it has to stay where it is, and was taken away ${ATTEMPTS} times meanwhile`);
  }
  return {
    append: (_, record, expectedHead) => inTurn(() => append(record, expectedHead)),
    read: (_, before, limit) =>
      inTurn(async () =>
        (await upToDate()).newest
          .filter(({ position }) => position < before)
          .slice(-limit)
          .reverse(),
      ),
    close: () => inTurn(close),
  };
}

/**
 * The whole records of such a file, and how many bytes they take up. Its first line says itself which one it is, since a
 * file that was rotated begins where the one before has ended.
 */
export function recordsIn(bytes: Buffer): { readonly records: readonly Placed[]; readonly size: number } {
  const size = bytes.lastIndexOf(LINE_END) + 1;
  const lines = bytes.toString("utf8", 0, size).split("\n").slice(0, -1);
  const first = numberOfFirst(lines);
  return { records: lines.map((record, at) => ({ position: first + at, record })), size };
}

/** By the first line that can be read. */
function numberOfFirst(lines: readonly string[]): number {
  for (const [at, line] of lines.entries()) {
    const record = parseRecord(line);
    if (record) return Math.max(1, record.position - at);
  }
  return 1;
}

/** @param before What was known of the file that was there; of one that begins empty it is the beginning. */
async function openLog(path: string, before: Opened | undefined): Promise<Opened> {
  const file = await open(path, "a+", 0o600);
  try {
    const bytes = await readFrom(file, 0);
    const { records, size } = recordsIn(bytes);
    if (size < bytes.byteLength) await file.truncate(size);
    // The last one goes on being the end of the chain, though its file is elsewhere.
    const newest = records.length > 0 ? records.slice(-LOG_RECORDS_KEPT) : (before?.newest.slice(-1) ?? []);
    return { file, size, end: lastLine(bytes, size), head: newest.at(-1)?.position ?? 0, newest };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads what somebody else has appended; half a line of it is left of somebody who has ended. */
async function readOn(log: Opened): Promise<void> {
  const bytes = await readFrom(log.file, log.size);
  const { size, records } = recordsIn(bytes);
  for (const { record } of records) remember(log, record);
  if (size > 0) log.end = lastLine(bytes, size);
  log.size += size;
  if (size < bytes.byteLength) await log.file.truncate(log.size);
}

/** What is open is what is at that path, and what is known of it is still there. */
async function isAt({ file, size, end }: Opened, path: string): Promise<boolean> {
  const [open, there] = await Promise.all([file.stat(), stat(path).catch(() => null)]);
  if (there?.ino !== open.ino || there.dev !== open.dev || open.size < size) return false;
  const found = Buffer.alloc(end.byteLength);
  await file.read({ buffer: found, position: size - end.byteLength });
  return found.equals(end);
}

async function readFrom(file: FileHandle, position: number): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(Math.max(0, size - position));
  let read = 0;
  while (read < bytes.byteLength) {
    const { bytesRead } = await file.read(bytes, read, bytes.byteLength - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

const lastLine = (bytes: Buffer, size: number): Buffer =>
  Buffer.from(bytes.subarray(bytes.lastIndexOf(LINE_END, size - 2) + 1, size));

/** A new file is there after a crash once its folder says so. Not every file system lets a folder be synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

function remember(log: Opened, record: string): void {
  log.head += 1;
  log.newest.push({ position: log.head, record });
  if (log.newest.length > LOG_RECORDS_KEPT) log.newest.shift();
}
