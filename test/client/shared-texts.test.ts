/** What tabs share, and what a tab does without a storage. */
import { afterEach, expect, test, vi } from "vitest";
import { sharedTexts } from "../../lib/client/browser.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As much of a storage as is used; `full` is one that takes nothing. */
function stub(full = false): Map<string, string> {
  const stored = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (full) throw new Error("QuotaExceededError");
      stored.set(key, text);
    },
    removeItem: (key: string) => void stored.delete(key),
  });
  return stored;
}

test("a text is written, read and removed where all tabs see it", () => {
  const stored = stub();
  const texts = sharedTexts();
  texts.write("a", "1");
  expect([stored.get("a"), texts.read("a")]).toEqual(["1", "1"]);
  texts.remove("a");
  expect([stored.has("a"), texts.read("a")]).toEqual([false, null]);
});

test.each([
  ["is full", () => void stub(true)],
  ["is not there", () => vi.stubGlobal("localStorage", undefined)],
])("where the storage %s, a tab knows what it wrote, until it removes it", (_, begin) => {
  begin();
  const texts = sharedTexts();
  texts.write("a", "1");
  expect(texts.read("a")).toBe("1");
  texts.remove("a");
  expect(texts.read("a")).toBeNull();
});
