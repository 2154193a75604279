/** Calls that return what runs once it is awaited, as the queries of ORMs and of postgres.js do. */
import { describe, expect, it } from "vitest";
import { ambientLimits } from "../../lib/guard/ambient.ts";
import { DatabaseError } from "../../lib/tidegate.ts";
import { heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

/** Neither a promise nor under way. */
class Query<Value> implements PromiseLike<Value> {
  readonly run: () => Promise<Value>;
  constructor(run: () => Promise<Value>) {
    this.run = run;
  }
  // biome-ignore lint/suspicious/noThenProperty: as ORMs have it.
  then: Promise<Value>["then"] = (...given) => this.run().then(...given);
}

/** As postgres.js has them, and Prisma's are of a class of their own too. */
class LazyPromise<Value> extends Promise<Value> {
  static override get [Symbol.species]() {
    return Promise;
  }
  run: (() => Promise<Value>) | undefined;
  // biome-ignore lint/suspicious/noThenProperty: as postgres.js has it.
  override then: Promise<Value>["then"] = (...given) => (this.run?.() ?? Promise.reject()).then(...given);
  static of<Value>(run: () => Promise<Value>): LazyPromise<Value> {
    return Object.assign(new LazyPromise<Value>(() => {}), { run });
  }
}

const FORMS = [
  ["a query", <Value>(run: () => Promise<Value>): PromiseLike<Value> => new Query(run)],
  ["a promise of another class", <Value>(run: () => Promise<Value>): PromiseLike<Value> => LazyPromise.of(run)],
] as const;

describe.each(FORMS)("what runs once it is awaited: %s", (_form, lazily) => {
  const lost = () => {
    throw new DatabaseError("connection", "The database could not be reached.");
  };

  it("runs inside the call that has returned it: its failure votes once", async () => {
    const tide = applications({}, undefined, undefined, lost).application();
    const call = tide.run(() => lazily(() => tide.db.query`select 1`) as Promise<unknown>, { lane: "slow" });
    await expect(call).rejects.toMatchObject({ fault: "connection" });
    const { window } = await tide.view();
    expect([window.calls, window.failures]).toEqual([1, 1]);
  });

  it("does not wait for the permit of the call that has returned it", async () => {
    const { application } = applications({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" });
    const tide = application();
    const call = tide.run(() => lazily(() => tide.db.query`select 1`) as Promise<unknown>);
    await expect(call).rejects.toMatchObject({ refusal: { reason: "nested" } });
    const inside = tide.db.transaction(() => lazily(() => tide.run(heldCall().hold)) as Promise<unknown>);
    await expect(inside).rejects.toMatchObject({ refusal: { reason: "nested" } });
  });

  it("runs within the limits of tide.with in which it was written, wherever it is awaited", async () => {
    const tide = applications().application();
    const seen = () => Promise.resolve([ambientLimits().lane, ambientLimits().deadlineMs]);
    const written = tide.with({ lane: "slow", deadlineMs: 200 }, () => lazily(seen));
    expect(await written).toEqual(["slow", 200]);
    expect(await tide.with({ deadlineMs: 9 }, async () => written)).toEqual(["slow", 200]);
    const sealed = Object.freeze(lazily(seen));
    expect(tide.with({ lane: "slow" }, () => sealed)).toBe(sealed);
  });
});
