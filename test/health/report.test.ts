import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { withFaults } from "../../lib/database/faults.ts";
import type { HealthFacts } from "../../lib/health/facts.ts";
import { latestNews, UNKNOWN } from "../../lib/health/ping.ts";
import { readReport, reportOn } from "../../lib/health/report.ts";
import { NO_RESTARTS } from "../../lib/recovery/recovery.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { follow } from "../support/guarded.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** With one part after the other gone, or another thing; what may be missing or null is left alone. */
function* eachSpoilt(value: object): Generator<{ readonly what: string; readonly spoilt: unknown }> {
  const put = (name: string, part: unknown) => (Array.isArray(value) ? [part] : { ...value, [name]: part });
  for (const [name, part] of Object.entries(value)) {
    if (MAY_BE_ANYTHING.has(name) || part === null) continue;
    for (const by of [[7, "x"], undefined, null]) yield { what: `${name}: ${by}`, spoilt: put(name, by) };
    if (typeof part !== "object") continue;
    for (const { what, spoilt } of eachSpoilt(part)) yield { what: `${name}.${what}`, spoilt: put(name, spoilt) };
  }
}
/** Nobody takes these apart, or they may be missing. */
const MAY_BE_ANYTHING = new Set([
  ...["message", "warnings", "news", "degraded_too_long", "slow_query_rate", "slow_query_ms", "scope"],
  ...["computed_at", "window_seconds", "latency_ms"],
]);
const FACTS: HealthFacts = {
  at: 1_800_000_000_000,
  ping: { status: "ok", latencyMs: 3 },
  gate: null,
  storeReachable: true,
  storeKind: "memory",
  storeLatencyMs: 1,
  dependencies: {},
  pool: fakeDatabase(() => [])
    .open(readConfig({}).pool, manualRuntime())
    .pool(),
  restarts: NO_RESTARTS,
  queries: { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, slowCount: 0, slowMs: 1_000, windowMs: 300_000 },
};
const OK = { status: "ok", latencyMs: 3 } as const;

describe("news of the database", () => {
  it("is the ping's; without one the last that was heard, for ten seconds in all", () => {
    const error = { status: "error", latencyMs: 5, error: "away" } as const;
    expect(latestNews(error, { news: { ping: OK, ageMs: 0 }, ageMs: 5_000 })).toEqual({ ping: error, ageMs: 0 });
    const handedOn = latestNews(UNKNOWN, { news: { ping: OK, ageMs: 0 }, ageMs: 5_000 });
    expect(handedOn).toEqual({ ping: OK, ageMs: 5_000 });
    expect(latestNews(UNKNOWN, { news: handedOn, ageMs: 5_000 })).toEqual({ ping: OK, ageMs: 10_000 });
    expect(latestNews(UNKNOWN, { news: handedOn, ageMs: 5_001 })).toBeNull();
    expect(latestNews(UNKNOWN, null)).toBeNull();
  });

  it("is handed on from instance to instance, where the one that may ping has died", async () => {
    const runtime = manualRuntime();
    const store = memory();
    const { adapter } = withFaults(fakeDatabase(() => []));
    const config = readConfig({});
    const [one, other] = [0, 1].map(() => tidegate({ database: adapter, store, config, log: silent, runtime }));
    const read = async (tide: typeof one) => (await tide?.routes().request("/health"))?.json();
    expect(await read(one)).toMatchObject({ services: { database: "ok" } });
    await runtime.advance(5_000);
    // It takes the ping's permit with it.
    void follow(Promise.resolve(one?.gate("main").run(() => new Promise(() => {}), { lane: "health" })));
    expect(await read(other)).toMatchObject({ services: { database: "ok" }, age_ms: 0 });
  });
});

describe("a report that somebody left in the store", () => {
  const report = reportOn(FACTS, null, "fleet", readConfig({}));

  it("is none where any part of it is not what it must be", () => {
    const taken = [...eachSpoilt(report)].filter(({ spoilt }) => readReport(JSON.stringify(spoilt)) !== null);
    expect(taken.map(({ what }) => what)).toEqual([]);
  });

  it("is read as it was written", () => {
    const degradation = { since: "2026-01-01T00:00:00.000Z", lastedMs: 1 };
    const full = { ...report, degradation, news: { ping: OK, ageMs: 2 } };
    for (const each of [report, full]) expect(readReport(JSON.stringify(each))).toEqual(each);
  });

  it.each([
    ["", "no JSON"],
    ["null", "nothing"],
    ["7", "a number"],
    ["[]", "a list"],
    [JSON.stringify({ ...report, health: null }), "no payload"],
    [JSON.stringify({ ...report, health: { status: "fine" } }), "an unknown status"],
    [JSON.stringify({ ...report, deep: undefined }), "half of it"],
    [JSON.stringify({ ...report, degradation: { since: 7, lastedMs: 1 } }), "a wrong time"],
    [JSON.stringify({ ...report, degradation: { since: "now", lastedMs: "long" } }), "a wrong duration"],
    [JSON.stringify({ ...report, degradation: undefined }), "another version"],
    [JSON.stringify({ ...report, news: { ageMs: 1 } }), "news of nothing"],
    [JSON.stringify({ ...report, news: undefined }), "an older version"],
    ["{".repeat(100_000), "hostile nesting"],
  ])("is none, without an error: %.30s (%s)", (text) => {
    expect(readReport(text)).toBeNull();
  });
});
