/** Small values and logs, over a KV that removes nothing by itself and a file that others hold. */
import { expect, test } from "vitest";
import { storeClock } from "../../../lib/store/deno-kv/clock.ts";
import { openKv, openLog } from "../../../lib/store/deno-kv/values.ts";
import { manualRuntime } from "../../../lib/testing/manual-runtime.ts";
import { fakeKv } from "../../support/fake-kv.ts";

function scene() {
  const kv = fakeKv();
  const instance = (wallAheadMs = 0) => {
    const runtime = manualRuntime();
    runtime.jumpWall(wallAheadMs);
    const connect = Object.assign(async () => kv, { close: async () => {} });
    const place = { connect, clock: storeClock(runtime), runtime };
    return { runtime, values: openKv(place), log: openLog(place) };
  };
  return { kv, instance };
}

test("a value expires by the store's clock, though nobody has removed it", async () => {
  const { kv, instance } = scene();
  const { runtime, values } = instance();
  await values.set("k", "text", 1_000);
  runtime.stall(999);
  expect(await values.get("k")).toEqual({ value: "text", ageMs: 999 });
  runtime.stall(1);
  expect(await values.get("k")).toBeNull();
  expect(kv.keys()).toHaveLength(1);
});

test("a value has no negative age for a reader whose clock is behind", async () => {
  const { instance } = scene();
  const [writer, reader] = [instance(), instance(-3_600_000)];
  await writer.values.set("k", "text", 1_000);
  expect(await reader.values.get("k")).toEqual({ value: "text", ageMs: 0 });
  reader.runtime.stall(10);
  expect(await reader.values.get("k")).toEqual({ value: "text", ageMs: 10 });
});

test("a long value is one entry for each 60 KiB, of which a shorter one leaves nothing to be read", async () => {
  const { kv, instance } = scene();
  const { values } = instance();
  const long = "x".repeat(200_000);
  await values.set("k", long, 1_000);
  expect([kv.keys().length, kv.counts.commits, (await values.get("k"))?.value === long]).toEqual([4, 1, true]);
  await values.set("k", "short", 1_000);
  expect((await values.get("k"))?.value).toBe("short");
});

test("a value that is written while another one is read is found whole or not at all", async () => {
  const { kv, instance } = scene();
  const { values } = instance();
  const other = instance();
  // These runtimes begin with the same one.
  other.runtime.uuid();
  const [one, two] = ["1", "2"].map((digit) => digit.repeat(900_000)) as [string, string];
  await values.set("k", one, 60_000);
  const { counts } = kv;
  const firstRead = counts.reads + 2;
  let writing: unknown;
  kv.before.read = () => {
    if (counts.reads === firstRead) writing = other.values.set("k", two, 60_000);
  };
  const torn = await values.get("k");
  expect([null, one, two]).toContain(torn?.value ?? null);
  await writing;
  expect((await values.get("k"))?.value === two).toBe(true);
});

test("a long value of which an entry is gone, another's or damaged is not there", async () => {
  const { kv, instance } = scene();
  const { values } = instance();
  const long = "x".repeat(200_000);
  const spoils: ((value: unknown) => unknown)[] = [
    () => null,
    (value) => ({ ...(value as object), mark: "another" }),
    (value) => ({ ...(value as object), bytes: "text" }),
  ];
  for (const spoil of spoils) {
    await values.set("k", long, 60_000);
    const key = kv.keys().find((one) => one.length === 4);
    kv.put(key ?? [], spoil);
    expect(await values.get("k")).toBeNull();
  }
  await values.set("k", long, 60_000);
  expect((await values.get("k"))?.value === long).toBe(true);
});

test("a log keeps ten thousand records, and positions stay what they were", async () => {
  const { kv, instance } = scene();
  const { log } = instance();
  for (let head = 0; head < 10_003; head++) await log.append("audit", `record ${head + 1}`, head);
  expect(kv.keys()).toHaveLength(10_000);
  expect(await log.read("audit", 6, 10)).toEqual([
    { position: 5, record: "record 5" },
    { position: 4, record: "record 4" },
  ]);
  expect(await log.read("audit", Number.POSITIVE_INFINITY, 1)).toEqual([{ position: 10_003, record: "record 10003" }]);
});

test("who lost a race for the end of a log hears where it is, and a locked file is tried again", async () => {
  const { kv, instance } = scene();
  const [one, other] = [instance(), instance()];
  kv.before.commit = () => {
    kv.before.commit = undefined;
    void other.log.append("audit", "faster", 0);
    throw new Error("database is locked");
  };
  const answer = one.log.append("audit", "slower", 0);
  await one.runtime.advance(0);
  await one.runtime.advance(20);
  expect(await answer).toEqual({ appended: false, head: 1 });
  expect((await one.log.read("audit", 9, 9)).map(({ record }) => record)).toEqual(["faster"]);
});
