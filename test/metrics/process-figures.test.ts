import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Family } from "../../lib/metrics/family.ts";
import { createProcessFigures, type ProcessFigures, processFiguresOf } from "../../lib/metrics/process-figures.ts";
import { memory } from "../../lib/store/memory.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { eventually } from "../support/processes.ts";

function figures(): ProcessFigures {
  const answers = { loaded: 0, fresh: 0, refreshing: 0, shared: 0, stale: 0, missing: 0 };
  const lately = { staleInLastMinute: 0, oldestSecondsInLastMinute: 0 };
  const made = createProcessFigures({
    registry: { families: () => [] },
    pool: () => ({ size: 5, checkedIn: 3, checkedOut: 2, overflow: 1, maxCapacity: 7, waiting: 0 }),
    kept: () => ({ answers, stale: {}, staleAges: [], staleSecondsSum: 0, entries: 4, bytes: 40, ...lately }),
    logLinesDropped: () => 6,
    auditFailures: () => 1,
    version: "1.2.3",
  });
  onTestFinished(made.stop);
  return made;
}

const figureIn = (families: readonly Family[], name: string, label?: string) =>
  families
    .find((family) => family.name === name)
    ?.samples.find(({ labels = {} }) => label === undefined || Object.values(labels).includes(label))?.value;

test("the figures of a process are plain data", () => {
  const own = figures().own();
  expect(JSON.parse(JSON.stringify(own))).toEqual(own);
  expect(figureIn(own, "tidegate_process_connections", "checked_out")).toBe(2);
  expect(figureIn(own, "tidegate_process_connections_max")).toBe(7);
  expect(figureIn(own, "tidegate_log_lines_dropped_total")).toBe(6);
  expect(figureIn(own, "tidegate_audit_failures_total")).toBe(1);
  expect(figureIn(own, "tidegate_kept_entries")).toBe(4);
  expect(figureIn(own, "tidegate_process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(figureIn(own, "tidegate_process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(figureIn(own, "tidegate_build_info", "1.2.3")).toBe(1);
});

test("how late the event loop is, is known from the second time on, without what the looks themselves take", async () => {
  const { own, stop } = figures();
  const delay = "tidegate_process_event_loop_delay_seconds";
  expect(own().find(({ name }) => name === delay)?.samples).toEqual([]);
  const seen: number[] = [];
  await eventually("work that keeps the loop from turning is seen", async () => {
    // It measures between looks of its own, which are 20 ms apart.
    await pause(30);
    const until = performance.now() + 120;
    while (performance.now() < until);
    await pause(30);
    const longest = figureIn(own(), delay, "100") ?? 0;
    seen.push(longest);
    return longest > 0.08;
  });
  expect(seen.every((seconds) => seconds >= 0)).toBe(true);
  stop();
  expect(own().find(({ name }) => name === delay)?.samples).toEqual([]);
});

test("who collects is handed this process's own, and answers for all", async () => {
  const { all, collectBy } = figures();
  collectBy(async (own) => [...own, { name: "tidegate_workers", samples: [{ labels: { state: "ready" }, value: 3 }] }]);
  const families = await all();
  expect(figureIn(families, "tidegate_workers", "ready")).toBe(3);
  expect(figureIn(families, "tidegate_kept_entries")).toBe(4);
});

test("where others cannot be had, a process tells of itself", async () => {
  const { all, collectBy } = figures();
  collectBy(() => Promise.reject(new Error("the supervisor is gone")));
  expect(figureIn(await all(), "tidegate_kept_entries")).toBe(4);
});

test("they are found in what tidegate() returns, and in nothing else", async () => {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const tide = tidegate({ store: memory(), log });
  onTestFinished(() => tide.close());
  expect(processFiguresOf(tide)?.own()).not.toEqual([]);
  expect(processFiguresOf({ ...tide })).toBeUndefined();
});
