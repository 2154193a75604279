/** A failure counts once, and against the dependency that has failed; what is nobody's failure counts for nothing. */
import { describe, expect, it } from "vitest";
import { CommitUnknown, DatabaseError, ProblemError, Refused, type Tidegate } from "../../lib/tidegate.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const FAILING = () => Promise.reject(new TypeError("fetch failed"));

/** What its calls have come to in a gate. */
async function votes(gate: Pick<Tidegate, "view">) {
  const { window } = await gate.view();
  return { calls: window.calls, failures: window.failures };
}

describe("what has failed inside a call", () => {
  it("counts against the gate that it belongs to, and not against the one round it", async () => {
    const { application, runtime } = applications({ DB_CALL_TIMEOUT_MS: "60000" });
    const tide = application();
    const billing = tide.gate("billing");
    await expect(tide.run(() => billing.run(FAILING))).rejects.toThrow("fetch failed");
    const late = follow(tide.run(() => billing.run(heldCall().hold, { deadlineMs: 100 })));
    const inside = follow(tide.db.transaction(() => billing.run(heldCall().hold, { deadlineMs: 100 })));
    await runtime.advance(5_000);
    expect([late, inside].map(({ result }) => result()?.error)).toMatchObject([
      { fault: "timeout", gate: "billing" },
      { fault: "timeout", gate: "billing" },
    ]);
    expect(await votes(tide)).toEqual({ calls: 0, failures: 0 });
    expect(await votes(billing)).toEqual({ calls: 3, failures: 3 });
  });

  it("is no failure of its own to a call that wraps it, or has several of them", async () => {
    const tide = applications().application();
    const billing = tide.gate("billing");
    const wrapping = async () => {
      await billing.run(FAILING).catch((cause: unknown) => {
        throw new Error("no invoice", { cause });
      });
    };
    await expect(tide.run(wrapping)).rejects.toThrow("no invoice");
    await expect(tide.run(() => Promise.any([billing.run(FAILING), billing.run(FAILING)]))).rejects.toThrow();
    expect(await votes(tide)).toEqual({ calls: 0, failures: 0 });
    await expect(tide.run(FAILING)).rejects.toThrow();
    expect(await votes(tide)).toEqual({ calls: 1, failures: 1 });
  });

  it("votes once where both calls are the same gate's", async () => {
    const lost = () => {
      throw new DatabaseError("connection", "The database could not be reached.");
    };
    const { application } = applications({}, undefined, undefined, lost);
    const tide = application();
    await expect(tide.run(() => tide.db.query`select 1`, { lane: "slow" })).rejects.toMatchObject({
      fault: "connection",
    });
    expect(await votes(tide)).toEqual({ calls: 1, failures: 1 });
  });

  it("votes once where the deadline of both ends them, of a call and a statement alike", async () => {
    const { application, runtime } = applications({ DB_CALL_TIMEOUT_MS: "1000" });
    const tide = application();
    const calls = [
      follow(tide.run(() => tide.run(heldCall().hold))),
      follow(tide.run(() => tide.run(heldCall().hold, { lane: "slow", deadlineMs: 1_000 }))),
    ];
    await runtime.advance(5_000);
    expect(calls.map(({ result }) => result()?.error)).toMatchObject([{ fault: "timeout" }, { fault: "timeout" }]);
    expect(await votes(tide)).toEqual({ calls: 1, failures: 1 });
  });

  it("counts for nothing in a gate whose deadline comes while a call waits for another gate, or runs in it", async () => {
    const { application, runtime } = applications({ DB_CALL_TIMEOUT_MS: "1000", DB_POOL_TIMEOUT: "60" });
    const tide = application();
    const billing = tide.gate("billing", { capacity: 1, deadlineMs: 3_000 });
    const waiting = [1, 2].map(() => follow(tide.run(() => billing.run(heldCall().hold))));
    await runtime.advance(10_000);
    expect(waiting.map(({ result }) => result()?.error)).toMatchObject([{ gate: "main" }, { gate: "main" }]);
    expect(await votes(tide)).toEqual({ calls: 0, failures: 0 });
    // Once it has its answer the time is the outer one's again, and so it is where nothing runs inside.
    const after = follow(
      tide.run(() =>
        tide
          .gate("mail")
          .run(() => "sent")
          .then(heldCall().hold as never),
      ),
    );
    const plain = follow(tide.run(heldCall().hold));
    await runtime.advance(5_000);
    expect([after, plain].map(({ result }) => result()?.error)).toMatchObject([{ gate: "main" }, { gate: "main" }]);
    expect(await votes(tide)).toEqual({ calls: 2, failures: 2 });
  });

  it("is judged by who asks it himself, even so", async () => {
    const { application, runtime } = applications({ DB_CALL_TIMEOUT_MS: "1000" });
    const tide = application();
    const billing = tide.gate("billing", { deadlineMs: 3_000 });
    const judged = follow(tide.run(() => billing.run(heldCall().hold), { classify: () => "failure" }));
    await runtime.advance(5_000);
    expect(judged.result()?.error).toMatchObject({ fault: "timeout" });
    expect(await votes(tide)).toEqual({ calls: 1, failures: 1 });
  });

  it("is slow where it was slow, and not in the gate round it", async () => {
    const { application, runtime } = applications({
      DB_CALL_TIMEOUT_MS: "60000",
      CIRCUIT_BREAKER_SLOW_CALL_MS: "1000",
    });
    const tide = application();
    const billing = tide.gate("billing");
    const slow = heldCall();
    const outer = follow(tide.run(() => billing.run(slow.hold)));
    await runtime.advance(2_000);
    slow.succeed();
    await runtime.advance(0);
    expect(outer.result()).toEqual({ value: "done" });
    expect([(await tide.view()).window.slow, (await billing.view()).window.slow]).toEqual([0, 1]);
  });

  it("counts each time where the same error is thrown by calls that are not inside each other", async () => {
    const tide = applications().application();
    const error = new Error("the pool of the library never came up");
    for (let times = 0; times < 2; times += 1) await tide.run(() => Promise.reject(error)).catch(() => {});
    expect(await votes(tide)).toEqual({ calls: 2, failures: 2 });
  });
});

