import { describe, expect, it } from "vitest";
import { createJudge, type Judges } from "../../lib/guard/judge.ts";
import { createVerdicts, type Judged } from "../../lib/guard/verdicts.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { DatabaseError } from "../../lib/tidegate.ts";

const DAY_MS = 86_400_000;

function scene(judges: Judges = {}) {
  const runtime = manualRuntime();
  const told: LogFields[] = [];
  const warn = (_event: string, fields: LogFields = {}) => void told.push(fields);
  const log = { debug: warn, info: warn, warn, error: warn };
  const judge = createJudge({ ...judges, gate: "billing", once: () => true, runtime, log });
  return { runtime, told, judge };
}
const hinted = (answer: unknown) => {
  const { judge, told, runtime } = scene({ retryAfter: () => answer as number });
  runtime.stall(Date.UTC(2026, 0, 2, 3, 4, 5) - runtime.wallMs());
  return { ...judge({}, "thrown", "failure"), told: told.length };
};

describe("when a dependency wants to be asked again", () => {
  it.each<[answer: unknown, ms: number]>([
    [undefined, 0],
    [null, 0],
    [0, 0],
    [1.2, 2],
    [DAY_MS, DAY_MS],
    [DAY_MS + 1, DAY_MS],
    ["0", 0],
    [" 7 ", 7_000],
    ["86401", DAY_MS],
    ["Fri, 02 Jan 2026 03:04:06 GMT", 1_000],
    ["Fri, 02 Jan 2026 03:04:04 GMT", 0],
    ["Friday, 02-Jan-26 03:04:06 GMT", 1_000],
  ])("%j is %i ms", (answer, ms) => expect(hinted(answer)).toMatchObject({ retryAfterMs: ms, told: 0 }));

  it.each<[answer: unknown, found: string]>([
    [-1, "number"],
    [Number.NaN, "number"],
    [{}, "object"],
    ["soon", '"soon"'],
    ["2026-01-02T03:04:06Z", '"2026-01-02T03:04:06Z"'],
    ["Fri, 99 Foo 2026 03:04:06 GMT", '"Fri, 99 Foo 2026 03:04:06 GMT"'],
    ["x".repeat(50), `"${"x".repeat(40)}"`],
  ])("%j is nothing, and told of", (answer, found) => {
    const { judge, told } = scene({ retryAfter: () => answer as number });
    expect(judge({}, "thrown", "failure")).toEqual({ outcome: "failure", retryAfterMs: 0 });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ gate: "billing", judge: "retryAfter" });
    expect(String(told[0]?.error)).toBe(
      `TypeError: retryAfter must return milliseconds or the text of a Retry-After header, was ${found}`,
    );
  });

  it("is asked about failures alone", () => {
    const { judge } = scene({ retryAfter: () => 5 });
    expect(judge({}, "returned", "success")).toEqual({ outcome: "success", retryAfterMs: 0 });
    expect(judge({}, "thrown", "ignored")).toEqual({ outcome: "ignored", retryAfterMs: 0 });
  });
});

describe("a judge", () => {
  it("says what a failure is, where it says something", () => {
    const outcome = (answer: unknown, rule: "success" | "failure" | "ignored") =>
      scene({ isFailure: () => answer as boolean }).judge({}, "thrown", rule).outcome;
    expect([outcome(true, "success"), outcome(false, "failure"), outcome(undefined, "ignored")]).toEqual([
      "failure",
      "success",
      "ignored",
    ]);
    expect(scene().judge({}, "thrown", "failure").outcome).toBe("failure");
  });

  it.each([
    [Promise.resolve(true), "a promise"],
    [1, "number"],
    [null, "object"],
  ])("that says nonsense has not judged, and is told of", (answer, found) => {
    const { judge, told } = scene({ isFailure: () => answer as never });
    expect(judge({}, "returned", "success").outcome).toBe("success");
    expect(told.map(({ error }) => String(error))).toEqual([
      `TypeError: isFailure must return true, false or undefined, was ${found}`,
    ]);
  });

  it("is slow beyond 50 ms, of which the rounded time is told", () => {
    const slow = (ms: number) => {
      const found = scene({
        isFailure: () => {
          found.runtime.stall(ms);
          return true;
        },
      });
      expect(found.judge({}, "returned", "success").outcome).toBe("failure");
      return found.told.map(({ error }) => String(error));
    };
    expect([slow(50), slow(50.4)]).toEqual([[], []]);
    expect(slow(50.5)).toEqual(["Error: isFailure must answer at once, took 51 ms"]);
  });
});

describe("what a call counts as", () => {
  const CALL: Judged = { lane: "request", classify: undefined, frame: null };
  const judge = () => ({ outcome: "failure", retryAfterMs: 7 }) as const;

  it("is by the rule, with no time to come back, where nobody else judges", () => {
    const verdicts = createVerdicts("main", undefined);
    expect(verdicts.of({}, "returned", CALL)).toEqual({ outcome: "success", retryAfterMs: 0 });
    expect(verdicts.lastFailure()).toBeNull();
    expect(verdicts.of(new TypeError("x"), "thrown", CALL)).toEqual({ outcome: "failure", retryAfterMs: 0 });
    expect(verdicts.lastFailure()).toBe("TypeError");
    const cancelled = new DatabaseError("cancelled", "x");
    expect(verdicts.of(cancelled, "thrown", CALL)).toEqual({ outcome: "ignored", retryAfterMs: 0 });
    expect(verdicts.lastFailure()).toBe("TypeError");
  });

  it("is by the gate's judge, but for what Tidegate has thrown", () => {
    const verdicts = createVerdicts("main", judge);
    expect(verdicts.of({ status: 503 }, "returned", CALL)).toEqual(judge());
    expect(verdicts.lastFailure()).toBe("HTTP 503");
    expect(verdicts.of(new Error("x"), "thrown", CALL)).toEqual(judge());
    expect(verdicts.of(new DatabaseError("statement", "x"), "thrown", CALL).outcome).toBe("ignored");
  });

  it("is by the call's own word before any other", () => {
    const classify = () => "success" as const;
    expect(createVerdicts("main", judge).of(new Error("x"), "thrown", { ...CALL, classify })).toEqual({
      outcome: "success",
      retryAfterMs: 0,
    });
  });
});
