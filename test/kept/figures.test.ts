import { describe, expect, test } from "vitest";
import { createKeptCounting } from "../../lib/kept/figures.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { manualRuntime } from "../../lib/testing/testing.ts";

function counting() {
  const runtime = manualRuntime();
  const lines: [string, string, LogFields | undefined][] = [];
  const write = (level: string) => (event: string, fields?: LogFields) => void lines.push([level, event, fields]);
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const tallies: string[] = [];
  const tally = (one: string) => void tallies.push(one);
  return { runtime, lines, tallies, counting: createKeptCounting({ tally, runtime, log }) };
}

describe("what stood in for new answers", () => {
  test("is told for the last minute, and is forgotten second by second", async () => {
    const { runtime, counting: kept } = counting();
    expect(kept.lately()).toEqual({ staleInLastMinute: 0, oldestSecondsInLastMinute: 0 });
    kept.countStale("CIRCUIT_BREAKER_OPEN", 90_000);
    await runtime.advance(30_000);
    for (let n = 0; n < 5; n++) kept.countStale("CIRCUIT_BREAKER_OPEN", 20_000);
    expect(kept.lately()).toEqual({ staleInLastMinute: 6, oldestSecondsInLastMinute: 90 });
    await runtime.advance(30_000);
    expect(kept.lately()).toEqual({ staleInLastMinute: 5, oldestSecondsInLastMinute: 20 });
    await runtime.advance(30_000);
    expect(kept.lately()).toEqual({ staleInLastMinute: 0, oldestSecondsInLastMinute: 0 });
    expect(kept.figures()).toMatchObject({ answers: { stale: 6 }, staleSecondsSum: 190, ...kept.lately() });
  });

  test("is one outage for the log, from the first of them to the first new answer once they have ended", async () => {
    const { runtime, lines, counting: kept } = counting();
    kept.count("loaded");
    kept.countStale("DB_CONNECTION_FAILED", 12_400);
    await runtime.advance(4_000);
    // Of another route, whose source is there.
    kept.count("loaded");
    kept.countStale("CIRCUIT_BREAKER_OPEN", 16_400);
    await runtime.advance(5_000);
    // Of before it.
    kept.count("fresh", 21_400);
    expect(lines).toEqual([["warn", "kept.stale_began", { code: "DB_CONNECTION_FAILED", age_seconds: 12 }]]);
    kept.count("loaded");
    kept.count("loaded");
    expect(lines.slice(1)).toEqual([["info", "kept.stale_ended", { answers: 2, lasted_ms: 4_000 }]]);
    kept.countStale("DB_POOL_EXHAUSTED", 1_000);
    expect(lines.slice(2)).toMatchObject([["warn", "kept.stale_began", { code: "DB_POOL_EXHAUSTED" }]]);
    // The source has answered another instance, which has kept it for all.
    await runtime.advance(8_000);
    kept.count("fresh", 2_000);
    expect(lines.slice(3)).toEqual([["info", "kept.stale_ended", { answers: 1, lasted_ms: 0 }]]);
  });
});
