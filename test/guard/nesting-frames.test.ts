import { describe, expect, it } from "vitest";
import {
  currentFrame,
  type Frame,
  frameOf,
  isInside,
  noteJudged,
  runIn,
  seesNesting,
  wasJudgedInside,
} from "../../lib/guard/nesting.ts";

const frame = (key: string, lane: Frame["lane"] = "request") => frameOf(key, lane) ?? expect.fail("nothing is seen");

describe("a call inside a call", () => {
  it("is seen here, for as long as the outer one holds its permit, by its gate and its lane", () => {
    expect([seesNesting(), currentFrame(), isInside("a", "request")]).toEqual([true, undefined, false]);
    const outer = frame("a");
    runIn(
      outer,
      () => {
        expect([currentFrame(), isInside("a", "request"), isInside("a", "slow"), isInside("b", "request")]).toEqual([
          outer,
          true,
          false,
          false,
        ]);
        runIn(
          frame("b", "slow"),
          () => expect([isInside("a", "request"), isInside("b", "slow")]).toEqual([true, true]),
          0,
        );
        outer.over = true;
        expect(isInside("a", "request")).toBe(false);
      },
      0,
    );
    expect(currentFrame()).toBeUndefined();
  });

  it("runs as it is where nothing is seen of it", () => {
    expect(runIn(null, (given: number) => [given, currentFrame()], 7)).toEqual([7, undefined]);
  });

  it("keeps no call that is over, neither next to it nor further out", () => {
    const [first, second, third] = [frame("a"), frame("b"), frame("c")];
    second.outer = first;
    third.outer = second;
    second.over = true;
    runIn(
      third,
      () => {
        const inner = frame("d");
        expect([inner.outer, third.outer]).toEqual([third, first]);
        third.over = true;
        expect(frame("e").outer).toBe(first);
        first.over = true;
        expect(frame("f").outer).toBeUndefined();
      },
      0,
    );
  });
});

describe("what a call inside has thrown", () => {
  const inner = new Error("inner");
  const judgedIn = (error: unknown, ...judged: unknown[]) => {
    const outer = frame("a");
    for (const one of judged) noteJudged(outer, one);
    return wasJudgedInside(outer, error);
  };

  it("is judged, and so is what was made of it", () => {
    expect(judgedIn(inner, inner)).toBe(true);
    expect(judgedIn(new Error("outer", { cause: inner }), inner)).toBe(true);
    expect(judgedIn(new Error("another"), inner)).toBe(false);
    expect(judgedIn(inner)).toBe(false);
    expect(wasJudgedInside(null, inner)).toBe(false);
  });

  it("of several at once is judged where all of them are, were it one alone", () => {
    const other = new Error("other");
    expect(judgedIn(new AggregateError([inner]), inner)).toBe(true);
    expect(judgedIn(new AggregateError([inner, other]), inner, other)).toBe(true);
    expect(judgedIn(new AggregateError([inner, other]), inner)).toBe(false);
    expect(judgedIn(new AggregateError([]), inner)).toBe(false);
    expect(judgedIn(Object.assign(new Error("x"), { errors: [inner] }), inner)).toBe(false);
  });

  it("is not noted where it is no object, or nobody is outside", () => {
    expect(judgedIn("text", "text", null, undefined, 7)).toBe(false);
    expect(() => noteJudged(undefined, inner)).not.toThrow();
  });
});
