import { describe, expect, it } from "vitest";
import type { Database, Execution } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { guardDatabase } from "../../lib/guard/database/guarded-database.ts";
import { fakeDatabase, withFaults } from "../../lib/testing/testing.ts";
import { SETTINGS } from "../support/execution.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

function guardedDatabase(rows: unknown[] = [{ id: 1 }, { id: 2 }], signal?: AbortSignal) {
  const { runtime, log, instance } = fleet({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" });
  const asked: Execution[] = [];
  const fake = fakeDatabase(() => rows).open(SETTINGS, runtime);
  const database: Database = {
    ...fake,
    query: (statement, execution) => {
      asked.push(execution);
      return fake.query(statement, execution);
    },
  };
  const guard = instance();
  return {
    db: guardDatabase({ guard, database, runtime, log, limits: { waitMs: 4_000, signal } }),
    asked,
    guard,
    runtime,
  };
}

describe("the database as handlers hold it", () => {
  it("gives rows, and one of them or null", async () => {
    expect(await guardedDatabase().db.query`select 1`).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await guardedDatabase().db.one(sql`select 1`)).toEqual({ id: 1 });
    expect(await guardedDatabase([]).db.one`select 1`).toBeNull();
  });

  it("tells the driver the lane, and until when a connection may be waited for, the wait for the permit included", async () => {
    const { db, asked, guard, runtime } = guardedDatabase();
    const holder = heldCall();
    void guard.run(holder.call);
    const waiting = follow(db.query`select 1`);
    await runtime.advance(700);
    holder.succeed();
    await runtime.advance(0);
    await db.lane("slow").query`select 1`;
    expect(waiting.result()).not.toBeNull();
    expect(asked).toMatchObject([
      { lane: "request", connectBy: 4_000, deadlineMs: 55_000 },
      { lane: "slow", connectBy: 4_700, deadlineMs: 300_000 },
    ]);
  });

  it("takes its permit from the lane that was asked for", async () => {
    const { db, guard, runtime } = guardedDatabase();
    void guard.run(heldCall().call);
    const slow = follow(db.lane("slow").one`select 1`);
    await runtime.advance(0);
    expect(slow.result()).toEqual({ value: { id: 1 } });
  });

  it.each([
    ["most of its deadline", 600, 0],
    ["half of its deadline", 500, 0],
    ["less than half of its deadline", 499, 1],
    ["no time", 0, 1],
  ])("votes for a failure by its deadline unless it waited for a connection: %s", async (_, waitMs, failures) => {
    const { runtime, log, instance } = fleet({ DB_CALL_TIMEOUT_MS: "1000" });
    const guard = instance();
    const hanging = fakeDatabase(() => []).open(SETTINGS, runtime);
    const query: Database["query"] = (_statement, { onConnection, signal }) =>
      new Promise((_resolve, reject) => {
        runtime.setTimer(() => onConnection?.(), waitMs);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const database = { ...hanging, query };
    const db = guardDatabase({ guard, database, runtime, log, limits: { waitMs: 4_000 } });
    const asked = follow(db.query`select 1`);
    await runtime.advance(1_000);
    expect(asked.result()?.error).toMatchObject({ fault: "timeout" });
    expect(await guard.view()).toMatchObject({ window: { failures } });
  });

  it("is as slow as the database, whatever the wait for a connection took", async () => {
    const { runtime, log, instance } = fleet({ CIRCUIT_BREAKER_SLOW_CALL_MS: "300", CIRCUIT_BREAKER_SLOW_RATE: "0.5" });
    const guard = instance();
    const times = [
      { waitMs: 250, ranMs: 400 },
      { waitMs: 400, ranMs: 250 },
    ];
    const passing = (ms: number) => new Promise<void>((resolve) => void runtime.setTimer(resolve, ms));
    const query = async (_: unknown, { onConnection }: Execution) => {
      const { waitMs = 0, ranMs = 0 } = times.shift() ?? {};
      await passing(waitMs);
      onConnection?.();
      await passing(ranMs);
      return [];
    };
    const database = { ...fakeDatabase(() => []).open(SETTINGS, runtime), query: query as Database["query"] };
    const db = guardDatabase({ guard, database, runtime, log, limits: { waitMs: 4_000 } });
    const asked = [follow(db.query`select 1`), follow(db.query`select 1`)];
    await runtime.advance(1_000);
    expect(asked.map(({ result }) => result())).toEqual([{ value: [] }, { value: [] }]);
    expect(await guard.view()).toMatchObject({ window: { calls: 2, slow: 1 } });
  });

  it("is slow by a fault that makes it so, which is no wait for a connection", async () => {
    const { runtime, log, instance } = fleet({
      CIRCUIT_BREAKER_SLOW_CALL_MS: "1000",
      CIRCUIT_BREAKER_SLOW_RATE: "0.5",
    });
    const guard = instance();
    const { adapter, faults } = withFaults(fakeDatabase(() => []));
    const database = adapter.open(SETTINGS, runtime);
    const db = guardDatabase({ guard, database, runtime, log, limits: { waitMs: 4_000 } });
    faults.set({ mode: "slow", forMs: 60_000, delayMs: 2_000 });
    const rows = async () => {
      for await (const _ of db.stream`select 1`);
    };
    const asked = [db.query`select 1`, db.transaction((tx) => tx.query`select 1`), rows()].map(follow);
    await runtime.advance(10_000);
    expect(asked.map(({ result }) => result()?.error)).toEqual([undefined, undefined, undefined]);
    expect(await guard.view()).toMatchObject({ window: { calls: 3, slow: 3 } });
  });

  it("ends for a caller who has gone, in every lane", async () => {
    const tab = new AbortController();
    const { db, asked } = guardedDatabase([], tab.signal);
    tab.abort(new Error("closed"));
    for (const each of [db, db.lane("slow")]) await expect(each.query`select 1`).rejects.toThrow("closed");
    expect(asked).toEqual([]);
  });
});
