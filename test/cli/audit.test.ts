import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FORMATS } from "../../lib/log/format.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { createRedactor } from "../../lib/log/redaction.ts";
import { auditFile } from "../../lib/node/audit-file.ts";
import { createAudit } from "../../lib/recovery/audit/audit.ts";
import { type AuditRecord, chain } from "../../lib/recovery/audit/record.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreLog } from "../../lib/store/port.ts";
import { AUDIT_ENTRY } from "../support/audit-entry.ts";
import { cli, served } from "../support/cli.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-cli-audit-"));
});
afterAll(() => rm(folder, { recursive: true }));

const runtime = systemRuntime();
const entry = (subject: string) => ({ ...AUDIT_ENTRY, subject });

/** Writes an audit as the application does, and its log beside it. */
async function written(name: string, count: number, records: StoreLog, format: "json" | "pretty" = "json") {
  const redact = createRedactor({ secrets: [] });
  const lines: string[] = [];
  const note = (event: string, fields = {}) =>
    void lines.push(FORMATS[format]({ at: 0, level: "info", event, fields: redact.value(fields) as LogFields }));
  const log = { debug: note, info: note, warn: note, error: note };
  const audit = createAudit({ records, name, deadlineMs: 5_000, redact: (value) => value, runtime, log });
  for (let n = 1; n <= count; n++) await audit.write(entry(`r${n}`));
  const path = join(folder, `${name}.log`);
  await writeFile(path, lines.map((line) => `fab-1 | ${line}\n`).join(""));
  return path;
}

/** A file, its log, and the file as somebody has left it. */
async function file(name: string, count: number, format: "json" | "pretty" = "json") {
  const path = join(folder, `${name}.jsonl`);
  const log = auditFile(path);
  const heads = await written(name, count, log, format);
  await log.close?.();
  const change = async (how: (lines: string[]) => Promise<unknown> | unknown) => {
    const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
    await how(lines);
    await writeFile(path, lines.map((line) => `${line}\n`).join(""));
  };
  const verify = (...more: string[]) => cli(["audit", "verify", "--file", path, "--json", ...more]);
  return { path, heads, change, verify };
}

const recordIn = (line: string | undefined): AuditRecord => JSON.parse(line ?? "");

describe("tidegate audit", () => {
  test("lists what was done, newest first, a page after the other", async () => {
    const { cli: run } = await served();
    expect((await run("audit")).out).toBe("no records\n");
    expect((await run("restart", "--reason", "permits are stuck")).code).toBe(0);
    const { code, out } = await run("audit");
    expect(code).toBe(0);
    expect(out).toMatch(/^1 +\S+Z +tester +restart +allowed +pending +permits are stuck$/m);
    const newest = await run("audit", "--limit", "1");
    const [, next] = /older ones: tidegate audit --before (\d+)/.exec(newest.out) ?? [];
    const older = await run("audit", "--before", next ?? "", "--json");
    expect(older.json.records.at(-1)).toMatchObject({ position: 1, action: "restart" });
    expect(older.json.next_cursor).toBeNull();
  });

  test("lists more than a page has, and verifies all of them", async () => {
    const auditLog = memory().open(runtime).log;
    await written("{tidegate:test:recovery}:audit", 450, auditLog);
    const { cli: run } = await served({ auditLog });
    const { json } = await run("audit", "--limit", "430", "--json");
    expect(json.records.map(({ position }: AuditRecord) => position)).toEqual(
      Array.from({ length: 430 }, (_, at) => 450 - at),
    );
    const verdict = await run("audit", "verify", "--json");
    expect(verdict.code).toBe(0);
    expect(verdict.json).toMatchObject({ sound: true, checked: 450, oldest: 1, head: { position: 450 }, faults: [] });
  });

  test("sees over HTTP that a record was changed, and that the end was cut off", async () => {
    const name = "{tidegate:test:recovery}:audit";
    const whole = memory().open(runtime).log;
    const heads = await written(name, 3, whole);
    const changed: StoreLog = {
      ...whole,
      read: async (...asked) =>
        (await whole.read(...asked)).map((one) => ({ ...one, record: one.record.replace('"ada"', '"eve"') })),
    };
    const edited = await (await served({ auditLog: changed })).cli("audit", "verify", "--json");
    expect(edited.code).toBe(1);
    expect(edited.json.faults).toEqual(["record 3 was changed", "record 2 was changed", "record 1 was changed"]);
    const cut: StoreLog = {
      ...whole,
      read: async (...asked) => (await whole.read(...asked)).filter(({ position }) => position < 3),
    };
    const { cli: run } = await served({ auditLog: cut });
    expect((await run("audit", "verify")).code).toBe(0);
    const noticed = await run("audit", "verify", "--heads", heads);
    expect(noticed.code).toBe(1);
    expect(noticed.out).toContain("record 3 was noted, and is gone");
  });
});

