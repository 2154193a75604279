import { describe, expect, test } from "vitest";
import type { LaneReport } from "../../lib/gate/renewal.ts";
import type { Held } from "../../lib/guard/gate-client/holdings.ts";
import { addTallies, noHoldings, refusedHere } from "../../lib/guard/gate-client/holdings.ts";
import { composed, type Demand, type Terms } from "../../lib/guard/gate-client/telling.ts";
import { at, DEMAND, type Heard, hears, holding, NOBODY, replied, TERMS } from "../support/gate-heard.ts";

const GRANTED: Heard = { lanes: { request: { permits: 4, allow: 4 } } };
const IDLE_MS = 1_000;
const SILENT_MS = 60_000;

/** The report of the request lane by who has four permits, and this. */
function report(held: Partial<Held>, demand: Partial<Demand> = {}, terms: Partial<Terms> = {}, ms = 0): LaneReport {
  const own = holding(GRANTED, { request: held });
  own.lastCallAt = 0;
  return composed(own, { ...DEMAND, ...demand }, { ...TERMS, ...terms }, at(ms)).lanes.request;
}
const waiting = (count: number): Partial<Demand> => ({ waiting: { ...NOBODY, request: count } });

describe("what is kept of a lane (Rules 3 and 7)", () => {
  test("is what runs, and one more than the recent peak, as far as it is held", () => {
    expect(report({ running: 1, peak: 1 })).toMatchObject({ keep: 2, need: 1, want: 2 });
    expect(report({ running: 0, peak: 1.2 })).toMatchObject({ keep: 3, need: 0, want: 3 });
    expect(report({ running: 2, peak: 9 })).toMatchObject({ keep: 4, need: 2, want: 10 });
    expect(report({ running: 6, peak: 6 })).toMatchObject({ keep: 6, need: 6, want: 7 });
    expect(report({ running: 0, peak: 0 })).toMatchObject({ keep: 0, need: 0, want: 0 });
  });

  test("is only what is needed where the lane is crowded, nothing is kept, or the instance leaves", () => {
    for (const [held, demand, terms] of [
      [{ crowded: true }, {}, {}],
      [{}, {}, { keepsNothing: true }],
      [{}, { leaves: true }, {}],
    ] as const) {
      expect(report({ running: 1, peak: 3, ...held }, demand, terms)).toMatchObject({ keep: 1, need: 1, want: 1 });
    }
    expect(report({ running: 1, allow: 2, crowded: true }, waiting(5))).toMatchObject({ keep: 2, need: 6, want: 6 });
  });

  test("is only what is needed in the health lane", () => {
    const own = holding({ lanes: { health: { permits: 1, allow: 1 } } }, { health: { peak: 1 } });
    own.lastCallAt = 0;
    expect(composed(own, DEMAND, TERMS, at(0)).lanes.health).toMatchObject({ keep: 0, want: 0 });
  });

  test("is nothing once no call has begun or run for a second", () => {
    expect(report({ peak: 2 }, {}, {}, IDLE_MS - 1)).toMatchObject({ keep: 3, want: 3 });
    expect(report({ peak: 2 }, {}, {}, IDLE_MS)).toMatchObject({ keep: 0, want: 0 });
    expect(report({ running: 1, peak: 2 }, {}, {}, IDLE_MS)).toMatchObject({ keep: 3, want: 3 });
  });

  test("is only what runs once the lease is over", () => {
    expect(report({ running: 1, peak: 3 }, {}, {}, 1_999)).toMatchObject({ keep: 4 });
    expect(report({ running: 1, peak: 3 }, {}, {}, 2_000)).toMatchObject({ keep: 1 });
  });

  test("leaves out what calls of the local gate take the place of", () => {
    expect(report({ running: 0, peak: 9, untold: 3 })).toMatchObject({ keep: 1 });
    expect(report({ running: 2, peak: 9, untold: 3 })).toMatchObject({ keep: 2 });
  });
});

describe("what is needed in a lane", () => {
  test("is what runs and what waits, with the whole milliseconds of the longest wait", () => {
    const waitedMs = { ...NOBODY, request: 7.9 };
    const owed = { ...NOBODY, request: 2 };
    expect(report({ running: 1, probing: 2 }, { ...waiting(3), waitedMs, owed })).toMatchObject({
      ...{ probes: 2, need: 6, waiting: 3, waitedMs: 7, owed: 2 },
    });
    expect(report({}, { waitedMs })).toMatchObject({ waiting: 0, waitedMs: 0 });
    expect(report({}, { ...waiting(1), waitedMs: { ...NOBODY, request: -3 } })).toMatchObject({ waitedMs: 0 });
    expect(report({ peak: 1 }, waiting(9))).toMatchObject({ need: 9, want: 9 });
  });

  test("is nothing for those that wait where the instance leaves", () => {
    expect(report({ running: 1 }, { ...waiting(3), leaves: true })).toMatchObject({ need: 1, waiting: 0 });
  });
});

