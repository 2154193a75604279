/** What an ORM or an application has wrapped is answered as what it is. */
import { describe, expect, it } from "vitest";
import { problemOf } from "../../lib/http/problem.ts";
import { CommitUnknown, DatabaseError, ProblemError, Refused } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

const wrapped = (cause: unknown, times: number): unknown =>
  times === 0 ? cause : new Error("Failed query: select 1", { cause: wrapped(cause, times - 1) });

const REFUSED = new Refused({
  gate: "main",
  reason: "open",
  code: "CIRCUIT_BREAKER_OPEN",
  retryAfterMs: 9_000,
  lastFailure: null,
});

describe("an error that others have wrapped", () => {
  it.each([
    [REFUSED, 503, "CIRCUIT_BREAKER_OPEN"],
    [new DatabaseError("timeout", "The database did not answer in time."), 504, "DB_QUERY_TIMEOUT"],
    [new CommitUnknown("connection"), 503, "DB_CONNECTION_FAILED"],
    [new ProblemError("NOT_FOUND", "There is no order 17."), 404, "NOT_FOUND"],
  ])("is answered as %s would be", async (error, status, code) => {
    const { app, lines } = smallApp();
    const answer = await app
      .get("/wrapped", () => {
        throw wrapped(error, 2);
      })
      .request("/wrapped");
    expect([answer.status, (await answer.json()).error.code]).toEqual([status, code]);
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("is not looked for without an end", () => {
    const round = new Error("round");
    round.cause = new Error("and round", { cause: round });
    expect(problemOf(round).code).toBe("INTERNAL_ERROR");
    expect(problemOf(wrapped(REFUSED, 7)).code).toBe("CIRCUIT_BREAKER_OPEN");
    expect(problemOf(wrapped(REFUSED, 8)).code).toBe("INTERNAL_ERROR");
  });
});
