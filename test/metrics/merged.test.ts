import { describe, expect, test } from "vitest";
import { createBounds } from "../../lib/metrics/bounds.ts";
import { type Family, family, histogramSamples, type SentFamily } from "../../lib/metrics/family.ts";
import { lasting, merged, writable } from "../../lib/metrics/merged.ts";

const exemplar = (traceId: string, at: number) => ({ traceId, value: 0.003, at });
const routes = (count: number, example?: ReturnType<typeof exemplar>): Family => ({
  name: "http_server_request_duration_seconds",
  samples: histogramSamples(
    { http_request_method: "GET", http_route: "/orders", http_response_status_code: "200" },
    { bounds: [0.005], counts: [count, 1], sum: count / 100, exemplars: [example, undefined] },
  ),
});
const process = (version: string, connections: number, delay: number): Family[] => [
  family("tidegate_process_connections", [{ labels: { state: "checked_out" }, value: connections }]),
  family("tidegate_process_event_loop_delay_seconds", [{ labels: { percentile: "99" }, value: delay }]),
  family("tidegate_log_lines_dropped_total", [{ value: connections }]),
  family("tidegate_build_info", [{ labels: { version, runtime: "node" }, value: 1 }]),
];

describe("figures of several processes", () => {
  test("become one: added up, the highest, or any, as the catalogue has it", () => {
    expect(merged([process("1.0.0", 2, 0.5), process("1.0.0", 3, 0.1)])).toEqual(
      process("1.0.0", 5, 0.5).map((one) =>
        one.name === "tidegate_log_lines_dropped_total" ? { ...one, samples: [{ value: 5 }] } : one,
      ),
    );
  });

  test("keep what only one of them has, apart by their labels", () => {
    const both = merged([process("1.0.0", 2, 0.5), process("2.0.0", 0, 0), [routes(1)]]);
    expect(both.find(({ name }) => name === "tidegate_build_info")?.samples).toHaveLength(2);
    expect(both.find(({ name }) => name === "http_server_request_duration_seconds")).toEqual(routes(1));
  });

  test("add up histograms bucket by bucket, with the newest of their examples", () => {
    const [one, other] = [exemplar("a", 1), exemplar("b", 2)];
    const [sum] = merged([[routes(2, one)], [routes(3, other)], [routes(0)]]);
    expect(sum?.samples.map(({ value }) => value)).toEqual([5, 8, 0.05, 8]);
    expect(sum?.samples[0]?.exemplar).toEqual(other);
  });

  test("of a release that knows more are handed on, for whoever can write them", () => {
    const newer = [{ name: "tidegate_tides_total", samples: [{ value: 2 }] }];
    const both = merged([newer, newer, [routes(1)]]);
    expect(both[0]).toEqual({ name: "tidegate_tides_total", samples: [{ value: 4 }] });
    expect(writable(both)).toEqual([routes(1)]);
    expect(lasting(both)).toEqual([routes(1)]);
  });

  test("in other buckets, as another release may have them, do not add up with these", () => {
    const { samples } = routes(3);
    const other = samples.map((one) =>
      one.labels?.le === "0.005" ? { ...one, labels: { ...one.labels, le: "0.25" } } : one,
    );
    expect(merged([[routes(2)], [{ name: routes(3).name, samples: other }]])).toEqual([routes(2)]);
  });

  test("have no more names between them than one may have, and keep those that they have", () => {
    const bounded = createBounds();
    const calls = (gates: readonly string[]): Family[] => [
      {
        name: "tidegate_wait_seconds",
        samples: gates.flatMap((gate) =>
          histogramSamples({ gate, lane: "request" }, { bounds: [1], counts: [1, 0], sum: 0.5 }),
        ),
      },
    ];
    const gatesIn = (families: readonly SentFamily[]) =>
      new Set(families.flatMap(({ samples }) => samples.map(({ labels }) => labels?.gate)));
    const many = (from: number) => Array.from({ length: 80 }, (_, n) => `tenant-${from + n}`);
    const first = merged([bounded(calls(many(0)))]);
    expect(gatesIn(first).size).toBe(80);
    const both = merged([bounded(calls(many(0))), bounded(calls(many(80))), bounded(calls(["main"]))]);
    const gates = gatesIn(both);
    expect([gates.size, gates.has("main"), gates.has("other")]).toEqual([101, true, true]);
    const counted = both[0]?.samples.filter(({ suffix }) => suffix === "_count") ?? [];
    expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(161);
    expect(counted.find(({ labels }) => labels?.gate === "other")?.value).toBe(61);
    expect(gatesIn(bounded(calls(["tenant-159"])))).toEqual(new Set(["other"]));
  });

  test("of one that has ended are what it has counted", () => {
    expect(lasting([...process("1.0.0", 2, 0.5), routes(1)]).map(({ name }) => name)).toEqual([
      "tidegate_log_lines_dropped_total",
      "http_server_request_duration_seconds",
    ]);
  });
});
