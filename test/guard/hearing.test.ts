import { describe, expect, test } from "vitest";
import { addTallies, noHoldings, refusedHere, started } from "../../lib/guard/gate-client/holdings.ts";
import { composed, hear } from "../../lib/guard/gate-client/telling.ts";
import { at, DEMAND, type Heard, hears, holding, NOBODY, replied, TERMS } from "../support/gate-heard.ts";

const HALF_OPEN = { state: "half_open", refusal: "probing", retryAfterMs: 1_000 } as const;
const waiting = (count: number) => ({ waiting: { ...NOBODY, request: count } });

describe("an answer", () => {
  test("is what is held from the moment at which it was asked for", () => {
    const own = noHoldings();
    const renewal = composed(own, DEMAND, TERMS, at(0));
    const answer = replied({ lanes: { request: { permits: 3, allow: 2, crowded: true, waiting: 4, probes: 1 } } });
    expect(hear(own, answer, renewal, at(5), at(9), NOBODY)).toBe(true);
    expect(own).toMatchObject({ frozen: null, opens: null, leasedAt: at(5), heard: { ...answer, at: at(9) } });
    expect(own.lanes.request).toMatchObject({ permits: 3, allow: 2, crowded: true });
    expect(own.lanes.slow).toMatchObject({ permits: 0, allow: 0, crowded: false });
  });

  test("leaves untold those calls of the local gate that began since it was asked for", () => {
    const own = noHoldings();
    const renewal = composed(own, { ...DEMAND, owed: { ...NOBODY, request: 2, slow: 2 } }, TERMS, at(0));
    hear(own, replied(), renewal, at(0), at(0), { request: 5, slow: 1, health: 0 });
    expect([own.lanes.request.untold, own.lanes.slow.untold]).toEqual([3, 0]);
  });

  test("says how many wait elsewhere: all that wait, less those here that do not start now", () => {
    const elsewhere = (here: number, allow: number, all: number, running = 0) => {
      const own = holding({}, { request: { running } });
      hears(own, replied({ lanes: { request: { permits: allow, allow, waiting: all } } }), at(0), waiting(here));
      return own.lanes.request.waitingElsewhere;
    };
    expect(elsewhere(0, 0, 4)).toBe(4);
    expect(elsewhere(3, 0, 4)).toBe(1);
    expect(elsewhere(3, 2, 4)).toBe(3);
    expect(elsewhere(3, 2, 4, 1)).toBe(2);
    expect(elsewhere(3, 2, 4, 3)).toBe(1);
    expect(elsewhere(3, 9, 4)).toBe(4);
    expect(elsewhere(3, 0, 2)).toBe(0);
  });
});

describe("while the breaker is half-open", () => {
  /** When there was no probe, as is known after that answer to so many that wait. */
  function noProbeAt(here: number, probes: number, before: Heard = {}, probing = 0) {
    const own = holding(before, { request: { probing } });
    hears(own, replied({ breaker: HALF_OPEN, lanes: { request: { probes } } }), at(3), waiting(here));
    return own.lanes.request.noProbeAt;
  }

  test("it is noted that no probe was left for all who waited", () => {
    expect([noProbeAt(1, 0), noProbeAt(2, 1), noProbeAt(1, 1), noProbeAt(1, 2)]).toEqual([at(3), at(3), null, null]);
    expect(noProbeAt(1, 1, { breaker: HALF_OPEN }, 1)).toEqual(at(3));
    expect(noProbeAt(1, 2, { breaker: HALF_OPEN }, 1)).toBeNull();
    expect(noProbeAt(0, 0)).toBeNull();
  });

  test("that is remembered by who asks for nobody, and forgotten with that state", () => {
    const own = holding({ breaker: HALF_OPEN }, { request: { noProbeAt: at(0) } });
    hears(own, replied({ breaker: HALF_OPEN }), at(1));
    expect(own.lanes.request.noProbeAt).toEqual(at(0));
    hears(own, replied({ breaker: { state: "open", refusal: "open" } }), at(2));
    expect(own.lanes.request.noProbeAt).toBeNull();
  });

  test("probes stay probes, and are calls like any other once it is closed", () => {
    const own = holding({ breaker: HALF_OPEN, generation: 3 }, { slow: { running: 1, probing: 2 } });
    expect(own.outlived).toBe(0);
    hears(own, replied({ breaker: HALF_OPEN, generation: 4 }));
    expect([own.lanes.slow.running, own.lanes.slow.probing, own.outlived]).toEqual([1, 2, 0]);
    hears(own, replied({ generation: 5 }));
    expect([own.lanes.slow.running, own.lanes.slow.probing, own.outlived]).toEqual([3, 0, 5]);
  });
});

describe("who hears that its gate does not know it", () => {
  test("holds only what runs, has no votes and no lease, and tells the rest anew", () => {
    const own = holding({ lanes: { request: { permits: 4, allow: 4, crowded: true } } });
    started(own, "request", "permit", 5, at(0));
    refusedHere(own, "request", "full");
    own.lanes.request.sums.ended.failure = 2;
    own.lanes.request.sums.ranMs = 30;
    own.pings.push({ ok: true });
    own.votes.push({ generation: 3, probe: false, calls: 2, failures: 2, slow: 0, ignored: 0, retryAfterMs: 0 });
    addTallies(own, { kept_fresh: 2 });
    const renewal = composed(own, DEMAND, TERMS, at(0));
    addTallies(own, { kept_fresh: 1, kept_shared: 1 });
    refusedHere(own, "request", "full");
    refusedHere(own, "request", "closing");
    own.lanes.request.sums.ranMs = 4;
    own.pings.push({ ok: false });
    own.votes.push({ generation: 3, probe: false, calls: 1, failures: 0, slow: 0, ignored: 0, retryAfterMs: 0 });
    expect(hear(own, { known: false, n: renewal.n, life: 9 }, renewal, at(0), at(0), NOBODY)).toBe(false);
    expect(own).toMatchObject({
      frozen: null,
      opens: { life: 9 },
      votes: [],
      voidUpTo: 1,
      pings: [{ ok: true }, { ok: false }],
      tallies: { kept_fresh: 3, kept_shared: 1 },
    });
    expect(own.lanes.request).toMatchObject({ permits: 1, allow: 0, crowded: false, running: 1 });
    expect(own.lanes.request.sums).toEqual({
      ended: { success: 0, failure: 2, ignored: 0 },
      refused: { full: 2, closing: 1 },
      ranMs: 34,
      waitedMs: 5,
    });
  });
});
