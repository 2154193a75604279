import { describe, expect, it } from "vitest";
import { CommitUnknown, DatabaseError } from "../../lib/database/port.ts";
import { guardDatabase } from "../../lib/guard/database/guarded-database.ts";
import type { Transaction } from "../../lib/guard/database/transaction.ts";
import { type Answer, fakeDatabase } from "../../lib/testing/testing.ts";
import { SETTINGS } from "../support/execution.ts";
import { fleet, follow } from "../support/guarded.ts";

const use = (kept: Transaction | undefined) => kept as Transaction;
const PAUSED = () => new Promise<never>(() => {});

function scene(answer: Answer = () => [{ id: 1 }], signal?: AbortSignal) {
  const { runtime, log, instance } = fleet({
    DB_POOL_SIZE: "1",
    DB_MAX_OVERFLOW: "0",
    CIRCUIT_BREAKER_SLOW_CALL_MS: "1000",
  });
  const texts: string[] = [];
  const database = fakeDatabase((text, values) => {
    texts.push(text);
    return answer(text, values);
  }).open(SETTINGS, runtime);
  const guard = instance();
  const db = guardDatabase({ guard, database, runtime, log, limits: { waitMs: 4_000, signal } });
  const view = async () => {
    const { lanes, window } = await guard.view();
    return { running: lanes.request.running, slowRunning: lanes.slow.running, ...window };
  };
  return { db, texts, guard, runtime, view, database };
}

