import { describe, expect, test } from "vitest";
import type { AuditRecord } from "../../lib/recovery/audit/record.ts";
import { verifyAudit } from "../../lib/recovery/audit/verify.ts";
import { memory } from "../../lib/store/memory.ts";
import { LOG_RECORDS_KEPT, type StoreLog } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { AUDIT_ENTRY } from "../support/audit-entry.ts";
import { AUDIT_NAME, passing, restartScene } from "../support/restart-scene.ts";

const ENTRY = AUDIT_ENTRY;

async function written(count: number) {
  const { store, instance, events } = restartScene(memory(), manualRuntime());
  const { audit } = instance();
  for (let n = 1; n <= count; n++) await audit.write({ ...ENTRY, subject: `r${n}` });
  const records = await store.log.read(AUDIT_NAME, Number.MAX_SAFE_INTEGER, 1_000);
  /** The same log as somebody has left it. */
  const tampered = (change: (records: { position: number; record: string }[]) => void): StoreLog => {
    const left = records.map((one) => ({ ...one }));
    change(left);
    return {
      append: () => Promise.reject(new Error("it is only read")),
      read: (_, before, limit) => left.filter(({ position }) => position < before).slice(0, limit),
    };
  };
  const faultsOf = async (change: Parameters<typeof tampered>[0], known: { position: number; hash: string }[] = []) =>
    (await verifyAudit(tampered(change), AUDIT_NAME, known)).faults;
  return { store, audit, events, faultsOf };
}

describe("the audit", () => {
  test("chains its records and notes every head in the log", async () => {
    const { store, audit, events } = await written(3);
    const [last, middle, first] = (await audit.read(undefined, 10)) as readonly AuditRecord[];
    expect([first?.position, middle?.previous, last?.previous]).toEqual([1, first?.hash, middle?.hash]);
    expect(await verifyAudit(store.log, AUDIT_NAME)).toEqual({
      ...{ sound: true, checked: 3, oldest: 1, agedOut: 0, faults: [] },
      head: { position: 3, hash: last?.hash },
    });
    expect(events.map(({ event, fields }) => [event, fields.hash])).toContainEqual(["audit.recorded", last?.hash]);
  });

  test("shows what was changed, taken out, put in, or cut off", async () => {
    const { audit, faultsOf } = await written(450);
    const [last] = (await audit.read(undefined, 1)) as readonly AuditRecord[];
    const head = { position: 450, hash: last?.hash ?? "" };
    const at = (position: number) => 450 - position;
    expect(await faultsOf(() => {}, [head])).toEqual([]);
    const change = (text: string, by: string) => (records: { record: string }[]) => {
      const one = records[at(17)];
      if (one) one.record = one.record.replace(text, by);
    };
    expect(await faultsOf(change("it hangs", "it works"))).toEqual(["record 17 was changed"]);
    expect(await faultsOf(change("{", "["))).toContain("record 17 cannot be read");
    expect(await faultsOf((records) => records.splice(at(20), 3))).toEqual(["records 18 to 20 are missing"]);
    expect(await faultsOf((records) => records.shift(), [head])).toEqual(["record 450 was noted, and is gone"]);
    const other = await written(450);
    expect(await other.faultsOf(() => {}, [head])).toEqual([]);
    await other.audit.write({ ...ENTRY, reason: "forged" });
    const copied = await written(451);
    expect(await copied.faultsOf(() => {}, [{ position: 451, hash: "0" }])).toEqual([
      "record 451 is not the one that was noted",
    ]);
  });

  test("says of what was noted that it is gone, at either end", async () => {
    const { audit, faultsOf } = await written(12);
    const rows = (await audit.read(undefined, 20)) as readonly AuditRecord[];
    const noted = rows.map(({ position, hash }) => ({ position, hash }));
    expect(await faultsOf(() => {}, noted)).toEqual([]);
    expect(await faultsOf((records) => records.splice(9), noted)).toEqual(["records 1 to 3 were noted, and are gone"]);
    const few = noted.filter(({ position }) => position !== 2);
    expect(await faultsOf((records) => records.splice(9), few)).toEqual([
      "record 3 was noted, and is gone",
      "record 1 was noted, and is gone",
    ]);
  });

  test("knows what a log that is full has let go of from what somebody has taken", async () => {
    const kept = Array.from({ length: LOG_RECORDS_KEPT }, (_, at) => ({
      position: LOG_RECORDS_KEPT + 5 - at,
      record: "",
    }));
    const full = {
      read: (_: string, before: number, limit: number) =>
        kept.filter(({ position }) => position < before).slice(0, limit),
    };
    const verdict = await verifyAudit(full, AUDIT_NAME, [
      { position: 3, hash: "0" },
      { position: 5, hash: "0" },
    ]);
    expect(verdict).toMatchObject({ oldest: 6, agedOut: 2 });
    expect(verdict.faults.filter((fault) => fault.includes("gone"))).toEqual([]);
  });

  test("says where it begins, when older records have been dropped", async () => {
    const { faultsOf, store } = await written(5);
    expect(await faultsOf((records) => records.splice(3))).toEqual([]);
    const { oldest } = await verifyAudit(store.log, AUDIT_NAME);
    expect(oldest).toBe(1);
  });

  test("cannot be forked by writers who write at once", async () => {
    const runtime = manualRuntime();
    const { store, instance } = restartScene(memory(), runtime);
    const writers = Array.from({ length: 8 }, () => instance().audit);
    const writing = Promise.all(
      writers.flatMap(({ write }, who) =>
        Array.from({ length: 5 }, (_, n) => write({ ...ENTRY, subject: `${who}.${n}` })),
      ),
    );
    expect(new Set((await passing(runtime, writing)).map(({ position }) => position)).size).toBe(40);
    expect(await verifyAudit(store.log, AUDIT_NAME)).toMatchObject({ sound: true, checked: 40 });
  });

  test("cuts what is too long to keep", async () => {
    const { audit } = await written(0);
    expect((await audit.write({ ...ENTRY, reason: "x".repeat(10_000) })).reason).toHaveLength(500);
  });
});
