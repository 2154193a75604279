/** Trouble that comes while a transaction or a stream is under way: it is met at the next step. */
import { describe, expect, test } from "vitest";
import { withFaults } from "../../lib/database/faults.ts";
import type { HeldConnection } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { follow } from "../support/guarded.ts";

const ROWS = [1, 2, 3, 4, 5].map((n) => ({ n }));

function setUp() {
  const runtime = manualRuntime();
  const texts: string[] = [];
  const fake = fakeDatabase((text) => {
    texts.push(text);
    return ROWS;
  });
  const { adapter, faults } = withFaults(fake);
  const database = adapter.open(SETTINGS, runtime);
  const run = (conditions: Conditions = {}) => execution(runtime, { deadlineMs: 5_000, ...conditions });
  const transact = (task: (held: HeldConnection) => Promise<unknown>, conditions?: Conditions) =>
    database.transaction(run(conditions), {}, task);
  /** Streams two rows at a time. `onBatch` sees each batch before more are asked for. */
  const stream = (onBatch: (batch: number) => void = () => {}) => {
    const batches: unknown[][] = [];
    const ended = database.stream(sql`select n`, run(), 2, async (rows) => {
      batches.push(rows);
      onBatch(batches.length);
      return true;
    });
    return { batches, ended };
  };
  return { runtime, faults, texts, database, transact, stream };
}

const FIRST = sql`insert into lots values (1)`;
const SECOND = sql`insert into lots values (2)`;

describe("trouble in a transaction", () => {
  test("fails the next statement, and rolls back", async () => {
    const { transact, faults, texts } = setUp();
    const failing = transact(async (held) => {
      await held.query(FIRST);
      faults.set({ mode: "failing", forMs: 1_000 });
      await held.query(SECOND);
    });
    await expect(failing).rejects.toMatchObject({ fault: "connection" });
    expect(texts).toEqual(["begin", "insert into lots values (1)", "rollback"]);
  });

  test("fails the commit when all statements had ended, and rolls back", async () => {
    const { transact, faults, texts } = setUp();
    const failing = transact(async (held) => {
      await held.query(FIRST);
      faults.set({ mode: "failing", forMs: 1_000 });
    });
    await expect(failing).rejects.toMatchObject({ fault: "connection" });
    expect(texts.at(-1)).toBe("rollback");
  });

  test("hangs until the one deadline of the whole", async () => {
    const { transact, faults, runtime, database } = setUp();
    const hanging = follow(
      transact(async (held) => {
        await held.query(FIRST);
        faults.set({ mode: "hanging", forMs: 60_000 });
        await held.query(SECOND);
      }),
    );
    await runtime.advance(4_999);
    expect(hanging.result()).toBeNull();
    await runtime.advance(1);
    expect(hanging.result()).toMatchObject({ error: { fault: "timeout" } });
    expect(database.pool().checkedOut).toBe(0);
  });

  test("slows every step", async () => {
    const { transact, faults, runtime } = setUp();
    faults.set({ mode: "slow", forMs: 60_000, delayMs: 1_000 });
    const slow = follow(transact((held) => held.query(FIRST)));
    // To begin, for the statement, and for the commit.
    await runtime.advance(2_999);
    expect(slow.result()).toBeNull();
    await runtime.advance(1);
    expect(slow.result()).toMatchObject({ value: ROWS });
  });
});

describe("trouble in a stream", () => {
  test("without any, every row comes, the last batch as well", async () => {
    const { stream } = setUp();
    const { batches, ended } = stream();
    await ended;
    expect(batches.flat()).toEqual(ROWS);
  });

  test("breaks it off after what was given", async () => {
    const { stream, faults, database } = setUp();
    const { batches, ended } = stream((batch) => {
      if (batch === 1) faults.set({ mode: "failing", forMs: 1_000 });
    });
    await expect(ended).rejects.toMatchObject({ fault: "connection" });
    expect(batches.flat()).toEqual(ROWS.slice(0, 2));
    expect(database.pool().checkedOut).toBe(0);
  });

  test("breaks it off before its last batch", async () => {
    const { stream, faults } = setUp();
    const { batches, ended } = stream((batch) => {
      if (batch === 2) faults.set({ mode: "failing", forMs: 1_000 });
    });
    await expect(ended).rejects.toMatchObject({ fault: "connection" });
    expect(batches.flat()).toEqual(ROWS.slice(0, 4));
  });

  test("hangs it until its deadline", async () => {
    const { stream, faults, runtime } = setUp();
    const { ended } = stream((batch) => {
      if (batch === 1) faults.set({ mode: "hanging", forMs: 60_000 });
    });
    const hanging = follow(ended);
    await runtime.advance(4_999);
    expect(hanging.result()).toBeNull();
    await runtime.advance(1);
    expect(hanging.result()).toMatchObject({ error: { fault: "timeout" } });
  });

  test("slows every batch", async () => {
    const { stream, faults, runtime } = setUp();
    faults.set({ mode: "slow", forMs: 60_000, delayMs: 1_000 });
    const { batches, ended } = stream();
    const slow = follow(ended);
    await runtime.advance(2_000);
    expect(batches).toHaveLength(2);
    await runtime.advance(1_000);
    expect(slow.result()).toEqual({ value: undefined });
    expect(batches.flat()).toEqual(ROWS);
  });
});
