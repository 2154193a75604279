import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { databaseCall, WAIT_SHARE } from "../../lib/guard/database/database-call.ts";
import { DatabaseTime } from "../../lib/guard/database/database-time.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

type Step = "connected" | "pause" | "resume" | number;
const TIMEOUT = new DatabaseError("timeout", "late");

function scene() {
  const runtime = manualRuntime();
  const time = new DatabaseTime(runtime);
  /** Time passes between what is done. */
  const goes = (...steps: readonly Step[]) => {
    for (const step of steps) {
      if (typeof step === "number") runtime.stall(step);
      else time[step]();
    }
    return time.ms();
  };
  return { runtime, time, goes };
}

describe("the database's part of a call's time", () => {
  it("is what passes while it is not its holder who keeps things waiting", () => {
    expect(scene().goes(50)).toBe(0);
    expect(scene().goes("resume", 50)).toBe(50);
    expect(scene().goes("resume", 50, "pause", 70)).toBe(50);
    expect(scene().goes("resume", 50, "pause", 70, "resume", 5)).toBe(55);
    expect(scene().goes("resume", 50, "resume", 5)).toBe(55);
    expect(scene().goes("pause", 50, "resume", 5, "pause", "pause", 7)).toBe(5);
  });

  it("begins anew with a connection: until then it was the wait for one", () => {
    expect(scene().goes("resume", 50, "connected", 7)).toBe(7);
    expect(scene().goes("resume", 50, "connected", 7, "pause", 9, "resume", 1)).toBe(8);
    expect(scene().goes("connected", 7)).toBe(7);
  });
});

describe("a call that timed out", () => {
  const judged = (...steps: readonly Step[]) => {
    const { time, goes } = scene();
    goes(...steps);
    return time.classify(TIMEOUT);
  };

  it("counts, while the database was at work", () => {
    expect(judged("resume", 50)).toBeUndefined();
    expect([judged("resume"), judged("resume", 1)]).toEqual([undefined, undefined]);
    expect(judged("resume", "connected", 50)).toBeUndefined();
    expect(judged("resume", 50, "pause", 5, "resume", 1)).toBeUndefined();
  });

  it("counts for nothing while its holder kept the database waiting, or it had not begun", () => {
    expect(judged("resume", 50, "pause")).toBe("ignored");
    expect(judged(50)).toBe("ignored");
  });

  it("counts for nothing where half of its time and more was the wait for a connection", () => {
    expect(judged("resume", 50, "connected", 51)).toBeUndefined();
    expect(judged("resume", 50, "connected", 50)).toBe("ignored");
    expect(judged("resume", 50, "connected", 49)).toBe("ignored");
  });

  it("is judged by its timeout alone, whoever has wrapped that", () => {
    const { time } = scene();
    expect(time.classify(new Error("of an ORM", { cause: TIMEOUT }))).toBe("ignored");
    for (const other of [new DatabaseError("connection", "gone"), new Error("late"), { fault: "timeout" }, null]) {
      expect(time.classify(other)).toBeUndefined();
    }
  });
});

describe("what a driver is asked", () => {
  it("is to connect within nine tenths of the deadline, or of what is left of the wait", () => {
    expect(WAIT_SHARE).toBe(0.9);
    const { runtime, time } = scene();
    runtime.stall(1_000);
    const context = { signal: new AbortController().signal, deadlineMs: 500, startBy: 7_000, startByWallMs: 8_000 };
    const asked = (waitUntil: number) => databaseCall(context, { lane: "slow", waitUntil, time, runtime });
    expect(asked(1_449)).toMatchObject({ ...context, lane: "slow", connectBy: 1_449 });
    expect(asked(1_451).connectBy).toBe(1_450);
    runtime.stall(3);
    expect(time.ms()).toBe(3);
    asked(0).onConnection?.();
    expect(time.ms()).toBe(0);
  });
});
