/** How long single calls wait, by their own word, and how the limits of handles come together. */
import { describe, expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type GuardedDatabase, sql, type Tidegate } from "../../lib/tidegate.ts";
import { farStore, turn } from "../support/far-store.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

/** Of its own accord every call waits for ten seconds. */
const ENV = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", DB_CALL_TIMEOUT_MS: "60000" };
const FULL = { refusal: { gate: "main", reason: "full", code: "DB_POOL_EXHAUSTED" } };
const ONE = sql`select 1`;

interface Limits {
  readonly waitMs?: number;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}
const all = async (rows: AsyncIterable<unknown>) => {
  for await (const _ of rows);
};
const WAYS: readonly (readonly [name: string, ask: (tide: Tidegate, limits: Limits) => Promise<unknown>])[] = [
  ["run", (tide, limits) => tide.run(() => "in", limits)],
  ["run of the gate by its name", (tide, limits) => tide.gate("main").run(() => "in", limits)],
  ["acquire", (tide, limits) => tide.acquire(limits).then((permit) => permit.dispose())],
  ["query", (tide, limits) => tide.db.query(ONE, limits)],
  ["one", (tide, limits) => tide.db.one(ONE, limits)],
  ["stream", (tide, limits) => all(tide.db.stream(ONE, limits))],
  ["transaction", (tide, limits) => tide.db.transaction((tx) => tx.query`select 1`, limits)],
  ["query by db.with", (tide, limits) => tide.db.with(limits).query`select 1`],
  ["one by db.with", (tide, limits) => tide.db.with(limits).one`select 1`],
  ["stream by db.with", (tide, limits) => all(tide.db.with(limits).stream`select 1`)],
  ["transaction by db.with", (tide, limits) => tide.db.with(limits).transaction((tx) => tx.query`select 1`)],
];

/** An application whose only permit is held. */
function full() {
  const { application, runtime } = applications(ENV);
  const [tide, held] = [application(), heldCall()];
  void follow(tide.run(held.hold));
  return { tide, runtime, free: held.succeed };
}

describe("a call that says how long it waits", () => {
  it.each(WAYS)("is refused when that is over, before its gate's own wait: %s", async (_, ask) => {
    const { tide, runtime } = full();
    const asked = follow(ask(tide, { waitMs: 200 }));
    await runtime.advance(199);
    expect(asked.result()).toBeNull();
    await runtime.advance(1);
    expect(asked.result()?.error).toMatchObject(FULL);
  });

  it.each(WAYS)("waits for longer than its gate's own wait where it says so: %s", async (_, ask) => {
    const { tide, runtime, free } = full();
    const [patient, more] = [30_000, 40_000].map((waitMs) => follow(ask(tide, { waitMs })));
    await runtime.advance(29_999);
    expect(patient?.result()).toBeNull();
    await runtime.advance(1);
    expect([patient?.result()?.error, more?.result()]).toMatchObject([FULL, null]);
    free();
    await runtime.advance(0);
    expect(more?.result()).toHaveProperty("value");
  });

  it.each(WAYS)("is refused at once where it does not want to wait and all is held: %s", async (_, ask) => {
    const { tide, runtime, free } = full();
    const asked = follow(ask(tide, { waitMs: 0 }));
    await runtime.advance(0);
    expect(asked.result()?.error).toMatchObject(FULL);
    free();
    await runtime.advance(0);
    const again = follow(ask(tide, { waitMs: 0 }));
    await runtime.advance(0);
    expect(again.result()).toHaveProperty("value");
  });

  it.each(WAYS)("hears within one answer of a store far away whether it may run: %s", async (_, ask) => {
    const { adapter, sent, answerAll } = farStore();
    const tide = applications(ENV, adapter).application();
    const answered = async () => {
      const [before, asked] = [sent.length, follow(ask(tide, { waitMs: 0 }))];
      await turn();
      expect(sent.length - before).toBe(1);
      await sent[before]?.answer();
      return asked.result();
    };
    expect(await answered()).toHaveProperty("value");
    await answerAll();
    void follow(tide.run(heldCall().hold));
    await answerAll();
    expect((await answered())?.error).toMatchObject(FULL);
  });

  it.each(WAYS)("is told that a wait is 0 or more where it says what is none: %s", async (_, ask) => {
    const { tide } = full();
    for (const waitMs of [-1, Number.NaN]) {
      const asked = ask(tide, { waitMs });
      await expect(asked).rejects.toThrow(RangeError);
      await expect(asked).rejects.toThrow(
        `waitMs must be 0 or more, was ${waitMs}; leave it out for the gate's own wait`,
      );
    }
    expect(tide.gates()[0]?.lanes.request).toMatchObject({ running: 1, waiting: 0 });
  });

  it.each(WAYS)("has the whole of its deadline after its wait, however long that was: %s", async (_, ask) => {
    const { tide, runtime, free } = full();
    const asked = follow(ask(tide, { deadlineMs: 100 }));
    await runtime.advance(9_000);
    free();
    await runtime.advance(0);
    expect(asked.result()).toHaveProperty("value");
  });

  it("runs for as long as its deadline says after a wait that was longer", async () => {
    const { tide, runtime, free } = full();
    const held = heldCall();
    const asked = follow(tide.run(held.hold, { deadlineMs: 100, waitMs: 20_000 }));
    await runtime.advance(15_000);
    free();
    await runtime.advance(99);
    expect([held.aborted(), asked.result()]).toEqual([false, null]);
    await runtime.advance(1);
    expect(asked.result()?.error).toMatchObject({ fault: "timeout" });
  });

  it("waits without an end where it says so", async () => {
    const { application, runtime } = applications(ENV);
    const tide = application();
    void follow(tide.run(heldCall().hold));
    const asked = [Number.POSITIVE_INFINITY, 2 ** 31].map((waitMs) => follow(tide.run(() => "in", { waitMs })));
    await runtime.advance(50_000);
    expect(asked.map(({ result }) => result())).toEqual([null, null]);
  });
});