describe("a transaction behind the gate", () => {
  it("holds one permit and one connection from its beginning to its end", async () => {
    const { db, texts, runtime, view, database } = scene();
    const hold = Promise.withResolvers<void>();
    const done = follow(
      db.transaction(async (tx) => {
        await tx.query`insert ${1}`;
        await hold.promise;
        return tx.one`select 1`;
      }),
    );
    await runtime.advance(100);
    expect(await view()).toMatchObject({ running: 1 });
    expect(database.pool().checkedOut).toBe(1);
    hold.resolve();
    await runtime.advance(0);
    expect(done.result()).toEqual({ value: { id: 1 } });
    expect(texts).toEqual(["begin", "insert $1", "select 1", "commit"]);
    expect(await view()).toMatchObject({ running: 0, calls: 1, failures: 0 });
    expect(database.pool().checkedOut).toBe(0);
  });

  it("takes its permit from the lane that was asked for, and says how it is to be isolated", async () => {
    const { db, texts, runtime, view } = scene();
    follow(db.lane("slow").transaction(PAUSED, { isolation: "repeatable read", readOnly: true }));
    await runtime.advance(0);
    expect(await view()).toMatchObject({ running: 0, slowRunning: 1 });
    expect(texts).toEqual(["begin isolation level repeatable read read only"]);
  });

  it("refuses an isolation level that is none before it asks for a permit", async () => {
    const { db, texts } = scene();
    const wrong = db.transaction(async () => {}, { isolation: "serializable; drop table lots" as "serializable" });
    await expect(wrong).rejects.toThrow(RangeError);
    expect(texts).toEqual([]);
  });

  it("rolls back what the callback throws, and does not hold it against the database", async () => {
    const { db, texts, view } = scene();
    const own = new Error("no wafers left");
    await expect(db.transaction(() => Promise.reject(own))).rejects.toBe(own);
    expect(texts).toEqual(["begin", "rollback"]);
    expect(await view()).toMatchObject({ running: 0, calls: 0, failures: 0 });
  });

  it("lets classify say otherwise", async () => {
    const { db, view } = scene();
    const failing = db.transaction(() => Promise.reject(new Error("x")), { classify: () => "failure" });
    await expect(failing).rejects.toThrow("x");
    expect(await view()).toMatchObject({ failures: 1 });
  });

  it("holds against the database what the database did", async () => {
    const { db, view } = scene((text) => {
      if (text === "select 1") throw new DatabaseError("connection", "gone");
      return [];
    });
    await expect(db.transaction((tx) => tx.query`select 1`)).rejects.toMatchObject({ fault: "connection" });
    expect(await view()).toMatchObject({ failures: 1 });
  });

  it("has one deadline; a callback that dawdles loses its transaction, and the database is not to blame", async () => {
    const { db, texts, runtime, view } = scene();
    let kept: Transaction | undefined;
    const stalled = follow(
      db.transaction(
        (tx) => {
          kept = tx;
          return PAUSED();
        },
        { deadlineMs: 5_000 },
      ),
    );
    await runtime.advance(4_999);
    expect(stalled.result()).toBeNull();
    await runtime.advance(1);
    expect(stalled.result()).toMatchObject({ error: { fault: "timeout" } });
    expect(texts).toEqual(["begin", "rollback"]);
    expect(await view()).toMatchObject({ running: 0, calls: 0, failures: 0 });
    await expect(use(kept).query`select 1`).rejects.toThrow("this one has ended");
    expect(runtime.pendingTimers()).toBeLessThanOrEqual(1);
  });

  it("blames the database for a statement that does not end", async () => {
    const { db, runtime, view } = scene((text) => (text === "select 1" ? PAUSED() : []));
    const late = follow(db.transaction((tx) => tx.query`select 1`, { deadlineMs: 5_000 }));
    await runtime.advance(5_000);
    expect(late.result()).toMatchObject({ error: { fault: "timeout" } });
    expect(await view()).toMatchObject({ running: 0, failures: 1 });
  });

  it("is slow by the database's time, not by the callback's", async () => {
    const { db, runtime, view } = scene((text) =>
      text === "slow" ? new Promise((done) => runtime.setTimer(() => done([]), 1_500)) : [],
    );
    const thinking = (tx: Transaction) =>
      tx.query`quick`.then(() => new Promise<void>((done) => runtime.setTimer(done, 3_000)));
    follow(db.transaction(thinking));
    await runtime.advance(3_000);
    expect(await view()).toMatchObject({ running: 0, calls: 1, slow: 0 });
    follow(db.transaction((tx) => tx.query`slow`));
    await runtime.advance(1_500);
    expect(await view()).toMatchObject({ running: 0, calls: 2, slow: 1 });
  });

  it("ends for a caller who has gone", async () => {
    const tab = new AbortController();
    const { db, texts, runtime, view } = scene(undefined, tab.signal);
    const left = follow(db.transaction(PAUSED));
    await runtime.advance(0);
    tab.abort(new Error("closed"));
    await runtime.advance(0);
    expect(left.result()).toMatchObject({ error: { message: "closed" } });
    expect(texts).toEqual(["begin", "rollback"]);
    expect(await view()).toMatchObject({ running: 0, failures: 0 });
  });

  it("does not say that a commit failed which may have been made", async () => {
    const { db, runtime } = scene((text) => (text === "commit" ? PAUSED() : []));
    const late = follow(db.transaction(async () => "written", { deadlineMs: 5_000 }));
    await runtime.advance(5_000);
    expect(late.result()?.error).toBeInstanceOf(CommitUnknown);
    expect(late.result()?.error).toMatchObject({ fault: "timeout", gate: "main" });
    const leaves = new AbortController();
    const left = follow(db.transaction(async () => "written", { signal: leaves.signal }));
    await runtime.advance(2_500);
    leaves.abort(new Error("gone"));
    await runtime.advance(0);
    expect(left.result()?.error).toBeInstanceOf(CommitUnknown);
    expect(left.result()?.error).toMatchObject({ fault: "cancelled" });
    const reading = follow(db.transaction(async () => "read", { deadlineMs: 5_000, readOnly: true }));
    await runtime.advance(5_000);
    expect(reading.result()?.error).not.toBeInstanceOf(CommitUnknown);
    expect(reading.result()).toMatchObject({ error: { fault: "timeout" } });
  });

  it("does not nest, and ends with its callback", async () => {
    const { db, texts } = scene();
    let kept: Transaction | undefined;
    await db.transaction(async (tx) => {
      kept = tx;
      await expect(tx.transaction(async () => {})).rejects.toThrow("do not nest");
    });
    await expect(use(kept).one`select 1`).rejects.toThrow("use tx inside the callback only");
    expect(texts).toEqual(["begin", "commit"]);
  });
});
