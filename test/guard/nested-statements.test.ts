/**
 * Statements beside a transaction or a stream of the same request, which both hold their permit for long, on a platform
 * that does not know what belongs to which call.
 */
import { Hono } from "hono";
import { describe, expect, it, vi } from "vitest";
import { guardDatabase, type HoldingCounts } from "../../lib/guard/database/guarded-database.ts";
import { BATCH_ROWS } from "../../lib/guard/database/stream.ts";
import { type Answer, fakeDatabase } from "../../lib/testing/testing.ts";
import type { TidegateEnv } from "../../lib/tidegate.ts";
import { SETTINGS } from "../support/execution.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", DB_SLOW_MAX_CONCURRENT: "1" };
const NESTED = { gate: "main", refusal: { reason: "nested" } };

vi.mock("../../lib/guard/nesting.ts", () => ({
  frameOf: () => null,
  currentFrame: () => undefined,
  isInside: () => false,
  seesNesting: () => false,
  askedInside: (_runtime: unknown, ask: () => unknown) => ask(),
  insideMsOf: () => 0,
  noteJudged: () => {},
  wasJudgedInside: () => false,
  runIn: (_frame: null, call: (given: unknown) => unknown, given: unknown) => call(given),
}));

function scene(holding: HoldingCounts | null = { request: 0, slow: 0 }) {
  const { runtime, log, instance } = fleet(ONE_PERMIT);
  const guard = instance();
  const answer: Answer = (text, [rows]) =>
    text.startsWith("select $1") ? Array.from({ length: Number(rows) }, (_, n) => ({ n })) : [{ id: 1 }];
  const database = fakeDatabase(answer).open(SETTINGS, runtime);
  const db = guardDatabase({ guard, database, runtime, log, holding: holding ?? undefined });
  return { db, guard, runtime };
}
type Scene = ReturnType<typeof scene>;

describe("a statement beside its request's own transaction", () => {
  it("is refused at once where no permit is left", async () => {
    const { db, runtime } = scene();
    const done = follow(
      db.transaction(async (tx) => {
        const beside = await db.query`select 1`.catch((error: Error) => error);
        return [beside, await tx.one`select 1`];
      }),
    );
    await runtime.advance(0);
    expect(done.result()?.value).toMatchObject([NESTED, { id: 1 }]);
  });

  it("is refused through every handle that was made of the same one", async () => {
    const { db, runtime } = scene();
    const handles = [db, db.with({ deadlineMs: 500 }), db.lane("slow").lane("request"), db.with({ waitMs: 60_000 })];
    void follow(db.transaction(() => heldCall().hold(new AbortController().signal)));
    await runtime.advance(0);
    const asked = handles.flatMap((handle) => [
      follow(handle.query`select 1`),
      follow(handle.one`select 1`),
      follow(handle.transaction(() => "never")),
      follow(handle.stream`select n`.next()),
    ]);
    await runtime.advance(0);
    expect(asked.map(({ result }) => result()?.error)).toMatchObject(asked.map(() => NESTED));
  });

  it("waits where it is of another lane, and where many share a handle", async () => {
    for (const shared of [false, true]) {
      const { db, guard, runtime } = shared ? scene(null) : scene();
      const held = heldCall();
      void follow(guard.run(held.call, { lane: "slow" }));
      const work = heldCall();
      void follow(db.transaction(() => work.hold(new AbortController().signal)));
      await runtime.advance(0);
      const beside = follow(shared ? db.query`select 1` : db.lane("slow").query`select 1`);
      await runtime.advance(5_000);
      expect(beside.result()).toBeNull();
      (shared ? work : held).succeed();
      await runtime.advance(0);
      expect(beside.result()).toEqual({ value: [{ id: 1 }] });
    }
  });

  it.each(["commits", "fails"])("waits like any other once that %s", async (how) => {
    const { db, guard, runtime } = scene();
    const work = () => (how === "fails" ? Promise.reject(new Error("x")) : "done");
    await db.transaction(work).catch(() => {});
    void follow(guard.run(heldCall().call));
    const later = follow(db.query`select 1`);
    await runtime.advance(5_000);
    expect(later.result()).toBeNull();
  });

  it("waits while that waits for its own permit, and so holds none", async () => {
    const { db, guard, runtime } = scene();
    const holder = heldCall();
    void follow(guard.run(holder.call));
    const waiting = follow(db.transaction(() => "done"));
    const beside = follow(db.query`select 1`);
    await runtime.advance(5_000);
    expect([waiting.result(), beside.result()]).toEqual([null, null]);
    holder.succeed();
    await runtime.advance(0);
    expect([waiting.result(), beside.result()]).toEqual([{ value: "done" }, { value: [{ id: 1 }] }]);
  });
});

describe("a statement inside a loop over a stream of its request", () => {
  const reading = async ({ db }: Scene, of: number) => {
    const answers: unknown[] = [];
    for await (const { n } of db.stream<{ n: number }>`select ${of}`) {
      if (n === 0) answers.push(await db.query`select 1`.catch((error: Error) => error));
    }
    return answers[0];
  };

  it("is refused at once while there are more rows to fetch", async () => {
    const made = scene();
    const answer = follow(reading(made, BATCH_ROWS + 1));
    await made.runtime.advance(0);
    expect(answer.result()?.value).toMatchObject(NESTED);
  });

  it("gets in once all rows are fetched, for whose reading no permit is held", async () => {
    const made = scene();
    const answer = follow(reading(made, 3));
    await made.runtime.advance(0);
    expect(answer.result()?.value).toEqual([{ id: 1 }]);
  });

  it("waits like any other once the loop was left", async () => {
    const { db, guard, runtime } = scene();
    for await (const _ of db.stream`select ${BATCH_ROWS + 1}`) break;
    void follow(guard.run(heldCall().call));
    const later = follow(db.query`select 1`);
    await runtime.advance(5_000);
    expect(later.result()).toBeNull();
  });
});

describe("a handler", () => {
  it("that asks c.var.db inside its own transaction is answered at once that every connection is busy", async () => {
    const tide = applications(ONE_PERMIT).application();
    const app = new Hono<TidegateEnv>().use(tide.middleware());
    app.get("/nested", (c) => c.var.db.transaction(async () => c.json(await c.var.db.query`select 1`)));
    app.onError(tide.onError);
    const response = await app.request("/nested");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ success: false, error: { code: "DB_POOL_EXHAUSTED" } });
    expect((await tide.view()).totals.refused.request).toMatchObject({ nested: 1, full: 0 });
  });

  it("that asks inside the transaction of another request waits for it", async () => {
    const { application, runtime } = applications(ONE_PERMIT);
    const tide = application();
    const work = heldCall();
    const app = new Hono<TidegateEnv>().use(tide.middleware());
    app.get("/long", async (c) => c.json(await c.var.db.transaction(() => work.hold(c.req.raw.signal))));
    app.get("/short", async (c) => c.json(await c.var.db.query`select 1`));
    void follow(Promise.resolve(app.request("/long")));
    await runtime.advance(0);
    const short = follow(Promise.resolve(app.request("/short")));
    await runtime.advance(5_000);
    expect(short.result()).toBeNull();
    work.succeed();
    await runtime.advance(0);
    expect(short.result()?.value).toMatchObject({ status: 200 });
  });
});