describe("db.with", () => {
  const PAUSED = () => new Promise<never>(() => {});
  /** A database whose statements do not end. */
  function hanging() {
    const { application, runtime } = applications(
      { ...ENV, DB_POOL_SIZE: "9", DB_SLOW_MAX_CONCURRENT: "9", CIRCUIT_BREAKER_ENABLED: "false" },
      ...[memory(), manualRuntime(), PAUSED],
    );
    const tide = application();
    /** For how long a statement of that handle runs, at most. */
    const runsFor = async (db: GuardedDatabase, limits: Limits = {}) => {
      const [asked, startedAt] = [follow(db.query(ONE, limits)), runtime.monotonicMs()];
      while (!asked.result() && runtime.monotonicMs() < startedAt + 5_000) await runtime.advance(50);
      if (!asked.result()) return null;
      expect(asked.result()?.error).toMatchObject({ fault: "timeout" });
      return runtime.monotonicMs() - startedAt;
    };
    return { tide, db: tide.db, runtime, runsFor };
  }

  it("gives the limits of the handle to each of its statements, which may narrow them", async () => {
    const { db, runsFor } = hanging();
    const quick = db.with({ deadlineMs: 1_000 });
    expect([await runsFor(quick), await runsFor(quick)]).toEqual([1_000, 1_000]);
    expect(await runsFor(quick, { deadlineMs: 300 })).toBe(300);
    expect(await runsFor(quick.with({ deadlineMs: 400 }))).toBe(400);
    expect(await runsFor(quick.with({ waitMs: 5 }))).toBe(1_000);
    expect(await runsFor(quick.lane("slow"))).toBe(1_000);
    expect(await runsFor(db)).toBeNull();
  });

  it("gives a wait of its own, which a narrower handle and a statement narrow", async () => {
    const { tide, runtime } = full();
    const patient = tide.db.with({ waitMs: 900 });
    const asked = [
      patient.query(ONE),
      patient.with({ waitMs: 500 }).query(ONE),
      patient.query(ONE, { waitMs: 200 }),
      patient.with({ deadlineMs: 5 }).query(ONE),
      patient.transaction(() => "never", { waitMs: 100 }),
    ].map(follow);
    const over = async (ms: number) => {
      await runtime.advance(ms);
      return asked.map(({ result }) => result() !== null);
    };
    expect(await over(100)).toEqual([false, false, false, false, true]);
    expect(await over(100)).toEqual([false, false, true, false, true]);
    expect(await over(300)).toEqual([false, true, true, false, true]);
    expect(await over(400)).toEqual([true, true, true, true, true]);
  });

  it.each(["outer handle", "inner handle", "statement"] as const)(
    "lets everybody give up: the signal of the %s",
    async (whose) => {
      const { db, runtime } = hanging();
      const of = {
        "outer handle": new AbortController(),
        "inner handle": new AbortController(),
        statement: new AbortController(),
      };
      const handle = db.with({ signal: of["outer handle"].signal }).with({ signal: of["inner handle"].signal });
      const own = { signal: of.statement.signal };
      const asked = [handle.query(ONE, own), handle.transaction(PAUSED, own), all(handle.stream(ONE, own))].map(follow);
      await runtime.advance(0);
      expect(asked.map(({ result }) => result())).toEqual([null, null, null]);
      of[whose].abort(new Error("closed"));
      await runtime.advance(0);
      expect(asked.map(({ result }) => result()?.error)).toEqual(asked.map(() => new Error("closed")));
    },
  );

  it("goes through the lane that it says, and keeps the one it has where it says none", async () => {
    const { tide, db, runtime } = hanging();
    const slow = db.with({ lane: "slow" });
    const handles = [
      slow,
      slow.with({ deadlineMs: 9_000 }),
      db.lane("slow").with({ waitMs: 5 }),
      db.with({ waitMs: 5 }),
    ];
    for (const handle of handles) void follow(handle.query(ONE));
    await runtime.advance(0);
    const lanes = tide.gates()[0]?.lanes;
    expect([lanes?.slow.running, lanes?.request.running]).toEqual([3, 1]);
    void follow(slow.with({ lane: "request" }).query(ONE));
    await runtime.advance(0);
    expect(tide.gates()[0]?.lanes).toMatchObject({ slow: { running: 3 }, request: { running: 2 } });
  });
});
