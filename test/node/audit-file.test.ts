import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { auditFile } from "../../lib/node/audit-file.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreLog } from "../../lib/store/port.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { AT, AUDIT_ENTRY } from "../support/audit-entry.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-audit-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const fresh = () => join(folder, `audit-${++files}.jsonl`);
const all = Number.MAX_SAFE_INTEGER;

const logs: StoreLog[] = [];
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close?.();
});

function opened(path: string): StoreLog {
  const log = auditFile(path);
  logs.push(log);
  return log;
}

test("what was appended is in the file, a line each, for its owner alone", async () => {
  const path = fresh();
  const log = opened(path);
  expect(await log.append("", "one", 0)).toEqual({ appended: true, head: 1 });
  expect(await log.append("", "two", 1)).toEqual({ appended: true, head: 2 });
  expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await log.read("", all, 10)).toEqual([
    { position: 2, record: "two" },
    { position: 1, record: "one" },
  ]);
  expect(await log.read("", 2, 10)).toEqual([{ position: 1, record: "one" }]);
});

test("nobody appends to an end that he has not seen, however many append at once", async () => {
  const log = opened(fresh());
  const tried = await Promise.all(["a", "b", "c"].map((record) => log.append("", record, 0)));
  expect(tried.map(({ appended }) => appended)).toEqual([true, false, false]);
  expect(await log.read("", all, 10)).toEqual([{ position: 1, record: "a" }]);
});

test("the next process goes on where the last one ended, and cuts off what a crash left half-written", async () => {
  const path = fresh();
  await opened(path).append("", "one", 0);
  await appendFile(path, "half a rec");
  const next = opened(path);
  expect(await next.append("", "two", 1)).toEqual({ appended: true, head: 2 });
  expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
});

test("what another process has appended is read first", async () => {
  const path = fresh();
  const [one, other] = [opened(path), opened(path)];
  await one.append("", "one", 0);
  await other.append("", "two", 1);
  expect(await one.append("", "three", 1)).toEqual({ appended: false, head: 2 });
  expect(await one.append("", "three", 2)).toEqual({ appended: true, head: 3 });
});

const NONE = "0".repeat(64);
const record = (position: number) => JSON.stringify({ ...AUDIT_ENTRY, position, at: AT, hash: NONE, previous: NONE });

test.each([
  ["deleted", (path: string) => rm(path)],
  ["renamed", (path: string) => rename(path, `${path}.1`)],
  ["renamed, and made anew", (path: string) => rename(path, `${path}.1`).then(() => writeFile(path, ""))],
  ["copied and truncated", (path: string) => copyFile(path, `${path}.1`).then(() => truncate(path))],
])("a file that was %s is noticed, and the chain goes on in the new one", async (_, rotate) => {
  const path = fresh();
  const log = opened(path);
  for (const position of [1, 2]) await log.append("", record(position), position - 1);
  await rotate(path);
  expect(await log.read("", all, 10)).toEqual([{ position: 2, record: record(2) }]);
  expect(await log.append("", record(3), 2)).toEqual({ appended: true, head: 3 });
  expect(await readFile(path, "utf8")).toBe(`${record(3)}\n`);
  const next = opened(path);
  expect(await next.read("", all, 10)).toEqual([{ position: 3, record: record(3) }]);
  expect(await next.append("", record(4), 3)).toEqual({ appended: true, head: 4 });
});

test("every record that was answered for is in the file or in one that was rotated, however often that happens", async () => {
  const path = fresh();
  const log = opened(path);
  const rotations: string[] = [];
  const rotating = (async () => {
    for (let round = 0; round < 30; round++) {
      const name = `${path}.${round}`;
      await rename(path, name).then(
        () => rotations.push(name),
        () => {},
      );
      for (let turn = 0; turn < (round * 7) % 23; turn++) await setImmediate();
    }
  })();
  for (let position = 1; position <= 60; position++) {
    const append = async () => log.append("", record(position), position - 1);
    const answer = await append().catch(() => null);
    // Taken away again and again: it says so, and nothing was answered for.
    if (answer) expect(answer).toEqual({ appended: true, head: position });
    else position--;
  }
  await rotating;
  const files = await Promise.all([...rotations, path].map((name) => readFile(name, "utf8").catch(() => "")));
  const kept = new Set(files.join("").split("\n"));
  for (let position = 1; position <= 60; position++) expect(kept).toContain(record(position));
});

test("a file that another one was put in place of is read anew, whatever its size", async () => {
  const path = fresh();
  const log = opened(path);
  await log.append("", record(1), 0);
  await writeFile(path, `${record(8)}\n${record(9)}\n`);
  expect(await log.append("", record(2), 1)).toEqual({ appended: false, head: 9 });
  await writeFile(path, `${record(5)}\n${record(6)}\n`);
  expect(await log.read("", all, 1)).toEqual([{ position: 6, record: record(6) }]);
});

test("nothing is said to be written while the folder is gone", async () => {
  const path = join(folder, "taken-away", "audit.jsonl");
  await mkdir(dirname(path));
  const log = opened(path);
  await log.append("", record(1), 0);
  await rm(dirname(path), { recursive: true });
  await expect(log.append("", record(2), 1)).rejects.toThrow("ENOENT");
});

test("half a line is cut off in bytes, whatever characters they are none of", async () => {
  const path = fresh();
  const whole = Buffer.concat([Buffer.from("one "), Buffer.from([0xff, 0xc3, 0x28, 0xe2]), Buffer.from("\n")]);
  await writeFile(path, Buffer.concat([whole, Buffer.from([0x68, 0xc3])]));
  const log = opened(path);
  expect(await log.append("", "two", 1)).toEqual({ appended: true, head: 2 });
  expect(await readFile(path)).toEqual(Buffer.concat([whole, Buffer.from("two\n")]));
});

test("a file that cannot be written is an error each time, until it can", async () => {
  const log = opened(join(folder, "missing", "audit.jsonl"));
  await expect(log.append("", "one", 0)).rejects.toThrow("ENOENT");
  await expect(log.append("", "one", 0)).rejects.toThrow("ENOENT");
});

/** How often this process has it open. */
async function openings(path: string): Promise<number> {
  const descriptors = await readdir("/proc/self/fd");
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return targets.filter((target) => target === path).length;
}

test.runIf(process.platform === "linux")(
  "its file is closed with Tidegate, and opened again by who writes after that",
  async () => {
    const path = fresh();
    const auditLog = opened(path);
    const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), auditLog, log: { level: "silent" } });
    await auditLog.append("", "one", 0);
    expect(await openings(path)).toBe(1);
    const lastWords = auditLog.append("", "two", 1);
    await tide.close();
    expect(await lastWords).toEqual({ appended: true, head: 2 });
    expect(await openings(path)).toBe(0);
    expect(await auditLog.append("", "three", 2)).toEqual({ appended: true, head: 3 });
    expect(await openings(path)).toBe(1);
    await auditLog.close?.();
    expect(await openings(path)).toBe(0);
  },
);
