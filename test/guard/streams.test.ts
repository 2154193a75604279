import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { guardDatabase } from "../../lib/guard/database/guarded-database.ts";
import { BATCH_ROWS } from "../../lib/guard/database/stream.ts";
import { type Answer, fakeDatabase, withFaults } from "../../lib/testing/testing.ts";
import { SETTINGS } from "../support/execution.ts";
import { fleet, follow } from "../support/guarded.ts";

const PAUSED = () => new Promise<never>(() => {});
const ROWS = Array.from({ length: 2 * BATCH_ROWS + 10 }, (_, n) => ({ n }));

function scene(answer: Answer = () => ROWS, signal?: AbortSignal) {
  const { runtime, log, events, instance } = fleet({
    DB_POOL_SIZE: "1",
    DB_MAX_OVERFLOW: "0",
    DB_CALL_TIMEOUT_MS: "5000",
    CIRCUIT_BREAKER_SLOW_CALL_MS: "1000",
  });
  let asked = 0;
  const { adapter, faults } = withFaults(
    fakeDatabase((text, values) => {
      asked += 1;
      return answer(text, values);
    }),
  );
  const database = adapter.open(SETTINGS, runtime);
  const guard = instance();
  const db = guardDatabase({ guard, database, runtime, log, limits: { waitMs: 4_000, signal } });
  const view = async () => {
    const { lanes, window } = await guard.view();
    return { running: lanes.request.running, out: database.pool().checkedOut, ...window };
  };
  const broken = () => events.filter(({ event }) => event === "stream.broken");
  return { db, runtime, view, guard, faults, broken, asked: () => asked };
}

