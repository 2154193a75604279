import { describe, expect, test } from "vitest";
import { BUCKETS } from "../../lib/metrics/catalogue-process.ts";
import { createRegistry, MOST_GATES_NAMED, MOST_SERIES, type Registry } from "../../lib/metrics/registry.ts";
import type { DurationName } from "../../lib/telemetry/port.ts";
import { telemetryOf } from "../support/fake-telemetry.ts";

const WALL = { wallMs: () => 1_700_000_000_000 };
const registry = () => createRegistry({ runtime: WALL, tracing: null, meters: null });
const CALLS = "tidegate_call_duration_seconds";
const REQUESTS = "http_server_request_duration_seconds";

const samplesOf = ({ families }: Registry, name: DurationName) =>
  families().find((family) => family.name === name)?.samples ?? [];
/** Values of a label, each once. */
const valuesOf = (from: Registry, name: DurationName, label: string) => [
  ...new Set(samplesOf(from, name).map(({ labels }) => labels?.[label])),
];
const call = (gate: string) => ({ gate, lane: "request", outcome: "success" });

describe("a duration", () => {
  test("counts in the first bucket whose bound it does not exceed", () => {
    for (const [at, seconds] of BUCKETS[CALLS].entries()) {
      const one = registry();
      one.record(CALLS, seconds, call("main"));
      const buckets = samplesOf(one, CALLS).filter(({ suffix }) => suffix === "_bucket");
      expect(buckets.findIndex(({ value }) => value === 1)).toBe(at);
    }
  });

  test("beyond all bounds counts without one, and 0 in the first", () => {
    const one = registry();
    const record = one.timing(CALLS, call("main"));
    record(61);
    record(0);
    const classic = samplesOf(one, CALLS).filter(({ suffix }) => suffix !== "_native");
    const counts = classic.map(({ value }) => value);
    expect(counts).toEqual([...BUCKETS[CALLS].map(() => 1), 2, 61, 2]);
  });

  test("is the same series however it is asked for, and whatever is said beside its labels", () => {
    const one = registry();
    one.timing(CALLS, call("main"))(0.1);
    one.timing(CALLS, { outcome: "success", lane: "request", gate: "main", more: "than that" })(0.1);
    one.record(CALLS, 0.1, call("main"));
    const counts = samplesOf(one, CALLS).filter(({ suffix }) => suffix === "_count");
    expect(counts).toEqual([{ suffix: "_count", labels: call("main"), value: 3 }]);
  });

  test("that nobody has recorded is not there", () => {
    const one = registry();
    one.timing(CALLS, call("main"));
    expect(one.families().flatMap(({ samples }) => samples)).toEqual([]);
  });
});

describe("a bound on series", () => {
  test("gates beyond the hundredth are other, the database's never", () => {
    const one = registry();
    for (let gate = 1; gate <= 150; gate++) one.record(CALLS, 0.1, call(`g-${gate}`));
    one.record(CALLS, 0.1, call("main"));
    const gates = valuesOf(one, CALLS, "gate");
    expect(gates).toHaveLength(MOST_GATES_NAMED + 1);
    expect(gates).toContain("main");
    expect(gates).toContain("g-99");
    expect(gates).not.toContain("g-100");
    const others = samplesOf(one, CALLS).find(({ suffix, labels }) => suffix === "_count" && labels?.gate === "other");
    expect(others?.value).toBe(51);
  });

  test("routes beyond the thousandth series are other, and those before it go on", () => {
    const one = registry();
    const request = (route: string) => ({
      http_request_method: "GET",
      http_route: route,
      http_response_status_code: "200",
    });
    for (let route = 1; route <= MOST_SERIES + 50; route++) one.record(REQUESTS, 0.1, request(`/r/${route}`));
    one.record(REQUESTS, 0.1, request("/r/1"));
    expect(valuesOf(one, REQUESTS, "http_route")).toHaveLength(MOST_SERIES + 1);
    const countOf = (route: string) =>
      samplesOf(one, REQUESTS).find(({ suffix, labels }) => suffix === "_count" && labels?.http_route === route)?.value;
    expect([countOf("/r/1"), countOf("other")]).toEqual([2, 50]);
  });
});

describe("with telemetry", () => {
  const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true };

  test("each measurement is told, with labels that are the same object every time", () => {
    const telemetry = telemetryOf(null);
    const one = createRegistry({ runtime: WALL, ...telemetry });
    const record = one.timing(CALLS, call("main"));
    record(0.1);
    record(0.2);
    expect(telemetry.recorded).toEqual([
      { name: CALLS, seconds: 0.1, labels: call("main") },
      { name: CALLS, seconds: 0.2, labels: call("main") },
    ]);
    expect(telemetry.recorded[0]?.labels).toBe(telemetry.recorded[1]?.labels);
  });

  test("a bucket names the newest trace in it, where that is kept", () => {
    const one = createRegistry({ runtime: WALL, tracing: telemetryOf(ids).tracing, meters: null });
    one.record(CALLS, 0.3, call("main"));
    one.record(CALLS, 0.4, call("main"));
    const examples = samplesOf(one, CALLS).flatMap(({ labels, exemplar }) =>
      exemplar ? [[labels?.le, exemplar]] : [],
    );
    expect(examples).toEqual([["0.5", { traceId: ids.traceId, value: 0.4, at: 1_700_000_000_000 }]]);
    const unsampled = createRegistry({
      runtime: WALL,
      tracing: telemetryOf({ ...ids, sampled: false }).tracing,
      meters: null,
    });
    unsampled.record(CALLS, 0.3, call("main"));
    expect(samplesOf(unsampled, CALLS).some(({ exemplar }) => exemplar)).toBe(false);
  });

  test("what it throws fails nothing, and is counted all the same", () => {
    const broken = () => {
      throw new Error("an exporter");
    };
    const tracing = { ...telemetryOf(ids).tracing, current: broken };
    const one = createRegistry({ runtime: WALL, tracing, meters: { record: broken } });
    one.timing(CALLS, call("main"))(0.1);
    one.record(CALLS, 0.1, call("main"));
    expect(samplesOf(one, CALLS).find(({ suffix }) => suffix === "_count")?.value).toBe(2);
  });
});
