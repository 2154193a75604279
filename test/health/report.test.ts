import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { withFaults } from "../../lib/database/faults.ts";
import { latestNews, UNKNOWN } from "../../lib/health/ping.ts";
import { readReport } from "../../lib/health/report.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { follow } from "../support/guarded.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
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
  const payload = { status: "healthy" };
  const report = { health: payload, deep: payload, degradation: null, news: null };

  it("is read as it was written", () => {
    const full = { ...report, degradation: { since: "now", lastedMs: 1 }, news: { ping: OK, ageMs: 2 } };
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
