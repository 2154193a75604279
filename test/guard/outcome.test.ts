import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { classifiedBy, isOwnError, outcomeOf } from "../../lib/guard/outcome.ts";
import { Refused, refusal } from "../../lib/guard/refusal.ts";

const named = (name: string, more: object = {}) => Object.assign(new Error("x"), { name, ...more });
const answer = (status: unknown) => Object.assign(new Error("x"), { status, getResponse: () => new Response() });
const of = (gate: string) => Object.assign(new DatabaseError("connection", "x"), { gate });
const wrapped = (cause: unknown) => new Error("of an ORM", { cause });

describe("what is thrown counts", () => {
  it.each([
    ["as a failure", new Error("x"), "failure"],
    ["as a failure, whatever it is", "no error", "failure"],
    ["for nothing where it is a refusal", new Refused(refusal("billing", "open", 0)), "ignored"],
    ["for nothing where a refusal is in it", wrapped(new Refused(refusal("billing", "open", 0))), "ignored"],
    ["as its fault says: connection", new DatabaseError("connection", "x"), "failure"],
    ["as its fault says: timeout", new DatabaseError("timeout", "x"), "failure"],
    ["as its fault says: exhausted", new DatabaseError("exhausted", "x"), "ignored"],
    ["as its fault says: cancelled", new DatabaseError("cancelled", "x"), "ignored"],
    ["as its fault says: statement", new DatabaseError("statement", "x"), "ignored"],
    ["as the fault of what it wraps says", wrapped(new DatabaseError("statement", "x")), "ignored"],
    ["for nothing from 400 on", answer(400), "ignored"],
    ["for nothing below 500", answer(499), "ignored"],
    ["as a failure below 400", answer(399), "failure"],
    ["as a failure from 500 on", answer(500), "failure"],
    ["as a failure where its status is no number", answer("404"), "failure"],
    ["as a failure where it has a status and is no answer", named("E", { status: 404 }), "failure"],
    ["as a failure where it looks like an answer and is no error", { ...answer(404) }, "failure"],
    ["for nothing where it is an abort", named("AbortError"), "ignored"],
    ["for nothing where it is Node's abort", named("E", { code: "ABORT_ERR" }), "ignored"],
    ["for nothing where it is an HTTP client's abort", named("E", { code: "ERR_CANCELED" }), "ignored"],
    [
      "as a failure where it is an abort at a deadline",
      named("AbortError", { cause: named("TimeoutError") }),
      "failure",
    ],
    ["as a failure where it is a deadline", named("TimeoutError"), "failure"],
  ] as const)("%s", (_, error, outcome) => expect(outcomeOf(error, "request")).toBe(outcome));

  it("for nothing in the slow lane, where it is a timeout of the database", () => {
    expect(outcomeOf(new DatabaseError("timeout", "x"), "slow")).toBe("ignored");
    expect(outcomeOf(new DatabaseError("timeout", "x"), "health")).toBe("failure");
    expect(outcomeOf(new DatabaseError("connection", "x"), "slow")).toBe("failure");
  });

  it("for nothing where it is another gate's, as far as that is known", () => {
    expect(outcomeOf(of("billing"), "request", "main")).toBe("ignored");
    expect(outcomeOf(of("main"), "request", "main")).toBe("failure");
    expect(outcomeOf(of("billing"), "request")).toBe("failure");
    expect(outcomeOf(new DatabaseError("connection", "x"), "request", "main")).toBe("failure");
  });

  it("as another driver's code says", () => {
    expect(outcomeOf(named("error", { code: "23505", severity: "ERROR" }), "request")).toBe("ignored");
    expect(outcomeOf(named("error", { code: "ECONNREFUSED" }), "request")).toBe("failure");
  });
});

describe("a caller's own word", () => {
  it("counts where it is one", () => {
    expect(classifiedBy(() => "ignored", null)).toBe("ignored");
    expect(classifiedBy(() => undefined, null)).toBeUndefined();
    expect(classifiedBy(() => "fine" as never, null)).toBeUndefined();
    expect(
      classifiedBy(() => {
        throw new Error("x");
      }, null),
    ).toBeUndefined();
  });
});

it("what is Tidegate's own is found in whatever wraps it", () => {
  const owned = [new DatabaseError("timeout", "x"), new Refused(refusal("main", "open", 0))];
  expect([...owned, ...owned.map(wrapped)].every(isOwnError)).toBe(true);
  expect([new Error("x"), wrapped(new Error("x")), null].some(isOwnError)).toBe(false);
});
