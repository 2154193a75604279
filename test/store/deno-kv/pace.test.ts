/** Room for others, in virtual time. */
import { expect, test } from "vitest";
import { pace } from "../../../lib/store/deno-kv/pace.ts";
import { manualRuntime } from "../../../lib/testing/manual-runtime.ts";

function scene() {
  const runtime = manualRuntime();
  const { keep, note } = pace(runtime);
  /** How long the next transaction has to wait. */
  const gapMs = async () => {
    let done = false;
    const kept = keep().then(() => {
      done = true;
    });
    await runtime.advance(0);
    let waited = 0;
    for (; !done; waited++) await runtime.advance(1);
    await kept;
    return waited;
  };
  return { runtime, note, gapMs };
}

test("who is alone leaves a gap after eight transactions, in which another can read and commit", async () => {
  const { note, gapMs } = scene();
  const gaps: number[] = [];
  for (let n = 0; n < 17; n++) {
    gaps.push(await gapMs());
    note(5, false);
  }
  expect(gaps).toEqual([...Array(8).fill(0), 10, ...Array(7).fill(0), 10]);
});

test("who shares leaves one after each, drawn so that not all come back at once", async () => {
  const { note, gapMs } = scene();
  const gaps: number[] = [];
  for (let n = 0; n < 50; n++) {
    note(10, true);
    gaps.push(await gapMs());
  }
  expect(Math.max(...gaps)).toBeLessThanOrEqual(40);
  expect(new Set(gaps).size).toBeGreaterThan(10);
});

test("a gap is bounded, and over by itself", async () => {
  const { runtime, note, gapMs } = scene();
  for (let n = 0; n < 8; n++) note(60_000, false);
  expect(await gapMs()).toBe(50);
  for (let n = 0; n < 8; n++) note(20, false);
  runtime.stall(40);
  expect(await gapMs()).toBe(0);
});
