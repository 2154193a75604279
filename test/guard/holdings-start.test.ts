import { describe, expect, test } from "vitest";
import {
  ended,
  fade,
  hasLease,
  hasNews,
  hasUntold,
  holdsIdle,
  isKnownToBeShort,
  lineIsFull,
  mayStart,
  noHoldings,
  owesOthers,
  refusedHere,
  runningIn,
  runs,
  started,
  stateOf,
} from "../../lib/guard/gate-client/holdings.ts";
import { elapsedMs } from "../../lib/guard/gate-client/moment.ts";
import { at, holding, NOBODY } from "../support/gate-heard.ts";

const HALF_OPEN = { state: "half_open", refusal: "probing" } as const;
const OPEN = { state: "open", refusal: "open" } as const;
const SUCCESS = { outcome: "success", slow: false, ranMs: 5 } as const;

test("time that has passed is what the clock says that went further", () => {
  expect(elapsedMs({ monotonicMs: 10, wallMs: 100 }, { monotonicMs: 15, wallMs: 170 })).toBe(70);
  expect(elapsedMs({ monotonicMs: 10, wallMs: 100 }, { monotonicMs: 45, wallMs: 70 })).toBe(35);
});

test("who has heard of no gate holds nothing, knows nothing and has nothing to tell", () => {
  const own = noHoldings();
  expect([hasLease(own, at(0)), stateOf(own), runs(own), holdsIdle(own), hasNews(own), hasUntold(own)]).toEqual([
    false,
    "closed",
    false,
    false,
    false,
    false,
  ]);
  expect(own).toMatchObject({ heard: null, leasedAt: null, frozen: null, opens: { life: null }, n: 0, calls: 0 });
  expect(own).toMatchObject({ outlived: 0, voidUpTo: 0, lastCallAt: Number.NEGATIVE_INFINITY });
  const nothing = { permits: 0, allow: 0, probes: 0, crowded: false, waiting: 0, running: 0, probing: 0, peak: 0 };
  const sums = { ended: { success: 0, failure: 0, ignored: 0 }, refused: {}, ranMs: 0, waitedMs: 0 };
  for (const lane of ["request", "slow", "health"] as const) {
    expect(own.lanes[lane]).toEqual({ ...nothing, waitingElsewhere: 0, untold: 0, noProbeAt: null, sums });
  }
});

describe("a call may start (Rule 4)", () => {
  test("while its lease lasts, by either clock", () => {
    const own = holding({ leaseMs: 2_000, lanes: { request: { permits: 1, allow: 1 } } });
    expect([mayStart(own, "request", at(1_999)), mayStart(own, "request", at(2_000))]).toEqual(["permit", null]);
    expect(hasLease(own, { ...at(0), wallMs: at(2_000).wallMs })).toBe(false);
    own.leasedAt = null;
    expect(mayStart(own, "request", at(0))).toBeNull();
  });

  test("on as many permits as it was allowed, less those in use and those that calls of the local gate take", () => {
    const granted = { lanes: { request: { permits: 3, allow: 2 } } };
    for (const [running, untold, as] of [
      [1, 0, "permit"],
      [2, 0, null],
      [0, 1, "permit"],
      [1, 1, null],
    ] as const) {
      expect(mayStart(holding(granted, { request: { running, untold } }), "request", at(0))).toBe(as);
    }
  });

  test("on no more than a renewal on its way says is kept (Rule 3)", () => {
    const own = holding({ lanes: { request: { permits: 3, allow: 3, probes: 3 } } }, { request: { running: 1 } });
    const lane = { keep: 1, probes: 1, need: 0, want: 0, waiting: 0, waitedMs: 0, owed: 0 };
    own.frozen = { request: lane, slow: lane, health: lane };
    expect(mayStart(own, "request", at(0))).toBeNull();
    own.frozen = { ...own.frozen, request: { ...lane, keep: 2 } };
    expect(mayStart(own, "request", at(0))).toBe("permit");
  });

  test("as a probe while the breaker is half-open, and by none while it is open", () => {
    const lanes = { request: { permits: 9, allow: 9, probes: 2 } };
    expect(mayStart(holding({ breaker: HALF_OPEN, lanes }, { request: { probing: 1 } }), "request", at(0))).toBe(
      "probe",
    );
    expect(mayStart(holding({ breaker: HALF_OPEN, lanes }, { request: { probing: 2 } }), "request", at(0))).toBeNull();
    expect(mayStart(holding({ breaker: OPEN, lanes }), "request", at(0))).toBeNull();
    const own = holding({ breaker: HALF_OPEN, lanes }, { request: { probing: 1 } });
    const lane = { keep: 0, probes: 1, need: 0, want: 0, waiting: 0, waitedMs: 0, owed: 0 };
    own.frozen = { request: lane, slow: lane, health: lane };
    expect(mayStart(own, "request", at(0))).toBeNull();
  });

  test("in the health lane whatever the breaker says", () => {
    for (const breaker of [HALF_OPEN, OPEN]) {
      const own = holding({ breaker, lanes: { health: { permits: 1, allow: 1 } } });
      expect(mayStart(own, "health", at(0))).toBe("permit");
    }
  });
});

