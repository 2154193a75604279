import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { noHoldings } from "../../lib/guard/gate-client/holdings.ts";
import { restingStanding, standingOf } from "../../lib/guard/gate-client/standing.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { at, holding, NOBODY } from "../support/gate-heard.ts";

const ENV = { DB_POOL_SIZE: "7", DB_MAX_OVERFLOW: "0", DB_SLOW_MAX_CONCURRENT: "2" };
const rules = guardRules(readConfig(ENV), memory().open(manualRuntime()).traits);
const waiting = { ...NOBODY, request: 4, slow: 1 };

describe("how a gate stands", () => {
  test("is what is held while that lasts, what runs and what waits, of what was heard at that time", () => {
    const own = holding(
      { leaseMs: 2_000, breaker: { state: "half_open" }, lanes: { request: { permits: 3 }, slow: { permits: 1 } } },
      { request: { running: 2, probing: 1 } },
    );
    const lanes = {
      request: { capacity: 7, held: 3, running: 3, waiting: 4 },
      slow: { capacity: 2, held: 1, running: 0, waiting: 1 },
    };
    const standing = (ms: number) => standingOf(own, { rules, attached: true, waiting, now: at(ms) });
    expect(standing(99.6)).toEqual({ breaker: "half_open", forced: null, lanes, attached: true, ageMs: 100 });
    expect(standing(2_000)).toMatchObject({ lanes: { request: { held: 0, running: 3 }, slow: { held: 0 } } });
  });

  test("has an operator's override, and no age where it was never heard of", () => {
    const override = { mode: "force_open", remainingMs: 1, actor: "ann", reason: "drill" } as const;
    const told = { rules, attached: false, waiting, now: at(0) };
    expect(standingOf(holding({ override }), told)).toMatchObject({ forced: "force_open", ageMs: 0, attached: false });
    expect(standingOf(noHoldings(), told)).toMatchObject({ breaker: "closed", forced: null, ageMs: null });
  });

  test("at rest is closed, with nothing held, and what is known of it", () => {
    expect(restingStanding(rules, { ageMs: 5, forced: null })).toEqual({
      breaker: "closed",
      forced: null,
      lanes: {
        request: { capacity: 7, held: 0, running: 0, waiting: 0 },
        slow: { capacity: 2, held: 0, running: 0, waiting: 0 },
      },
      attached: true,
      ageMs: 5,
    });
  });
});