describe("a stream behind the gate", () => {
  it("gives every row in order, holding one permit while there are more to come", async () => {
    const { db, view } = scene();
    const seen: number[] = [];
    for await (const { n } of db.stream<{ n: number }>`select n`) {
      if (seen.length === 0) expect(await view()).toMatchObject({ running: 1, out: 1 });
      seen.push(n);
    }
    expect(seen).toEqual(ROWS.map(({ n }) => n));
    expect(await view()).toMatchObject({ running: 0, out: 0, calls: 1 });
  });

  it("gives its permit back while the last batch is still being read", async () => {
    const { db, runtime, view } = scene(() => ROWS.slice(0, 3));
    const rows = db.stream`select n`;
    await rows.next();
    await runtime.advance(0);
    expect(await view()).toMatchObject({ running: 0, calls: 1 });
    expect(await rows.next()).toEqual({ done: false, value: { n: 1 } });
  });

  it("asks for nothing before the first row is asked for", async () => {
    const { db, view, asked } = scene();
    const rows = db.stream`select n`;
    expect(await view()).toMatchObject({ running: 0 });
    await rows.return?.();
    expect(await rows.next()).toEqual({ done: true, value: undefined });
    expect(asked()).toBe(0);
  });

  it.each(["break", "throw"])("gives its permit back by the time a loop is left by %s", async (way) => {
    const { db, view } = scene();
    const loop = async () => {
      for await (const _ of db.stream`select n`) {
        if (way === "break") break;
        throw new Error("enough");
      }
    };
    if (way === "break") await loop();
    else await expect(loop()).rejects.toThrow("enough");
    expect(await view()).toMatchObject({ running: 0, out: 0, calls: 1, failures: 0 });
  });

  it("stops what is being fetched for somebody who leaves meanwhile", async () => {
    const { db, runtime, view } = scene(PAUSED);
    const rows = db.stream`select n`;
    const next = follow(rows.next());
    await runtime.advance(10);
    expect(await view()).toMatchObject({ running: 1 });
    const left = follow(rows.return?.() ?? PAUSED());
    await runtime.advance(0);
    expect([next.result(), left.result()]).toEqual([
      { value: { done: true, value: undefined } },
      { value: { done: true, value: undefined } },
    ]);
    expect(await view()).toMatchObject({ running: 0, out: 0, calls: 0, failures: 0 });
  });

  it("takes the permit from a reader who stopped, at the deadline, and the database is not to blame", async () => {
    const { db, runtime, view } = scene();
    const rows = db.stream`select n`;
    await rows.next();
    await runtime.advance(4_999);
    expect(await view()).toMatchObject({ running: 1 });
    await runtime.advance(1);
    expect(await view()).toMatchObject({ running: 0, out: 0, calls: 0, failures: 0 });
    // What it has not read is not given to it as if all were well.
    await expect(rows.next()).rejects.toMatchObject({ fault: "timeout" });
    expect(await rows.next()).toEqual({ done: true, value: undefined });
  });

  it("blames the database for rows that do not come", async () => {
    const { db, runtime, view } = scene(PAUSED);
    const next = follow(db.stream`select n`.next());
    await runtime.advance(5_000);
    expect(next.result()).toMatchObject({ error: { fault: "timeout" } });
    expect(await view()).toMatchObject({ running: 0, failures: 1 });
  });

  it("counts for the breaker and says so in one line of the log, when it breaks off after its first rows", async () => {
    const { db, view, faults, broken } = scene();
    const rows = db.stream`select n`;
    expect(await rows.next()).toEqual({ done: false, value: { n: 0 } });
    faults.set({ mode: "failing", forMs: 1_000 });
    const rest = async () => {
      for await (const _ of rows);
    };
    await expect(rest()).rejects.toMatchObject({ fault: "connection" });
    expect(await view()).toMatchObject({ running: 0, out: 0, failures: 1 });
    expect(broken()).toMatchObject([
      {
        level: "warn",
        fields: { lane: "request", rows: BATCH_ROWS, code: "DB_CONNECTION_FAILED", fault: "connection" },
      },
    ]);
  });

  it("says so where it breaks off after a single row", async () => {
    const { runtime, log, events, instance } = fleet();
    const open = fakeDatabase(() => []).open(SETTINGS, runtime);
    const stream: typeof open.stream = async (_statement, _execution, _rows, take) => {
      await take([{ n: 0 }] as never, false);
      throw new DatabaseError("connection", "gone");
    };
    const database = { ...open, stream };
    const rows = guardDatabase({ guard: instance(), database, runtime, log }).stream`select n`;
    expect(await rows.next()).toMatchObject({ value: { n: 0 } });
    await expect(rows.next()).rejects.toMatchObject({ fault: "connection" });
    expect(events).toMatchObject([{ event: "gate.life" }, { event: "stream.broken", fields: { rows: 1 } }]);
  });

  it("says nothing of a stream that failed before its first row, was read to its end, or was left", async () => {
    const { db, runtime, faults, broken } = scene();
    faults.set({ mode: "failing", forMs: 1_000 });
    await expect(db.stream`select n`.next()).rejects.toMatchObject({ fault: "connection" });
    faults.clear();
    for await (const _ of db.stream`select n`);
    const left = db.stream`select n`;
    await left.next();
    await left.return?.();
    const tab = new AbortController();
    const other = scene(undefined, tab.signal);
    const abandoned = other.db.stream`select n`;
    await abandoned.next();
    tab.abort();
    await other.runtime.advance(0);
    await abandoned.next().catch(() => {});
    await runtime.advance(0);
    expect([...broken(), ...other.broken()]).toEqual([]);
  });

  it("is slow by the database's time, not by its reader's", async () => {
    const { db, runtime, view } = scene();
    const rows = db.stream`select n`;
    await rows.next();
    await runtime.advance(3_000);
    const rest = follow(
      (async () => {
        for await (const _ of rows);
      })(),
    );
    await runtime.advance(0);
    expect(rest.result()).toEqual({ value: undefined });
    expect(await view()).toMatchObject({ calls: 1, slow: 0 });
  });

  it("throws the database's error from the loop, and a refusal", async () => {
    const { db, guard } = scene(() => {
      throw new DatabaseError("connection", "gone");
    });
    await expect(db.stream`select n`.next()).rejects.toMatchObject({ fault: "connection" });
    guard.close();
    await expect(db.stream`select n`.next()).rejects.toMatchObject({ name: "Refused" });
  });

  it("ends for a caller who has gone", async () => {
    const tab = new AbortController();
    const { db, runtime, view } = scene(undefined, tab.signal);
    const rows = db.stream`select n`;
    await rows.next();
    tab.abort(new Error("closed"));
    await runtime.advance(0);
    expect(await view()).toMatchObject({ running: 0, out: 0 });
    await expect(rows.next()).rejects.toThrow("closed");
  });
});
