/** A gate's own word on what a failure is, and what becomes of a call whose judge is in trouble. */
import { describe, expect, it } from "vitest";
import { DatabaseError, type GateOptions } from "../../lib/tidegate.ts";
import { turn } from "../support/far-store.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

type Judged = Pick<GateOptions, "isFailure" | "retryAfter" | "deadlineMs">;

function scene(options: Judged) {
  const { application, runtime, told } = applications();
  const tide = application();
  const gate = tide.gate("billing", options);
  const window = async () => {
    const { calls, failures } = (await gate.view()).window;
    return { calls, failures };
  };
  return { tide, gate, runtime, window, told: () => told("gate.judge_failed").map(({ fields }) => fields) };
}

const THROWN = new RangeError("declined");
const COUNTS = { success: { calls: 1, failures: 0 }, failure: { calls: 1, failures: 1 } };
/** Longer than a gate that nobody calls stays awake, shorter than it is remembered. */
const REST_MS = 120_000;

describe("isFailure", () => {
  it.each([
    ["returned", true, "failure"],
    ["returned", false, "success"],
    ["returned", undefined, "success"],
    ["thrown", true, "failure"],
    ["thrown", false, "success"],
    ["thrown", undefined, "failure"],
  ] as const)("decides about what was %s: %s is a %s", async (how, answer, counts) => {
    const value = { status: 503 };
    const asked: unknown[] = [];
    const { gate, runtime, window } = scene({
      isFailure: (...given) => {
        asked.push(given);
        return answer;
      },
    });
    const ended = follow(gate.run(() => (how === "returned" ? value : Promise.reject(THROWN))));
    await runtime.advance(0);
    expect(await window()).toEqual(COUNTS[counts]);
    expect(asked).toEqual([[how === "returned" ? value : THROWN, how]]);
    expect(ended.result()).toEqual(how === "returned" ? { value } : { error: THROWN });
  });

  it("is not asked about the gate's own deadline, which is a failure", async () => {
    const { gate, runtime, window } = scene({ isFailure: () => false, deadlineMs: 100 });
    const held = heldCall();
    void follow(gate.run(held.hold));
    await runtime.advance(100);
    held.succeed();
    await runtime.advance(0);
    expect(await window()).toEqual(COUNTS.failure);
  });

  it("is not asked about a refusal of another gate inside the call, which counts for nothing", async () => {
    const { tide, gate, window } = scene({ isFailure: () => true });
    await tide.gate("other").override({ mode: "force_open", ttlMs: 60_000, actor: "me", reason: "x" });
    const refused = gate.run(() => tide.gate("other").run(() => "never"));
    await expect(refused).rejects.toMatchObject({ refusal: { gate: "other", reason: "forced" } });
    expect(await window()).toEqual({ calls: 0, failures: 0 });
  });

  it("is not asked about a call whose caller has gone, whatever that comes to", async () => {
    const { gate, runtime, window } = scene({ isFailure: () => true });
    const [tab, held] = [new AbortController(), heldCall()];
    const left = follow(gate.run(held.hold, { signal: tab.signal }));
    tab.abort(new Error("closed"));
    held.fail(THROWN);
    await runtime.advance(0);
    expect(left.result()).toEqual({ error: new Error("closed") });
    expect(await window()).toEqual({ calls: 0, failures: 0 });
  });

  it("comes after the word of a single call, and stands where that has none", async () => {
    const { gate, window } = scene({ isFailure: () => true });
    const fails = (classify: () => "ignored" | undefined) => gate.run(() => Promise.reject(THROWN), { classify });
    await expect(fails(() => "ignored")).rejects.toBe(THROWN);
    expect(await window()).toEqual({ calls: 0, failures: 0 });
    await expect(fails(() => undefined)).rejects.toBe(THROWN);
    expect(await window()).toEqual(COUNTS.failure);
  });
});

