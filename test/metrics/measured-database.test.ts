import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError, type Execution } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import type { Lane } from "../../lib/gate/types.ts";
import { measured } from "../../lib/metrics/measured-database.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";

describe("a measured database", () => {
  it("times every statement, failed ones and those of transactions too, and no ping", async () => {
    const runtime = manualRuntime();
    const times: (readonly [ms: number, lane: Lane, outcome: string])[] = [];
    const fake = fakeDatabase(async (text) => {
      await new Promise<void>((resolve) => void runtime.setTimer(resolve, Number(text.replace(/\D/g, ""))));
      if (text === "fail 30") throw new DatabaseError("statement", "wrong");
      return [];
    });
    const record = (...taken: (typeof times)[number]) => void times.push(taken);
    const database = measured(fake.open(readConfig({}).pool, runtime), record, runtime);
    const { signal } = new AbortController();
    const execution: Execution = { lane: "request", deadlineMs: 1_000, startBy: 1_000, connectBy: 1_000, signal };
    const ended = Promise.allSettled([
      database.query(sql`take 10`, execution),
      database.query(sql`fail 30`, execution),
      database.transaction(execution, {}, async (tx) => {
        await tx.query(sql`take 50`);
        await tx.query(sql`take 70`);
      }),
      database.ping(execution),
    ]);
    await runtime.advance(1_000);
    expect((await ended).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(times).toEqual([
      [10, "request", "success"],
      [30, "request", "failure"],
      [50, "request", "success"],
      [70, "request", "success"],
    ]);
  });
});