describe("a renewal", () => {
  test("has the next number, says the life that was heard of, and freezes what it says", () => {
    const own = holding(GRANTED);
    const renewal = composed(own, DEMAND, TERMS, at(0));
    expect(renewal).toMatchObject({ n: 2, agoMs: 0, life: 7, opens: null, leaves: false, open: null, session: "a" });
    expect(own.frozen).toBe(renewal.lanes);
    expect(composed(own, { ...DEMAND, leaves: true }, TERMS, at(0))).toMatchObject({ n: 3, leaves: true });
  });

  test("takes along what there is to tell, once, in whole milliseconds of waiting", () => {
    const own = holding();
    refusedHere(own, "slow", "full");
    own.lanes.slow.sums.waitedMs = 2.7;
    own.pings.push({ ok: true });
    addTallies(own, { kept_fresh: 2 });
    const [first, second] = [composed(own, DEMAND, TERMS, at(0)), composed(own, DEMAND, TERMS, at(0))];
    expect(first).toMatchObject({ pings: [{ ok: true }], sums: { slow: { refused: { full: 1 }, waitedMs: 2 } } });
    expect([first.tallies, second.tallies]).toEqual([{ kept_fresh: 2 }, {}]);
    expect(second).toMatchObject({ pings: [], votes: [], sums: { slow: { refused: {}, waitedMs: 0 } } });
  });

  test("opens a session where none is, in no life before one was heard of", () => {
    const renewal = composed(noHoldings(), DEMAND, TERMS, at(0));
    expect(renewal).toMatchObject({ n: 1, life: null, open: null });
    expect(renewal.opens).toEqual({ generation: 0, overrideVersion: 0, override: null, about: TERMS.about });
  });

  test("opens again where the gate has said so, in the life that it named", () => {
    const own = holding({ generation: 5, overrideVersion: 4 });
    hears(own, { known: false, n: 2, life: 9 });
    expect(composed(own, DEMAND, TERMS, at(0))).toMatchObject({
      life: 9,
      opens: { generation: 5, overrideVersion: 4 },
    });
  });

  test("opens again in its own life after a minute of silence, in which the gate may have forgotten it", () => {
    expect(composed(holding(), DEMAND, TERMS, at(SILENT_MS - 1)).opens).toBeNull();
    expect(composed(holding(), DEMAND, TERMS, at(SILENT_MS))).toMatchObject({ life: 7, opens: { generation: 3 } });
  });

  test("that opens brings what is left of an override", () => {
    const override = { mode: "observe", remainingMs: 70_000, actor: "ann", reason: "drill" } as const;
    const brought = (ms: number) => composed(holding({ override }), DEMAND, TERMS, at(ms)).opens?.override;
    expect(brought(SILENT_MS)).toEqual({ ...override, remainingMs: 10_000 });
    expect(brought(69_999.5)).toBeNull();
    expect(brought(69_999)).toEqual({ ...override, remainingMs: 1 });
    expect(brought(70_000)).toBeNull();
  });
});

describe("an open breaker", () => {
  const OPEN: Heard = { breaker: { state: "open", refusal: "open", retryAfterMs: 30_000 } };
  /** Of who is told at that time that it is not known. */
  const brought = (answer: Heard, ms: number, open: Demand["open"] = null) => {
    const own = holding(answer);
    hears(own, { known: false, n: 2, life: 9 }, at(0));
    return composed(own, { ...DEMAND, open }, TERMS, at(ms)).open;
  };

  test("that is remembered is brought along for ten seconds, and while it lasts", () => {
    expect(brought(OPEN, 0)).toEqual({ remainingMs: 30_000, agoMs: 0 });
    expect(brought(OPEN, 2.5)).toEqual({ remainingMs: 29_998, agoMs: 2 });
    expect(brought(OPEN, 10_000)).toEqual({ remainingMs: 20_000, agoMs: 10_000 });
    expect(brought(OPEN, 10_001)).toBeNull();
    const short: Heard = { breaker: { ...OPEN.breaker, retryAfterMs: 5 } };
    expect([brought(short, 4), brought(short, 5)]).toEqual([{ remainingMs: 1, agoMs: 4 }, null]);
  });

  test("that an operator has forced, or that is not open, is not brought along as such", () => {
    expect(brought({ breaker: { state: "open", refusal: "forced", retryAfterMs: 30_000 } }, 0)).toBeNull();
    expect(brought({ breaker: { state: "half_open", refusal: "probing", retryAfterMs: 1_000 } }, 0)).toBeNull();
  });

  test("is told of by whoever is known only where the local gate has found it so", () => {
    expect(composed(holding(OPEN), DEMAND, TERMS, at(0)).open).toBeNull();
    const open = { remainingMs: 5, agoMs: 6 };
    expect(composed(holding(), { ...DEMAND, open }, TERMS, at(0)).open).toBe(open);
    expect(brought(OPEN, 0, open)).toBe(open);
  });
});

test("an answer by itself is heard as it is made up", () => {
  expect(holding(GRANTED).heard).toEqual({ ...replied(GRANTED), at: at(0) });
});
