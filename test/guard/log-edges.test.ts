/** What the log hears once for each edge: of the database, of refusals, of statements that take long. */
import { describe, expect, it } from "vitest";
import { DatabaseError, type Fault } from "../../lib/database/port.ts";
import { createDatabaseEdge } from "../../lib/guard/database-edge.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/testing.ts";
import { type SmallApp, smallApp } from "../support/app.ts";

const IDS = ["pid", "instance"];
const UNREACHABLE = expect.objectContaining({ code: "DB_CONNECTION_FAILED" });
/** Events with one of these beginnings, in order, without what every line has. */
const told = ({ lines }: Pick<SmallApp, "lines">, ...beginnings: string[]) =>
  lines
    .filter(({ event }) => beginnings.some((beginning) => event.startsWith(beginning)))
    .map(({ level, event, fields }) => [
      `${level} ${event}`,
      Object.fromEntries(Object.entries(fields).filter(([name]) => !IDS.includes(name))),
    ]);

describe("a database that goes away and comes back", () => {
  it("is told by pings while nobody calls, once each, by every instance that has pinged", async () => {
    const [store, runtime] = [memory(), manualRuntime()];
    const all = [smallApp({}, undefined, { store, runtime }), smallApp({}, undefined, { store, runtime })];
    const looks = async (of: readonly SmallApp[], times: number) => {
      for (let look = 0; look < times; look++) {
        for (const { app } of of) await app.request("/health");
        await runtime.advance(10_000);
      }
    };
    await looks(all, 1);
    for (const { faults } of all) faults.set({ mode: "failing", forMs: 1_000_000 });
    await looks(all.slice(0, 1), 3);
    expect(all.map((one) => told(one, "database."))).toEqual([
      [["warn database.away", { by: "ping", fault: "connection", error: UNREACHABLE }]],
      [],
    ]);
    await looks(all.slice(1), 3);
    for (const { faults } of all) faults.clear();
    await looks(all.slice(0, 1), 3);
    expect(told(all[0] as SmallApp, "database.")[1]).toEqual([
      "info database.back",
      { by: "ping", away_ms: expect.any(Number) },
    ]);
    expect(told(all[1] as SmallApp, "database.")).toMatchObject([["warn database.away", {}]]);
  });

  it("is told by three statements in a row that had no connection, and by the first that is answered", async () => {
    const small = smallApp({ CIRCUIT_BREAKER_ENABLED: "false" });
    const query = () => small.tide.db.query`select 1`.catch(() => {});
    small.faults.set({ mode: "failing", forMs: 10_000 });
    await query();
    await query();
    small.faults.clear();
    await query();
    small.faults.set({ mode: "failing", forMs: 10_000 });
    for (let call = 0; call < 2; call++) await query();
    expect(told(small, "database.")).toEqual([]);
    for (let call = 0; call < 5; call++) await query();
    await small.runtime.advance(5_000);
    small.faults.clear();
    await query();
    expect(told(small, "database.")).toEqual([
      ["warn database.away", { by: "statement", fault: "connection", error: UNREACHABLE }],
      ["info database.back", { by: "statement", away_ms: 5_000 }],
    ]);
  });

  it.each<[Fault, "ping" | "statement", number]>([
    ["connection", "ping", 1],
    ["timeout", "ping", 1],
    ["timeout", "statement", 0],
    ["exhausted", "statement", 0],
    ["cancelled", "statement", 0],
    ["statement", "statement", 0],
  ])("is not what %s of a %s says, but for the two of pings", (fault, by, times) => {
    const events: string[] = [];
    const say = (event: string) => void events.push(event);
    const edge = createDatabaseEdge({
      runtime: manualRuntime(),
      log: { debug: say, info: say, warn: say, error: say },
    });
    const lane = by === "ping" ? "health" : "request";
    for (let call = 0; call < 5; call++) edge(new DatabaseError(fault, "x"), "thrown", lane);
    expect(events).toEqual(Array(times).fill("database.away"));
    // An error of the server is an answer.
    edge(new DatabaseError("statement", "x"), "thrown", lane);
    expect(events.slice(times)).toEqual(Array(times).fill("database.back"));
  });

  it("is none of what an application runs behind the gate itself", async () => {
    const { tide, ...small } = smallApp({ CIRCUIT_BREAKER_ENABLED: "false" });
    const refused = Object.assign(new Error("another server"), { code: "ECONNREFUSED" });
    for (let call = 0; call < 5; call++) await tide.run(() => Promise.reject(refused)).catch(() => {});
    expect(told(small, "database.")).toEqual([]);
  });
});

