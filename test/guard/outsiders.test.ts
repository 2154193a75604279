import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import type { Outcome, QueuedLane } from "../../lib/gate/types.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow } from "../support/guarded.ts";

const failing = () => Promise.reject(new RangeError("theirs"));

describe("a judge that fails itself", () => {
  const judges: [string, () => Outcome][] = [
    [
      "by throwing",
      () => {
        throw new TypeError("the judge's");
      },
    ],
    ["by saying what is no outcome", () => "sucess" as Outcome],
  ];
  it.each(judges)("%s has not judged: the call's own error arrives, and counts", async (_, classify) => {
    const guard = fleet().instance();
    await expect(guard.run(failing, { classify })).rejects.toThrow("theirs");
    expect(await guard.view()).toMatchObject({ lanes: { request: { running: 0 } }, window: { calls: 1, failures: 1 } });
  });

  it("at the deadline leaves a timeout what it is", async () => {
    const { runtime, instance } = fleet({ DB_CALL_TIMEOUT_MS: "1000" });
    const guard = instance();
    const classify = () => {
      throw new TypeError("the judge's");
    };
    const run = guard.run(({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)), {
      classify,
    });
    const error = run.catch((found: unknown) => found);
    await runtime.advance(1_000);
    expect(await error).toBeInstanceOf(DatabaseError);
    expect(await guard.view()).toMatchObject({ lanes: { request: { running: 0 } }, window: { failures: 1 } });
  });
});

describe("a word to the breaker that is none", () => {
  const WORD = {
    mode: "force_open",
    ttlMs: 60_000,
    opId: "1",
    expectedVersion: null,
    actor: "me",
    reason: "x",
  } as const;
  const wrong: [string, object][] = [
    ["a ttlMs of 36 h", { ttlMs: 36 * 3_600_000 }],
    ["a ttlMs with a fraction", { ttlMs: 0.5 }],
    ["a ttlMs below nothing", { ttlMs: -1 }],
    ["a ttlMs that is a text", { ttlMs: "60000" }],
    ["no actor", { actor: undefined }],
    ["an actor of 2,000 letters", { actor: "x".repeat(2_000) }],
    ["a reason of 2,000 letters", { reason: "x".repeat(2_000) }],
    ["a mode that is none", { mode: "open" }],
    ["a version that is none", { expectedVersion: 0.5 }],
  ];

  it.each(wrong)("by %s rejects that caller alone", async (_, part) => {
    const guard = fleet().instance();
    await expect(guard.operate({ ...WORD, ...part })).rejects.toThrow(/must be/);
    expect(await guard.run(() => "done")).toBe("done");
    expect(guard.attached()).toBe(true);
    expect(await guard.view()).toMatchObject({ override: null, breaker: { state: "closed" } });
    expect(await guard.operate(WORD)).toMatchObject({ kind: "operated" });
  });

  it.each(wrong)("by %s spoils no message across a network, and no call in it", async (_, part) => {
    const { adapter, sent, answerAll } = farStore();
    const { instance, events } = fleet({}, adapter);
    const guard = instance();
    const call = follow(guard.run(() => "done"));
    const refused = follow(guard.operate({ ...WORD, ...part }) as Promise<unknown>);
    await turn();
    expect(refused.result()?.error).toMatchObject({ name: "InvalidRenewal" });
    await answerAll();
    expect(call.result()).toEqual({ value: "done" });
    expect(sent.flatMap(({ renewal }) => renewal.commands)).toEqual([]);
    expect(events.map(({ event }) => event)).not.toContain("store.away");
  });
});

describe("a lane that is none", () => {
  const other = "others" as QueuedLane;

  it("rejects that call alone, with what it may be, and never throws out of run", async () => {
    const guard = fleet().instance();
    const run = guard.run(() => "never", { lane: other });
    await expect(run).rejects.toThrow(
      new RangeError("guard: lane must be one of request, slow, health, was others; leave it out for request"),
    );
    expect(await guard.run(() => "done")).toBe("done");
    expect(await guard.view()).toMatchObject({ totals: { refused: { request: { full: 0 } } } });
  });

  it("rejects that call alone where the guard closes, too", async () => {
    const guard = fleet().instance();
    guard.close();
    await expect(guard.run(() => "never", { lane: other })).rejects.toThrow();
    await expect(guard.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "closing" } });
    await guard.end();
  });

  it("is looked for before the caller's deadline and signal are", async () => {
    const guard = fleet().instance();
    for (const lane of ["__proto__", "constructor", "", null, 7]) {
      await expect(guard.run(() => "never", { lane: lane as QueuedLane, deadlineMs: 5 })).rejects.toThrow(RangeError);
    }
    expect(await guard.run(() => "done")).toBe("done");
  });
});