describe("tidegate audit, where a record is damaged,", () => {
  test("shows it as such in its place, and verify finds it", async () => {
    const kept = memory().open(runtime).log;
    await written("{tidegate:test:recovery}:audit", 3, kept);
    const read: StoreLog["read"] = async (...asked) =>
      (await kept.read(...asked)).map((one) => (one.position === 2 ? { ...one, record: '{"hash":1}' } : one));
    const { cli: run } = await served({ auditLog: { append: kept.append, read } });
    const listed = await run("audit");
    expect(listed.code).toBe(0);
    expect(listed.out).toMatch(/^3 .*\n2 +damaged.*\n1 /m);
    expect((await run("audit", "--json")).json).toMatchObject({
      damaged: [2],
      records: [{ position: 3 }, { position: 1 }],
    });
    expect(await run("audit", "verify", "--json")).toMatchObject({
      code: 1,
      json: { faults: ["record 2 cannot be read"] },
    });
  });
});

describe("tidegate audit verify --file", () => {
  test("finds a whole file sound, with the heads of either format of log", async () => {
    for (const format of ["json", "pretty"] as const) {
      const { verify, heads } = await file(`whole-${format}`, 3, format);
      const { code, json } = await verify("--heads", heads);
      expect(code).toBe(0);
      expect(json).toMatchObject({ sound: true, checked: 3, heads_noted: 3, faults: [], notes: [] });
    }
  });

  test("catches a changed record", async () => {
    const { change, verify } = await file("changed", 3);
    await change((lines) => lines.splice(1, 1, lines[1]?.replace("it hangs", "it hung") ?? ""));
    const { code, json } = await verify();
    expect(code).toBe(1);
    expect(json.faults).toEqual(["record 2 was changed"]);
  });

  test("catches a cut tail, where the log's heads are at hand", async () => {
    const { change, verify, heads } = await file("cut", 3);
    await change((lines) => lines.pop());
    const alone = await verify();
    expect(alone.code).toBe(0);
    expect(alone.json.notes).toEqual(["whether the end was cut off shows with --heads LOGFILE alone"]);
    expect(await verify("--heads", heads)).toMatchObject({
      code: 1,
      json: { faults: ["record 3 was noted, and is gone"] },
    });
  });

  test("catches a cut beginning in the same way, and reads what people typed between two ends of lines", async () => {
    const { change, path, heads } = await file("begin", 3);
    await appendFile(heads, "half a line\u2028 of somebody else's\n");
    await change((lines) => lines.shift());
    expect((await cli(["audit", "verify", "--file", path, "--json"])).json).toMatchObject({ sound: true, oldest: 2 });
    const { code, json } = await cli(["audit", "verify", "--file", path, "--json", "--heads", heads]);
    expect([code, json.faults]).toEqual([1, ["record 1 was noted, and is gone"]]);
  });

  test("catches a forked chain, in the file and in the log", async () => {
    const { change, verify, heads } = await file("forked", 3);
    let other: AuditRecord | undefined;
    await change(async (lines) => {
      // Another second record, which is right by itself and follows the first one.
      other = await chain(entry("other"), 2, recordIn(lines[1]).at, recordIn(lines[0]).hash);
      lines.splice(1, 1, JSON.stringify(other));
    });
    expect((await verify()).json.faults).toEqual(["record 3 does not follow record 2"]);
    await change((lines) => lines.splice(2, 1));
    expect((await verify()).code).toBe(0);
    await appendFile(
      heads,
      `${FORMATS.json({ at: 0, level: "info", event: "audit.recorded", fields: { ...other } })}\n`,
    );
    const { code, json } = await verify("--heads", heads);
    expect(code).toBe(1);
    expect(json.faults).toContain("record 2 was noted twice, with different contents");
  });

  test("takes half a line for what a crash has left, and a line that is none for a fault", async () => {
    const { path, change, verify } = await file("half", 2);
    await appendFile(path, '{"action":"rest');
    expect(await verify()).toMatchObject({
      code: 0,
      json: { checked: 2, notes: [expect.any(String), expect.any(String)] },
    });
    await change((lines) => lines.push("scribbled"));
    expect(await verify()).toMatchObject({
      code: 1,
      json: { faults: expect.arrayContaining(["record 3 cannot be read"]) },
    });
  });

  test("says that a log without heads shows nothing, and which files it cannot read", async () => {
    const { path, verify } = await file("few", 1);
    const empty = await verify("--heads", path);
    expect(empty).toMatchObject({ code: 1, json: { heads_noted: 0 } });
    expect((await verify("--heads", join(folder, "missing"))).code).toBe(2);
    expect((await cli(["audit", "verify", "--file", join(folder, "missing")])).code).toBe(2);
    for (const args of [["--file", path], ["list"], ["verify", "--limit", "3"], ["--limit", "0"]]) {
      expect((await cli(["audit", ...args])).code).toBe(2);
    }
  });
});
