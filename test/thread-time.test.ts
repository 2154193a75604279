/** What somebody else's code may take of the thread that all calls share. */
import { describe, expect, it } from "vitest";
import { createEvents } from "../lib/events.ts";
import { chooseLog } from "../lib/log/choose.ts";
import { createLog } from "../lib/log/log.ts";
import type { LogFields } from "../lib/log/port.ts";
import { createRedactor } from "../lib/log/redaction.ts";
import { type ManualRuntime, manualRuntime } from "../lib/testing/testing.ts";
import { threadTime } from "../lib/thread-time.ts";

const redact = createRedactor({ secrets: [] });
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const STEP_MS = 10;

/** p99 of calls that are due every 10 ms for ten minutes, and cost nothing but what `each` keeps them waiting. */
async function p99(runtime: ManualRuntime, each: () => void): Promise<number> {
  const lateMs: number[] = [];
  for (let due = runtime.monotonicMs(); lateMs.length < 60_000; due += STEP_MS) {
    if (runtime.monotonicMs() < due) await tick(runtime, due - runtime.monotonicMs());
    lateMs.push(runtime.monotonicMs() - due);
    each();
  }
  return lateMs.toSorted((one, other) => one - other)[Math.floor(lateMs.length * 0.99)] ?? Number.NaN;
}

/** The clock moves on, and what was left for the end of the turn is done; without a turn of the real loop each time. */
async function tick(runtime: ManualRuntime, ms: number): Promise<void> {
  await Promise.resolve();
  runtime.stall(ms);
}

describe("time of the thread", () => {
  it("is not counted below 50 ms, however often it is taken", () => {
    const runtime = manualRuntime();
    const time = threadTime(runtime);
    for (let call = 0; call < 1_000; call++) time.spend(() => runtime.stall(50));
    expect(time.pauseMs()).toBe(0);
  });

  it("is two seconds at once; then a pause of 200 times what is too much", () => {
    const runtime = manualRuntime();
    const time = threadTime(runtime);
    for (let call = 0; call < 33; call++) time.spend(() => runtime.stall(60));
    expect(time.pauseMs()).toBe(0);
    expect(() =>
      time.spend(() => {
        runtime.stall(1_000);
        throw new Error("and fails");
      }),
    ).toThrow("and fails");
    const pauseMs = time.pauseMs();
    expect(pauseMs).toBeGreaterThan(190_000);
    expect(pauseMs).toBeLessThan(200_000);
    runtime.stall(pauseMs);
    expect(time.pauseMs()).toBe(0);
  });
});

it("is ten minutes at most without a call, also where the process stood still in the middle of one", () => {
  const runtime = manualRuntime();
  const time = threadTime(runtime);
  time.spend(() => runtime.stall(86_400_000));
  expect(time.pauseMs()).toBe(600_000);
});

describe("p99 of calls, of which each is told of, is unchanged by", () => {
  it("a listener that blocks for a second per call; its log says for how long it is not called", async () => {
    const runtime = manualRuntime();
    const told: (readonly [event: string, fields: LogFields | undefined])[] = [];
    const write = (event: string, fields?: LogFields) => void told.push([event, fields]);
    const events = createEvents(runtime, { ...SILENT, info: write, warn: write, error: write });
    let [calls, others] = [0, 0];
    events.on("store", () => {
      calls += 1;
      runtime.stall(1_000);
    });
    events.on("store", () => void others++);
    expect(await p99(runtime, () => events.emit("store", { gate: "main", state: "back" }))).toBe(0);
    expect(calls).toBe(5);
    expect(others).toBe(60_000);
    const named = (name: string) => told.filter(([event]) => event === name).map(([, fields]) => fields);
    expect(named("listener.failed")).toHaveLength(1);
    expect(named("listener.paused")[0]).toEqual({ kind: "store", took_ms: 1_000, pause_ms: expect.any(Number) });
    expect(named("listener.resumed")[0]).toEqual({ kind: "store", skipped: expect.any(Number) });
  });

  it.each(["blocks", "blocks and throws", "rejects"])("a log of the application's own that %s", async (how) => {
    const runtime = manualRuntime();
    const heard: string[] = [];
    const write = (event: string) => {
      heard.push(event);
      if (how === "rejects") return Promise.reject(new Error("no disk"));
      runtime.stall(1_000);
      if (how !== "blocks") throw new Error("no disk");
      return undefined;
    };
    const own = { debug: write, info: write, warn: write, error: write };
    const settings = { level: "info", format: "json" } as const;
    const { log, dropped } = chooseLog({ own, settings, redact, origin: () => ({}), runtime });
    expect(await p99(runtime, () => log.warn("a.b", {}))).toBe(0);
    if (how === "rejects") return expect(dropped()).toBe(0);
    expect(heard).toEqual(["a.b", "a.b", "a.b", "log.dropped", "log.dropped"]);
    expect(dropped()).toBeGreaterThan(59_000);
  });

  it("a console that blocks, whose lines wait until somebody waits for them", async () => {
    const runtime = manualRuntime();
    const written: string[] = [];
    let calls = 0;
    const sink = (lines: readonly string[]) => {
      calls += 1;
      runtime.stall(1_000);
      written.push(...lines);
    };
    const log = createLog({ level: "info", format: "json", redact, runtime, sink });
    expect(await p99(runtime, () => log.info("a.b"))).toBe(0);
    expect(calls).toBeLessThan(6);
    log.info("last.one");
    await log.flush();
    expect(written.at(-1)).toContain("last.one");
    expect(written.some((line) => line.includes("log.dropped"))).toBe(true);
  });
});
