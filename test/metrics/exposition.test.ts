import { describe, expect, test } from "vitest";
import { exposition } from "../../lib/metrics/exposition.ts";
import { bound, type Family, family, histogramSamples } from "../../lib/metrics/family.ts";

const HELP = "# HELP tidegate_instances Instances that are there, as far as the gate has heard.\n";
const at = (gate: string): Family => family("tidegate_instances", [{ labels: { gate }, value: 1 }]);

describe("as text", () => {
  test("families without values are left out, and nothing is no line at all", () => {
    expect(exposition([family("tidegate_instances", [])], "text")).toBe("");
    expect(exposition([at("a")], "text")).toBe(
      `${HELP}# TYPE tidegate_instances gauge\ntidegate_instances{gate="a"} 1\n`,
    );
  });

  test("what was given in parts is one family, in the order of the catalogue", () => {
    const up = family("tidegate_database_up", [{ value: 0 }]);
    const lines = exposition([up, at("a"), at("b")], "text").split("\n");
    expect(lines.filter((line) => line.startsWith("# TYPE"))).toEqual([
      "# TYPE tidegate_instances gauge",
      "# TYPE tidegate_database_up gauge",
    ]);
    expect(lines).toContain('tidegate_instances{gate="b"} 1');
  });

  test("values of labels are escaped", () => {
    expect(exposition([at('bil"ling\n\\')], "text")).toContain('{gate="bil\\"ling\\n\\\\"} 1\n');
  });

  test("numbers that are none are written as Prometheus reads them", () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21].map((value) => ({ value }));
    const lines = exposition([family("tidegate_health_age_seconds", values)], "text")
      .trim()
      .split("\n")
      .slice(2);
    expect(lines.map((line) => line.split(" ")[1])).toEqual(["NaN", "+Inf", "-Inf", "1e+21"]);
  });
});

describe("as OpenMetrics", () => {
  test("a counter's family has no _total, what has a unit says it, and the end is marked", () => {
    const ran = family("tidegate_calls_run_seconds_total", [{ labels: { gate: "a", lane: "slow" }, value: 2.5 }]);
    expect(exposition([ran], "openmetrics").split("\n")).toEqual([
      "# HELP tidegate_calls_run_seconds For how long calls have held permits, all together.",
      "# TYPE tidegate_calls_run_seconds counter",
      "# UNIT tidegate_calls_run_seconds seconds",
      'tidegate_calls_run_seconds_total{gate="a",lane="slow"} 2.5',
      "# EOF",
      "",
    ]);
    expect(exposition([], "openmetrics")).toBe("# EOF\n");
  });

  test("a bucket has its example there, and nowhere else", () => {
    const exemplar = { traceId: "0af7651916cd43dd8448eb211c80319c", value: 0.2, at: 1_700_000_000_123 };
    const samples = histogramSamples(
      {},
      { bounds: [0.1, 1], counts: [0, 1, 0], sum: 0.2, exemplars: [undefined, exemplar] },
    );
    const families = [{ name: "tidegate_kept_stale_age_seconds", samples }] as const;
    expect(exposition(families, "openmetrics")).toContain(
      'tidegate_kept_stale_age_seconds_bucket{le="1.0"} 1 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.2 1700000000.123\n',
    );
    expect(exposition(families, "text")).not.toContain("trace_id");
  });
});

test("buckets add up, and their bounds are written alike in every format", () => {
  const samples = histogramSamples({ lane: "slow" }, { bounds: [0.5, 1], counts: [2, 0, 1], sum: 7 });
  expect(samples.map(({ suffix, labels, value }) => [suffix, labels?.le, value])).toEqual([
    ["_bucket", "0.5", 2],
    ["_bucket", "1.0", 2],
    ["_bucket", "+Inf", 3],
    ["_sum", undefined, 7],
    ["_count", undefined, 3],
  ]);
  expect([0.0025, 86_400, Number.POSITIVE_INFINITY].map(bound)).toEqual(["0.0025", "86400.0", "+Inf"]);
});
