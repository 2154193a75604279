/** What `tidegate top` reads out of the figures of two moments. */
import { describe, expect, test } from "vitest";
import { durationsOf, growthOf, quantile, ratesOf } from "../../lib/cli/top/growth.ts";
import { numberOf, parseSamples, samplesOf, wordOf } from "../../lib/cli/top/samples.ts";
import { exposition } from "../../lib/metrics/exposition.ts";
import { type Family, family } from "../../lib/metrics/family.ts";
import { createRegistry } from "../../lib/metrics/registry.ts";

const samplesIn = (...families: Family[]) => parseSamples(exposition(families, "text"));
const calls = (success: number, failure: number, gate = "main") =>
  family("tidegate_calls_total", [
    { labels: { gate, lane: "request", outcome: "success" }, value: success },
    { labels: { gate, lane: "request", outcome: "failure" }, value: failure },
  ]);
const REQUEST = { gate: "main", lane: "request" };

describe("the figures of an instance", () => {
  test("are read as they were written, whatever stands in a label", () => {
    const gate = 'a "quoted" \\ }\nname, x="y"';
    const samples = samplesIn(
      family("tidegate_instances", [
        { labels: { gate: "main" }, value: 3 },
        { labels: { gate }, value: 0.25 },
      ]),
      family("tidegate_health_age_seconds", [{ value: Number.NaN }]),
    );
    expect(numberOf(samples, "tidegate_instances", { gate })).toBe(0.25);
    expect(numberOf(samples, "tidegate_instances", { gate: "main" })).toBe(3);
    expect(numberOf(samples, "tidegate_health_age_seconds")).toBeNull();
    expect(numberOf(samples, "tidegate_waiting_calls")).toBeNull();
  });

  test("of another format, or cut off, are passed over line by line", () => {
    const samples = parseSamples('# TYPE a gauge\na{b="c"} 1 # {trace_id="x"} 1\n\nb\nc{ 2\nd +Inf\ne -Inf\nf one');
    expect([...samples.keys()]).toEqual(["a", "d", "e"]);
    expect(samplesOf(samples, "a")).toEqual([{ labels: { b: "c" }, value: 1 }]);
    expect(numberOf(samples, "d")).toBe(Number.POSITIVE_INFINITY);
  });

  test("have the word beside which the 1 stands", () => {
    const states = ["closed", "open"].map((state) => ({ labels: { gate: "main", state }, value: +(state === "open") }));
    const samples = samplesIn(family("tidegate_breaker_state", states));
    expect(wordOf(samples, "tidegate_breaker_state", "state", { gate: "main" })).toBe("open");
    expect(wordOf(samples, "tidegate_breaker_state", "state", { gate: "else" })).toBeNull();
  });
});

describe("a rate", () => {
  const rates = (before: Family[], now: Family[], seconds = 2) =>
    ratesOf(
      { before: samplesIn(...before), now: samplesIn(...now), seconds },
      "tidegate_calls_total",
      "outcome",
      REQUEST,
    );

  test("is what a counter has grown by, in the time between", () => {
    expect(rates([calls(10, 1)], [calls(30, 2)])).toEqual({ success: 10, failure: 0.5 });
  });

  test("counts a counter that has begun anew from its new beginning", () => {
    expect(rates([calls(1_000, 5)], [calls(4, 0)])).toEqual({ success: 2, failure: 0 });
  });

  test("counts all of a series that was not there where others of its gate were", () => {
    const health = family("tidegate_calls_total", [
      { labels: { gate: "main", lane: "request", outcome: "success" }, value: 10 },
    ]);
    expect(rates([health], [calls(10, 6)])).toEqual({ success: 0, failure: 3 });
  });

  test("is not known while an instance leaves its counters out, nor right after", () => {
    expect(rates([calls(10, 0)], [])).toBeNull();
    expect(rates([], [calls(1_000_000, 0)])).toBeNull();
    expect(rates([calls(1, 1, "other")], [calls(1_000_000, 0)])).toBeNull();
    expect(ratesOf(null, "tidegate_calls_total", "outcome", REQUEST)).toBeNull();
  });

  test("is that of the labels that were asked for alone", () => {
    const span = {
      before: samplesIn(calls(0, 0), calls(0, 0, "mes")),
      now: samplesIn(calls(1, 0), calls(9, 0, "mes")),
      seconds: 1,
    };
    expect(growthOf(span, "tidegate_calls_total", { gate: "mes", outcome: "success" })).toMatchObject([{ value: 9 }]);
  });
});

describe("a percentile", () => {
  const NAME = "tidegate_call_duration_seconds";
  /** A process that measures: what it has counted so far. */
  const measuring = () => {
    const registry = createRegistry({ runtime: { wallMs: () => 0 }, tracing: null, meters: null });
    return (outcome?: string, seconds = 0, times = 0): Family[] => {
      for (let time = 0; time < times; time += 1)
        registry.record(NAME, seconds, { ...REQUEST, outcome: outcome ?? "" });
      return registry.families().filter(({ name }) => name === NAME);
    };
  };
  const durations = (before: Family[], now: Family[]) =>
    durationsOf({ before: samplesIn(...before), now: samplesIn(...now), seconds: 2 }, NAME, REQUEST);

  test("is of what has ended since the reading before, all outcomes together", () => {
    const counted = measuring();
    const before = counted("success", 0.0005, 1_000);
    counted("success", 0.02, 98);
    const now = counted("failure", 0.07, 2);
    // 98 between 10 and 25 ms, 2 between 50 and 100 ms.
    const { per_second, p50_seconds, p95_seconds, p99_seconds } = durations(before, now) ?? {};
    expect(per_second).toBe(50);
    expect(p50_seconds).toBeCloseTo(0.01 + 0.015 * (50 / 98));
    expect(p95_seconds).toBeCloseTo(0.01 + 0.015 * (95 / 98));
    expect(p99_seconds).toBeCloseTo(0.075);
  });

  test("is that of the new process where a histogram has begun anew", () => {
    const seen = durations(measuring()("success", 0.4, 500), measuring()("success", 0.0005, 4));
    expect(seen).toMatchObject({ per_second: 2, p99_seconds: 0.001 * 0.99 });
  });

  test("is not known where nothing has ended, nor before there are two readings", () => {
    const still = measuring()("success", 0.003, 7);
    expect(durations(still, still)).toEqual({ per_second: 0, p50_seconds: null, p95_seconds: null, p99_seconds: null });
    expect(durations([], [])).toMatchObject({ per_second: 0, p50_seconds: null });
    expect(durationsOf(null, NAME, REQUEST)).toBeNull();
  });

  test("beyond the last bound is that bound", () => {
    expect(durations([], measuring()("success", 100, 1))).toMatchObject({ p50_seconds: 60 });
    expect(quantile([], 0.5)).toBeNull();
    expect(
      quantile(
        [
          [1, 0],
          [2, 10],
          [Number.POSITIVE_INFINITY, 0],
        ],
        0.5,
      ),
    ).toBe(1.5);
  });
});
