/** Texts in pages, over a KV between whose calls others write, and of which pieces are lost. */
import { describe, expect, test } from "vitest";
import { storeClock } from "../../../lib/store/deno-kv/clock.ts";
import { readText, TooLarge, writeText } from "../../../lib/store/deno-kv/pages.ts";
import { manualRuntime } from "../../../lib/testing/manual-runtime.ts";
import { type FakeKv, fakeKv } from "../../support/fake-kv.ts";

const KEY = ["tidegate", "test"];
const KEEP_MS = 60_000;
const KIB = 1_024;

function scene() {
  const kv = fakeKv();
  const runtime = manualRuntime();
  const clock = storeClock(runtime);
  const read = (likely = 1) => readText(kv, clock, "a test", KEY, likely);
  const write = async (text: string, oldPages = 0) => {
    const commit = kv.atomic();
    const pages = writeText(commit, "a test", KEY, text, oldPages, clock.now(), KEEP_MS);
    await commit.commit();
    return pages;
  };
  return { kv, runtime, read, write };
}

/** As another instance's commit: new versions of all that there is. */
function rewritten(kv: FakeKv, text: string): void {
  const commit = kv.atomic();
  writeText(commit, "another", KEY, text, 16, 1_800_000_000_000, KEEP_MS);
  void commit.commit();
}

describe("a text in pages", () => {
  test("comes back as it was, at any length up to the largest", async () => {
    const { kv, read, write } = scene();
    expect(await read()).toEqual({ text: null, versionstamp: null, pages: 0, damaged: false });
    let pages = 0;
    for (const length of [0, 1, 48 * KIB, 48 * KIB + 1, 500 * KIB, 768 * KIB, 100 * KIB, 3]) {
      const text = "🌊é"
        .repeat(length / 6)
        .padEnd(length, "x")
        .slice(0, length);
      const fitting = new TextEncoder().encode(text).length <= 768 * KIB ? text : text.slice(0, length / 2);
      pages = await write(fitting, pages);
      for (const likely of [1, pages, 16]) expect((await read(likely)).text === fitting).toBe(true);
      expect(kv.keys()).toHaveLength(pages);
    }
  });

  test("of one page is one read, of sixteen two where that many are expected", async () => {
    const { kv, read, write } = scene();
    await write("short");
    kv.counts.reads = 0;
    await read();
    expect(kv.counts.reads).toBe(1);
    await write("x".repeat(768 * KIB));
    kv.counts.reads = 0;
    await read(16);
    expect(kv.counts.reads).toBe(2);
  });

  test("that does not fit into one commit is refused before anything is written", async () => {
    const { kv, read, write } = scene();
    await write("small");
    await expect(write("x".repeat(768 * KIB + 1), 1)).rejects.toThrow(TooLarge);
    await expect(write("x".repeat(900 * KIB), 1)).rejects.toThrow(
      "at most 768 KiB fit into one commit, this would be 900 KiB",
    );
    expect(kv.keys()).toHaveLength(1);
    expect((await read()).text).toBe("small");
  });

  test("is never put together from two versions", async () => {
    const { kv, read, write } = scene();
    await write("a".repeat(700 * KIB));
    let calls = 0;
    kv.before.read = () => {
      if (++calls === 2 || calls === 4) rewritten(kv, (calls === 2 ? "b" : "c").repeat(700 * KIB));
    };
    const { text } = await read(1);
    expect(new Set(text)).toEqual(new Set(["c"]));
  });

  test("that is written faster than it can be read is an error that says so", async () => {
    const { kv, read, write } = scene();
    await write("a".repeat(700 * KIB));
    kv.before.read = () => rewritten(kv, "b".repeat(700 * KIB));
    await expect(read(1)).rejects.toThrow("one of 30 reads must be whole");
  });

  test.each([
    ["a page is gone", (kv: FakeKv) => kv.remove([...KEY, 2])],
    ["a page is of another version", (kv: FakeKv) => kv.put([...KEY, 3], (page) => page)],
    ["its head is gone", (kv: FakeKv) => kv.remove([...KEY, 0])],
    ["its head is none", (kv: FakeKv) => kv.put([...KEY, 0], () => "head")],
    ["its clock is none", (kv: FakeKv) => kv.put([...KEY, 0], (head) => ({ ...(head as object), clock: Number.NaN }))],
    [
      "its clock says what none does",
      (kv: FakeKv) => kv.put([...KEY, 0], (head) => ({ ...(head as object), clock: 9e15 })),
    ],
    ["it has no number of pages", (kv: FakeKv) => kv.put([...KEY, 0], (head) => ({ ...(head as object), pages: 1e9 }))],
  ])("is damaged, not an empty one, where %s, and is written anew", async (_, damage) => {
    const { kv, runtime, read, write } = scene();
    await write("x".repeat(150 * KIB));
    damage(kv);
    for (const likely of [1, 4]) expect(await read(likely)).toMatchObject({ text: null, damaged: true });
    expect(storeClock(runtime).now()).toBe(runtime.wallMs());
    await write("y", (await read()).pages);
    expect(await read()).toMatchObject({ text: "y", damaged: false });
    expect(kv.keys()).toHaveLength(1);
  });

  test("expires by the store's clock, though nobody has removed it", async () => {
    const { kv, runtime, read, write } = scene();
    await write("x".repeat(100 * KIB));
    runtime.stall(KEEP_MS - 1);
    expect((await read()).text).not.toBeNull();
    runtime.stall(1);
    expect(await read()).toMatchObject({ text: null, pages: 3 });
    kv.remove([...KEY, 0]);
    expect(await read()).toEqual({ text: null, versionstamp: null, pages: 0, damaged: false });
  });

  test.each([[1], [0], [0, 2], [1, 2]])(
    "that is over is as if it were gone, also where Deno has removed pages %s of it",
    async (...removed) => {
      const { kv, runtime, read, write } = scene();
      await write("x".repeat(100 * KIB));
      runtime.stall(KEEP_MS);
      for (const page of removed) kv.remove([...KEY, page]);
      for (const likely of [1, 3]) expect((await read(likely)).text).toBeNull();
      await write("y".repeat(60 * KIB), (await read()).pages);
      expect((await read()).text).toBe("y".repeat(60 * KIB));
    },
  );

  test("in a newer form is not read", async () => {
    const { kv, read, write } = scene();
    await write("text");
    kv.put([...KEY, 0], (head) => ({ ...(head as object), format: 2 }));
    await expect(read()).rejects.toThrow("its format must be 1, was 2; run a newer release");
  });
});
