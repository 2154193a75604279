/** Counters while the store is away: none is set back, and nothing that happened meanwhile is lost. */
import { expect, test } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { smallApp } from "../support/app.ts";
import { scraped } from "../support/scrape.ts";

interface Absentable {
  readonly store: StoreAdapter;
  away: boolean;
}

function absentable(): Absentable {
  const adapter = memory();
  const self: Absentable = {
    away: false,
    store: {
      ...adapter,
      open: (runtime) => {
        const store = adapter.open(runtime);
        const { transact } = store;
        return {
          ...store,
          transact: (...args) => (self.away ? Promise.reject(new Error("no route to the store")) : transact(...args)),
        };
      },
    },
  };
  return self;
}

const COUNTERS = /^tidegate_(?:calls|refusals|transitions|renewals|kept_answers|kept_stale_answers|restarts)_.*total/;
const countersOf = (figures: Readonly<Record<string, number>>) =>
  Object.entries(figures).filter(([name]) => COUNTERS.test(name));

test("the fleet's counters are left out, gauges of the local gate are there, and afterwards nothing is missing", async () => {
  const home = absentable();
  const small = smallApp({ METRICS_PUBLIC: "true", DB_POOL_SIZE: "4" }, undefined, { store: home.store });
  const call = () => small.tide.run(() => {});
  await call();
  const before = (await scraped(small)).figures;

  home.away = true;
  for (let tick = 0; tick < 10; tick++) {
    await call().catch(() => {});
    await small.runtime.advance(1_000);
  }
  const meanwhile = (await scraped(small)).figures;
  expect(countersOf(meanwhile)).toEqual([]);
  expect(meanwhile).toMatchObject({
    tidegate_state_store_up: 0,
    'tidegate_breaker_state{gate="main",state="closed"}': 1,
    'tidegate_call_duration_seconds_count{gate="main",lane="request",outcome="success"}': 11,
  });
  expect(meanwhile['tidegate_lane_capacity{gate="main",lane="request"}']).toBeGreaterThan(0);

  home.away = false;
  // A verdict of health may be 10 s old here.
  await small.runtime.advance(11_000);
  const { figures: after } = await scraped(small);
  for (const [name, value] of countersOf(before)) expect(after[name], name).toBeGreaterThanOrEqual(value);
  expect(after).toMatchObject({
    tidegate_state_store_up: 1,
    'tidegate_calls_total{gate="main",lane="request",outcome="success"}': 11,
  });
});