describe("a call that has started", () => {
  test("is counted, with its wait, and has a number above all before it", () => {
    const own = holding();
    expect(started(own, "request", "permit", 3, at(5))).toBe(1);
    expect(started(own, "request", "permit", 4, at(6))).toBe(2);
    expect(started(own, "slow", "probe", 0, at(7))).toBe(3);
    expect(own.lanes.request).toMatchObject({ running: 2, probing: 0, peak: 2, sums: { waitedMs: 7 } });
    expect(own.lanes.slow).toMatchObject({ running: 0, probing: 1, peak: 0 });
    expect([runningIn(own, "request"), runningIn(own, "slow"), runs(own), own.lastCallAt]).toEqual([2, 1, true, 7]);
  });

  test("in the health lane is none that others will follow", () => {
    const own = holding();
    started(own, "health", "permit", 0, at(5));
    expect(own.lastCallAt).toBe(Number.NEGATIVE_INFINITY);
  });

  test("remembers the peak, of which 0.7 is left after each fading, and never less than runs", () => {
    const own = holding({}, { request: { running: 9, peak: 9 } });
    started(own, "request", "permit", 0, at(0));
    for (let n = 0; n < 9; n++) ended(own, { lane: "request", probe: false, generation: 3, number: n }, SUCCESS);
    expect(own.lanes.request.peak).toBe(10);
    fade(own);
    expect(own.lanes.request.peak).toBe(7);
    for (let n = 0; n < 10; n++) fade(own);
    expect(own.lanes.request.peak).toBe(1);
  });
});

describe("an instance owes others (Rule 7)", () => {
  const owes = (held: object, waiting = 0, lane: "request" | "slow" | "health" = "request") =>
    owesOthers(holding({}, { [lane]: held }), { ...NOBODY, [lane]: waiting });

  test("what it was told not to use, once nothing runs on it", () => {
    expect(owes({ permits: 3, allow: 2, running: 2 })).toBe(true);
    expect(owes({ permits: 3, allow: 2, running: 3 })).toBe(false);
    expect(owes({ permits: 3, allow: 3, running: 2 })).toBe(false);
    expect(owes({ permits: 3, allow: 2, running: 2 }, 0, "slow")).toBe(true);
    expect(owes({ permits: 3, allow: 2, running: 2 }, 0, "health")).toBe(false);
  });

  test("the rest of a crowded lane in which nobody waits here", () => {
    expect(owes({ permits: 3, allow: 3, running: 2, crowded: true })).toBe(true);
    expect(owes({ permits: 3, allow: 3, running: 2, crowded: true }, 1)).toBe(false);
    expect(owes({ permits: 3, allow: 3, running: 3, crowded: true })).toBe(false);
  });
});

