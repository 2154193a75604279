import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { withFaults } from "../../lib/database/faults.ts";
import { degradation } from "../../lib/health/degradation.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const NOW = Date.UTC(2026, 0, 1);

describe("how long a degradation has lasted", () => {
  it("counts over the whole fleet, whoever computes, and is an alert in time", async () => {
    const runtime = manualRuntime();
    const { adapter, faults } = withFaults(fakeDatabase(() => []));
    const store = memory();
    const config = readConfig({ RESILIENCE_DEGRADED_ALERT_SECONDS: "60" });
    const tideOf = () => tidegate({ database: adapter, store, config, log: silent, runtime }).routes();
    const fleet = [tideOf(), tideOf(), tideOf()];
    const read = async (turn: number) => (await fleet[turn % 3]?.request("/health"))?.json();

    expect(await read(0)).toMatchObject({ degraded_since: null, resilience: { alerts: { degraded_too_long: false } } });
    await runtime.advance(5_000);
    const since = new Date(runtime.wallMs()).toISOString();
    faults.set({ mode: "failing", forMs: 60_000 });
    for (let turn = 0; turn < 12; turn++) {
      expect(await read(turn)).toMatchObject({
        degraded_since: since,
        resilience: { alerts: { degraded_too_long: false } },
      });
      // A wall clock that jumps counts for nothing.
      if (turn === 5) runtime.jumpWall(-86_400_000);
      await runtime.advance(5_000);
    }
    faults.set({ mode: "failing", forMs: 4_000 });
    expect(await read(12)).toMatchObject({
      degraded_since: since,
      resilience: { alerts: { degraded_too_long: true } },
    });
    // A fourth that comes later knows it too.
    expect(await (await tideOf().request("/health")).json()).toMatchObject({ degraded_since: since });
    await runtime.advance(5_000);
    expect(await read(1)).toMatchObject({ degraded_since: null, resilience: { alerts: { degraded_too_long: false } } });
  });

  it("begins anew where nobody has looked for longer than ten minutes", () => {
    const before = { since: "2026-01-01T00:00:00.000Z", lastedMs: 1_000 };
    const seenAgain = (ageMs: number) => degradation("degraded", { degradation: before, ageMs }, NOW + ageMs);
    expect(seenAgain(600_000)).toEqual({ since: before.since, lastedMs: 601_000 });
    expect(seenAgain(600_001)).toEqual({ since: "2026-01-01T00:10:00.001Z", lastedMs: 0 });
  });

  it("is over at the first healthy look, and goes on when the reason changes", () => {
    const before = { degradation: { since: "2026-01-01T00:00:00.000Z", lastedMs: 1_000 }, ageMs: 5_000 };
    expect(degradation("healthy", before, NOW)).toBeNull();
    expect(degradation("unhealthy", before, NOW)).toMatchObject({ lastedMs: 6_000 });
  });
});