describe("a judge in trouble", () => {
  const nonsense = (answer: unknown) => () => answer as boolean;
  const TROUBLES = [
    ["throws", nonsense, "the judge is ill"],
    ["promises", () => Promise.resolve(true), "isFailure must return true, false or undefined, was a promise"],
    ["promises what is rejected", () => Promise.reject(new Error("x")), "was a promise"],
    ["answers with a text", nonsense("yes"), "isFailure must return true, false or undefined, was string"],
    ["answers null", nonsense(null), "isFailure must return true, false or undefined, was object"],
  ] as const;

  it.each(TROUBLES)("leaves its call as it was, and the rule decides, told once: it %s", async (how, answer, says) => {
    const isFailure = (): boolean => {
      if (how === "throws") throw new Error(says);
      return (answer as () => boolean)();
    };
    const { gate, window, told } = scene({ isFailure });
    expect(await gate.run(() => "fine")).toBe("fine");
    expect(await window()).toEqual(COUNTS.success);
    await expect(gate.run(() => Promise.reject(THROWN))).rejects.toBe(THROWN);
    expect(await window()).toEqual({ calls: 2, failures: 1 });
    expect(told()).toMatchObject([{ gate: "billing", judge: "isFailure" }]);
    expect(told()[0]?.error).toMatchObject({ message: expect.stringContaining(says) });
  });

  it("is told of once though it is slow at every call, and its answer counts", async () => {
    const { gate, runtime, window, told } = scene({
      isFailure: () => {
        runtime.stall(51);
        return true;
      },
    });
    for (let call = 0; call < 3; call++) expect(await gate.run(() => "fine")).toBe("fine");
    expect(await window()).toEqual({ calls: 3, failures: 3 });
    expect(told()).toMatchObject([
      { gate: "billing", judge: "isFailure", error: { message: "isFailure must answer at once, took 51 ms" } },
    ]);
  });

  it("is not told of while it answers within 50 ms", async () => {
    const { gate, runtime, told } = scene({
      isFailure: () => {
        runtime.stall(50);
        return undefined;
      },
    });
    await gate.run(() => "fine");
    expect(told()).toEqual([]);
  });

  it("is told of once for isFailure and once for retryAfter", async () => {
    const ill = () => {
      throw new Error("ill");
    };
    const { gate, told } = scene({ isFailure: ill, retryAfter: ill });
    for (let call = 0; call < 3; call++) await gate.run(() => Promise.reject(THROWN)).catch(() => {});
    expect(told().map(({ judge }) => judge)).toEqual(["isFailure", "retryAfter"]);
  });

  it("is told of once though its gate comes to rest between two calls", async () => {
    const { gate, runtime, told } = scene({ isFailure: nonsense("yes") });
    for (let call = 0; call < 3; call++) {
      await gate.run(() => "fine");
      await runtime.advance(REST_MS);
    }
    expect(told()).toHaveLength(1);
  });

  it("costs its call nothing where what was thrown cannot be read", async () => {
    const unreadable = Object.defineProperty({}, "code", {
      get: () => {
        throw new Error("revoked");
      },
    });
    const { gate, runtime, window } = scene({});
    const ended = follow(gate.run(() => Promise.reject(unreadable)));
    await runtime.advance(0);
    expect(ended.result()?.error).toBe(unreadable);
    expect(await window()).toEqual(COUNTS.failure);
  });

  it("leaves nothing unhandled where retryAfter promises what is rejected", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    const retryAfter = (): number => Promise.reject(new Error("late")) as unknown as number;
    const { gate, told } = scene({ retryAfter });
    await expect(gate.run(() => Promise.reject(THROWN))).rejects.toBe(THROWN);
    await turn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    expect(told()).toMatchObject([{ judge: "retryAfter" }]);
  });

  it("is not asked about what a database of ours has said", async () => {
    const { gate, window } = scene({ isFailure: () => false });
    const failed = gate.run(() => Promise.reject(new DatabaseError("connection", "gone")));
    await expect(failed).rejects.toMatchObject({ fault: "connection", gate: "billing" });
    expect(await window()).toEqual(COUNTS.failure);
  });
});
