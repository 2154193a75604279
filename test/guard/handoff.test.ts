import { describe, expect, it } from "vitest";
import { handoff } from "../../lib/guard/database/handoff.ts";
import { follow } from "../support/guarded.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const BROKEN = { thrown: new Error("reset") };

describe("who gives batches", () => {
  it("waits until the batch is used up and more is asked for", async () => {
    const batches = handoff<number>();
    const given = follow(batches.put([1], false));
    expect(await batches.take()).toEqual([1]);
    await turn();
    expect(given.result()).toBeNull();
    const next = follow(batches.take());
    await turn();
    expect([given.result(), next.result()]).toEqual([{ value: true }, null]);
    void batches.put([2], true);
    await turn();
    expect(next.result()).toEqual({ value: [2] });
  });

  it("waits for nobody after the last, and for nobody who has left or after the end", async () => {
    const last = handoff<number>();
    expect(await last.put([1], true)).toBe(true);
    const left = handoff<number>();
    left.leave();
    expect(await left.put([1], false)).toBe(false);
    const over = handoff<number>();
    over.end();
    expect(await over.put([1], true)).toBe(false);
  });

  it("hears that nothing is wanted any more, when the consumer leaves or the end comes", async () => {
    for (const how of ["leave", "end"] as const) {
      const batches = handoff<number>();
      const given = follow(batches.put([1], false));
      expect(batches[how]()).toBe(true);
      await turn();
      expect(given.result()).toEqual({ value: false });
    }
  });
});

describe("the end", () => {
  it("comes after what was given, and is the end whenever it is asked for", async () => {
    const batches = handoff<number>();
    void batches.put([1], true);
    batches.end();
    expect([await batches.take(), await batches.take(), await batches.take()]).toEqual([[1], null, null]);
  });

  it("is told to who waits for more", async () => {
    const batches = handoff<number>();
    const taken = follow(batches.take());
    await turn();
    batches.end();
    await turn();
    expect(taken.result()).toEqual({ value: null });
  });

  it("with an error comes before what was not read, and the first one counts", async () => {
    const batches = handoff<number>();
    void batches.put([1], true);
    batches.check();
    batches.end(BROKEN);
    batches.end({ thrown: new Error("another") });
    expect(() => batches.check()).toThrow("reset");
    await expect(batches.take()).rejects.toThrow("reset");
    const fine = handoff<number>();
    fine.end();
    fine.end(BROKEN);
    expect(await fine.take()).toBeNull();
  });

  it("is idle where the producer waits or has ended, and not where it is at work", () => {
    const working = handoff<number>();
    expect([working.end(), working.end()]).toEqual([false, true]);
    const left = handoff<number>();
    expect(left.leave()).toBe(false);
    const over = handoff<number>();
    over.end();
    expect(over.leave()).toBe(true);
  });
});

describe("who has left", () => {
  it("gets nothing more, and hears of no error", async () => {
    const batches = handoff<number>();
    void batches.put([1], true);
    batches.leave();
    batches.end(BROKEN);
    batches.check();
    expect(await batches.take()).toBeNull();
  });

  it("while waiting gets nothing more", async () => {
    const batches = handoff<number>();
    const taken = follow(batches.take());
    await turn();
    batches.leave();
    await turn();
    expect(taken.result()).toEqual({ value: null });
  });
});
