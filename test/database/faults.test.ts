import { describe, expect, test } from "vitest";
import { withFaults } from "../../lib/database/faults.ts";
import type { Database, DatabaseAdapter, Execution } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { execution, SETTINGS } from "../support/execution.ts";

/** Time stands still until it is moved. */
function manualRuntime(): { readonly runtime: Runtime; advance(ms: number): Promise<void> } {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly task: () => void }>();
  return {
    runtime: {
      ...systemRuntime(),
      monotonicMs: () => now,
      setTimer: (task, delayMs) => {
        const timer = { at: now + delayMs, task };
        timers.add(timer);
        return timer;
      },
      clearTimer: (timer) => {
        timers.delete(timer as { at: number; task: () => void });
      },
    },
    advance: async (ms) => {
      now += ms;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.task();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function setUp() {
  const { runtime, advance } = manualRuntime();
  const seen: Execution[] = [];
  const inner: DatabaseAdapter = {
    kind: "pglite",
    address: "pglite:",
    secrets: [],
    open: () =>
      ({
        kind: "pglite",
        query: async (_: unknown, conditions: Execution) => {
          seen.push(conditions);
          return [{ v: 1 }];
        },
        ping: async (conditions: Execution) => {
          seen.push(conditions);
        },
      }) as unknown as Database,
  };
  const { adapter, faults } = withFaults(inner);
  return { runtime, advance, seen, faults, adapter, database: adapter.open(SETTINGS, runtime) };
}

/** "pending" until it has settled. */
function watch(promise: Promise<unknown>): { state: unknown } {
  const watched: { state: unknown } = { state: "pending" };
  promise.then(
    (value) => {
      watched.state = value;
    },
    (error: { fault?: string }) => {
      watched.state = error.fault;
    },
  );
  return watched;
}

describe("trouble on demand", () => {
  test("without any, everything passes untouched", async () => {
    const { database, runtime, seen, faults } = setUp();
    const conditions = execution(runtime);
    expect(await database.query(sql`select 1`, conditions)).toEqual([{ v: 1 }]);
    expect(seen).toEqual([conditions]);
    expect(faults.current()).toBeNull();
  });

  test("failing fails statements and pings, until its time is over", async () => {
    const { database, runtime, faults, seen, advance } = setUp();
    faults.set({ mode: "failing", forMs: 1_000 });
    await expect(database.query(sql`select 1`, execution(runtime))).rejects.toMatchObject({ fault: "connection" });
    await expect(database.ping(execution(runtime))).rejects.toMatchObject({ code: "DB_CONNECTION_FAILED" });
    await advance(400);
    expect(faults.current()).toEqual({ mode: "failing", remainingMs: 600 });
    await advance(600);
    expect(faults.current()).toBeNull();
    expect(seen).toEqual([]);
    await database.ping(execution(runtime));
  });

  test("clear ends it at once", async () => {
    const { database, runtime, faults } = setUp();
    faults.set({ mode: "failing", forMs: 60_000 });
    faults.clear();
    await database.ping(execution(runtime));
  });

  test("slow waits, then runs within what is left of the deadline", async () => {
    const { database, runtime, faults, seen, advance } = setUp();
    faults.set({ mode: "slow", forMs: 10_000 });
    const asked = watch(database.query(sql`select 1`, execution(runtime, { deadlineMs: 5_000, startWithinMs: 100 })));
    await advance(1_999);
    expect(asked.state).toBe("pending");
    await advance(1);
    expect(asked.state).toEqual([{ v: 1 }]);
    expect(seen).toMatchObject([{ deadlineMs: 3_000, startBy: 2_100 }]);
  });

  test("slow beyond the deadline is a timeout and runs nothing", async () => {
    const { database, runtime, faults, seen, advance } = setUp();
    faults.set({ mode: "slow", forMs: 10_000, delayMs: 9_000 });
    const asked = watch(database.query(sql`select 1`, execution(runtime, { deadlineMs: 500 })));
    await advance(500);
    expect(asked.state).toBe("timeout");
    expect(seen).toEqual([]);
  });

  test("slow can be given up", async () => {
    const { database, runtime, faults } = setUp();
    faults.set({ mode: "slow", forMs: 10_000 });
    const controller = new AbortController();
    const asked = database.query(sql`select 1`, execution(runtime, { signal: controller.signal }));
    controller.abort();
    await expect(asked).rejects.toMatchObject({ fault: "cancelled" });
  });

  test("hanging ends with the caller's patience or the deadline, and not with the trouble", async () => {
    const { database, runtime, faults, advance } = setUp();
    faults.set({ mode: "hanging", forMs: 1_000 });
    const controller = new AbortController();
    const patient = watch(database.query(sql`select 1`, execution(runtime, { deadlineMs: 3_000 })));
    const impatient = database.ping(execution(runtime, { signal: controller.signal }));
    controller.abort(new DOMException("late", "TimeoutError"));
    await expect(impatient).rejects.toMatchObject({ fault: "timeout" });
    await advance(2_999);
    expect([patient.state, faults.current()]).toEqual(["pending", null]);
    await advance(1);
    expect(patient.state).toBe("timeout");
  });

  test("nonsense is refused", () => {
    const { faults } = setUp();
    expect(() => faults.set({ mode: "slow", forMs: 0 })).toThrow(/forMs must be a positive number, it was 0/);
    expect(() => faults.set({ mode: "slow", forMs: 1, delayMs: Number.NaN })).toThrow(RangeError);
    const unopened = withFaults({ kind: "pglite", address: "", secrets: [], open: () => ({}) as Database });
    expect(() => unopened.faults.set({ mode: "slow", forMs: 1 })).toThrow(/an opened database is needed/);
  });
});