describe("an instance", () => {
  test("holds something idle where a permit or a probe of any lane is not in use", () => {
    expect(holdsIdle(holding({}, { request: { permits: 2, running: 2 } }))).toBe(false);
    expect(holdsIdle(holding({}, { request: { permits: 2, running: 1 } }))).toBe(true);
    expect(holdsIdle(holding({}, { request: { permits: 1, running: 2 } }))).toBe(false);
    expect(holdsIdle(holding({}, { slow: { probes: 1, probing: 1 } }))).toBe(false);
    expect(holdsIdle(holding({}, { slow: { probes: 1, probing: 0 } }))).toBe(true);
    expect(holdsIdle(holding({}, { slow: { permits: 1, running: 2, probes: 1 } }))).toBe(true);
    expect(holdsIdle(holding({}, { health: { permits: 1 } }))).toBe(true);
  });

  test("runs what runs in any lane, on a permit or as a probe", () => {
    expect(runs(holding({}, { health: { running: 1 } }))).toBe(true);
    expect(runs(holding({}, { slow: { probing: 1 } }))).toBe(true);
    expect(runs(holding({}, { request: { permits: 1, probes: 1 } }))).toBe(false);
  });

  test("has something untold where calls of the local gate run in a lane with a line", () => {
    expect(hasUntold(holding({}, { request: { untold: 1 } }))).toBe(true);
    expect(hasUntold(holding({}, { slow: { untold: 1 } }))).toBe(true);
    expect(hasUntold(holding({}, { health: { untold: 1 } }))).toBe(false);
  });

  test("has news in whatever has ended, was refused, or was seen of the database", () => {
    for (const outcome of ["success", "failure", "ignored"] as const) {
      const own = holding();
      own.lanes.health.sums.ended[outcome] = 1;
      expect(hasNews(own)).toBe(true);
    }
    const [refused, voted, pinged] = [holding(), holding(), holding()];
    refusedHere(refused, "slow", "full");
    refusedHere(refused, "slow", "full");
    expect(refused.lanes.slow.sums.refused).toEqual({ full: 2 });
    voted.votes.push({ generation: 3, probe: false, calls: 0, failures: 0, slow: 0, ignored: 1, retryAfterMs: 0 });
    pinged.pings.push({ ok: true });
    expect([refused, voted, pinged].map(hasNews)).toEqual([true, true, true]);
  });
});

describe("the fleet's line is full (Rule 6)", () => {
  test("where as many wait as may, here and elsewhere", () => {
    expect(lineIsFull(holding(), "request", 4, 4)).toBe(true);
    expect(lineIsFull(holding(), "request", 3, 4)).toBe(false);
    const own = holding({}, { request: { waitingElsewhere: 2 } });
    expect([lineIsFull(own, "request", 2, 4), lineIsFull(own, "slow", 2, 4)]).toEqual([true, false]);
    expect(lineIsFull(noHoldings(), "request", 4, 4)).toBe(true);
  });

  test("but for who has less than half of its part of it, and never in the health lane", () => {
    const full = { request: { waitingElsewhere: 99 }, health: { waitingElsewhere: 99 } };
    const own = holding({ fleet: { n: 2, rank: 0 } }, full);
    expect([1, 2].map((waiting) => lineIsFull(own, "request", waiting, 8))).toEqual([false, true]);
    expect([1, 2].map((waiting) => lineIsFull(own, "request", waiting, 9))).toEqual([false, true]);
    expect(lineIsFull(own, "request", 0, 1)).toBe(true);
    expect(lineIsFull(own, "health", 9, 8)).toBe(false);
  });

  test("as far as is known: by a crowded lane that was heard of within a renewal's time", () => {
    const own = holding({ renewWithinMs: 250, lanes: { request: { crowded: true } } });
    expect([249, 250].map((ms) => isKnownToBeShort(own, "request", at(ms)))).toEqual([true, false]);
    expect(isKnownToBeShort(own, "slow", at(0))).toBe(false);
    own.heard = null;
    expect(isKnownToBeShort(own, "request", at(0))).toBe(false);
  });
});