describe("what is no failure of the dependency", () => {
  const abort = () => new DOMException("This operation was aborted", "AbortError");
  it.each([
    ["an answer that is the caller's own affair", new ProblemError("NOT_FOUND", "There is no order 17.")],
    ["the caller's abort", abort()],
    ["the caller's abort, as a library wraps it", new TypeError("fetch failed", { cause: abort() })],
    ["an abort of axios", Object.assign(new Error("canceled"), { code: "ERR_CANCELED", name: "CanceledError" })],
    ["a duplicate key, by pg", Object.assign(new Error("duplicate key"), { code: "23505" })],
    ["the same, by Drizzle", new Error("Failed query", { cause: Object.assign(new Error("dup"), { code: "23505" }) })],
    ["the same, by Prisma", Object.assign(new Error("Unique constraint"), { code: "P2002" })],
    [
      "a full server, by Drizzle",
      new Error("Failed query", { cause: Object.assign(new Error(""), { code: "53300" }) }),
    ],
    ["several at once, of which none would", several({ code: "23505" }, { name: "AbortError" })],
    ["a refusal that an ORM has wrapped", new Error("Failed query", { cause: refused() })],
  ])("counts for nothing: %s", async (_, error) => {
    const tide = applications().application();
    for (let times = 0; times < 12; times += 1) {
      await expect(tide.run(() => Promise.reject(error))).rejects.toBe(error);
    }
    expect(await votes(tide)).toEqual({ calls: 0, failures: 0 });
    expect((await tide.view()).breaker.state).toBe("closed");
  });

  const late = new DOMException("The operation timed out.", "TimeoutError");
  it.each([
    ["an answer that is the service's own failure", new ProblemError("SERVICE_UNAVAILABLE", "Billing is away.")],
    ["a deadline of the caller's own", late],
    ["the same, as Node wraps it", Object.assign(abort(), { cause: late })],
    [
      "a lost connection, by Drizzle",
      new Error("Failed query", { cause: Object.assign(new Error(), { code: "57P01" }) }),
    ],
    ["an unreachable server, by Prisma", Object.assign(new Error("Can't reach"), { code: "P1001" })],
    ["several at once, of which one would", several({ code: "23505" }, { code: "57P01" })],
    ["several of which there is none", new AggregateError([], "All promises were rejected")],
    ["a chain that ends in itself", circle()],
    ["what does not want to be read", unreadable()],
    ["what is no error", "no"],
  ])("counts as one: %s", async (_, error) => {
    const tide = applications().application();
    await tide.run(() => Promise.reject(error)).catch(() => {});
    expect(await votes(tide)).toEqual({ calls: 1, failures: 1 });
  });
});

function refused(): Refused {
  return new Refused({
    gate: "main",
    reason: "open",
    code: "CIRCUIT_BREAKER_OPEN",
    retryAfterMs: 1,
    lastFailure: null,
  });
}

/** As `Promise.any` rejects, and an application wraps it. */
function several(...fields: readonly object[]): Error {
  const errors = fields.map((each) => Object.assign(new Error("one of them"), each));
  return new Error("none has answered", { cause: new AggregateError(errors, "All promises were rejected") });
}

function circle(): Error {
  const error = new Error("round and round");
  error.cause = new Error("and round", { cause: error });
  return error;
}

function unreadable(): object {
  return new Proxy(new Error("mine"), {
    get: () => {
      throw new Error("not to be read");
    },
  });
}

describe("an error of ours that somebody has wrapped", () => {
  it("is told the gate that it belongs to, as an unknown commit is", async () => {
    const tide = applications().application();
    const inner = new CommitUnknown("connection");
    await tide.run(() => Promise.reject(new Error("Failed query", { cause: inner }))).catch(() => {});
    expect([inner.gate, await votes(tide)]).toEqual(["main", { calls: 1, failures: 1 }]);
  });
});
