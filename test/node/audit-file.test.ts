import { appendFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditFile } from "../../lib/node/audit-file.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-audit-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const fresh = () => join(folder, `audit-${++files}.jsonl`);
const all = Number.MAX_SAFE_INTEGER;

test("what was appended is in the file, a line each, for its owner alone", async () => {
  const path = fresh();
  const log = auditFile(path);
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
  const log = auditFile(fresh());
  const tried = await Promise.all(["a", "b", "c"].map((record) => log.append("", record, 0)));
  expect(tried.map(({ appended }) => appended)).toEqual([true, false, false]);
  expect(await log.read("", all, 10)).toEqual([{ position: 1, record: "a" }]);
});

test("the next process goes on where the last one ended, and cuts off what a crash left half-written", async () => {
  const path = fresh();
  await auditFile(path).append("", "one", 0);
  await appendFile(path, "half a rec");
  const next = auditFile(path);
  expect(await next.append("", "two", 1)).toEqual({ appended: true, head: 2 });
  expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
});

test("what another process has appended is read first", async () => {
  const path = fresh();
  const [one, other] = [auditFile(path), auditFile(path)];
  await one.append("", "one", 0);
  await other.append("", "two", 1);
  expect(await one.append("", "three", 1)).toEqual({ appended: false, head: 2 });
  expect(await one.append("", "three", 2)).toEqual({ appended: true, head: 3 });
});

test("a file that cannot be written is an error each time, until it can", async () => {
  const log = auditFile(join(folder, "missing", "audit.jsonl"));
  await expect(log.append("", "one", 0)).rejects.toThrow("ENOENT");
  await expect(log.append("", "one", 0)).rejects.toThrow("ENOENT");
});