describe("an episode of refusals", () => {
  it("is two lines, whatever their number: the first, and all of them by their reasons", async () => {
    const small = smallApp({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" });
    const { tide, runtime } = small;
    await tide.override({ mode: "force_open", ttlMs: 60_000, actor: "ann", reason: "a rehearsal" });
    for (let call = 0; call < 100; call++) {
      await tide.run(() => "never").catch(() => {});
      await runtime.advance(100);
    }
    await tide.override({ mode: "auto", ttlMs: 1, actor: "ann", reason: "it is over" });
    const held = Promise.withResolvers<void>();
    const holder = tide.run(() => held.promise);
    await tide.run(() => "never", { waitMs: 0 }).catch(() => {});
    held.resolve();
    await holder;
    const begun = ["warn refusals.begun", { gate: "main", lane: "request", reason: "forced" }];
    expect(told(small, "refusals.")).toEqual([begun]);
    await runtime.advance(9_999);
    await tide.run(() => "let in");
    expect(told(small, "refusals.")).toEqual([begun]);
    await runtime.advance(1);
    await tide.run(() => "let in");
    const sum = { gate: "main", refused: 101, reasons: { forced: 100, probing: 1 }, lasted_ms: 10_000 };
    expect(told(small, "refusals.")).toEqual([begun, ["info refusals.ended", sum]]);
  });

  it("is each gate's own, begins anew after 10 s without, and ends with the instance", async () => {
    const small = smallApp();
    const { tide, runtime } = small;
    const word = { actor: "ann", reason: "a rehearsal", ttlMs: 60_000 } as const;
    await tide.override({ ...word, mode: "force_open" });
    await tide.gate("billing").override({ ...word, mode: "force_open" });
    const refuse = (gate: string) =>
      tide
        .gate(gate)
        .run(() => "never")
        .catch(() => {});
    await refuse("main");
    await refuse("billing");
    await runtime.advance(10_000);
    await refuse("billing");
    await tide.close();
    const ofGate = (gate: string) =>
      told(small, "refusals.").flatMap(([event, fields]) => ((fields as { gate: string }).gate === gate ? event : []));
    // Of the database's gate the ping tells, which is made while callers are refused.
    expect(ofGate("main")).toEqual(["warn refusals.begun", "info refusals.ended"]);
    const twice = ["warn refusals.begun", "info refusals.ended"];
    expect(ofGate("billing")).toEqual([...twice, ...twice]);
  });
});

describe("a slow statement", () => {
  /** Answers after as many milliseconds as its value says. */
  const slowly = (env: Record<string, string> = {}) => {
    const runtime = manualRuntime();
    const answer = async (_: string, values: readonly unknown[]) => {
      runtime.stall(Number(values[0] ?? 0));
      return [];
    };
    return { ...smallApp(env, answer, { runtime }), runtime };
  };

  it("is told with its lane and its time from CIRCUIT_BREAKER_SLOW_CALL_MS on, without what it says", async () => {
    const small = slowly({ CIRCUIT_BREAKER_SLOW_CALL_MS: "200" });
    const { db } = small.tide;
    await db.query`select ${199} as "a secret"`;
    await db.query`select ${200} as "a secret"`;
    await db.lane("slow").query`select ${300} as "a secret"`;
    await db.transaction((tx) => tx.query`select ${400} as "a secret"`);
    expect(told(small, "statement.")).toEqual([
      ["warn statement.slow", { lane: "request", took_ms: 200 }],
      ["info statement.slow", { lane: "slow", took_ms: 300 }],
      ["warn statement.slow", { lane: "request", took_ms: 400 }],
    ]);
    expect(JSON.stringify(told(small, "statement."))).not.toContain("secret");
  });

  it("is one of a second where nothing is set, and five are told in a second; the others are a sum", async () => {
    const small = slowly();
    await small.tide.db.query`select ${999}`;
    await small.tide.db.query`select ${1_000}`;
    expect(told(small, "statement.")).toEqual([["warn statement.slow", { lane: "request", took_ms: 1_000 }]]);
    small.lines.length = 0;

    const many = slowly({ CIRCUIT_BREAKER_SLOW_CALL_MS: "1" });
    for (let ms = 1; ms <= 8; ms++) await many.tide.db.query`select ${ms}`;
    expect(told(many, "statement.")).toHaveLength(5);
    await many.runtime.advance(1_000);
    await many.tide.db.query`select ${9}`;
    expect(told(many, "statement.").slice(5)).toEqual([
      ["warn statement.slow_more", { statements: 3, longest_ms: 8 }],
      ["warn statement.slow", { lane: "request", took_ms: 9 }],
    ]);
    for (let n = 0; n < 5; n++) await many.tide.db.query`select ${1}`;
    await many.tide.close();
    expect(told(many, "statement.").at(-1)).toEqual(["warn statement.slow_more", { statements: 1, longest_ms: 1 }]);
  });
});
