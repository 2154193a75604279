import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createDoor } from "../../lib/guard/gate-client/door.ts";
import type { Begun, Ending, Holdings } from "../../lib/guard/gate-client/holdings.ts";
import type { LocalGate } from "../../lib/guard/gate-client/local-gate.ts";
import type { Ask, Pass } from "../../lib/guard/gate-client/port.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { at, type Heard, holding, NOBODY } from "../support/gate-heard.ts";

const { traits } = memory().open(manualRuntime());
const rules = { ...guardRules(readConfig({}), traits), connectTimeoutMs: 300, fullRetryAfterMs: 5_000 };
const ASK: Ask = { lane: "request", deadlineMs: 55_000, waitUntil: 0, signal: undefined, refusedAs: "full" };
const PERMITS: Heard = { lanes: { request: { permits: 1, allow: 1 }, health: { permits: 1, allow: 1 } } };
const OPEN: Heard = { breaker: { state: "open", refusal: "open", retryAfterMs: 1_500 } };
const PROBING: Heard = { breaker: { state: "half_open", refusal: "probing", retryAfterMs: 1_000, probeMs: 9_000 } };
const refused = (reason: string, retryAfterMs: number) => ({ kind: "refusal", reason, retryAfterMs });

/** A door before the shared gate, of which that is held, and the local one, of which this is. */
function scene(own: Holdings, { attached = true, local = holding(), share = 1, waits = NOBODY } = {}) {
  const said: unknown[] = [];
  const ended: (readonly [Holdings, Begun, Ending])[] = [];
  const stand: LocalGate = {
    share: () => share,
    own: () => local,
    owed: () => NOBODY,
    renew: (waiting) => void said.push(["renew", waiting]),
    view: () => expect.fail("nobody looks"),
    standIn: () => void said.push("stands in"),
    standDown: () => null,
  };
  const door = createDoor({
    ...{ own, local: stand, rules },
    attached: () => attached,
    waiting: () => waits,
    begun: () => void said.push("begun"),
    ended: (...what) => void ended.push(what),
    refused: (isOld) => void said.push(isOld ? "refused by old news" : "refused"),
  });
  return { door, said, ended };
}

describe("a call that gets in", () => {
  test("has until its lease and a connection's time are over to begin, on both clocks, and its own deadline", () => {
    const { door, said, ended } = scene(holding(PERMITS));
    const pass = door.enter(ASK, at(500), 7) as Pass;
    expect(pass).toMatchObject({ kind: "pass", lane: "request", deadlineMs: 55_000 });
    expect(pass).toMatchObject({ startBy: at(2_300).monotonicMs, startByWallMs: at(2_300).wallMs });
    expect(said).toEqual(["begun"]);
    pass.end({ outcome: "success", slow: false, ranMs: 1 });
    expect(ended[0]?.[1]).toEqual({ lane: "request", probe: false, generation: 3, number: 1 });
  });

  test("as a probe has a probe's deadline, if that is shorter", () => {
    const own = holding({ ...PROBING, lanes: { request: { probes: 2 } } });
    const { door, ended } = scene(own);
    expect(door.enter(ASK, at(0), 0)).toMatchObject({ kind: "pass", deadlineMs: 9_000 });
    const pass = door.enter({ ...ASK, deadlineMs: 8_000 }, at(0), 0) as Pass;
    expect(pass.deadlineMs).toBe(8_000);
    pass.end({ outcome: "success", slow: false, ranMs: 1 });
    expect(ended[0]?.[1]).toMatchObject({ probe: true, number: 2 });
  });

  test("waits where there is no permit, and the breaker is not against it", () => {
    expect(scene(holding()).door.enter(ASK, at(0), 0)).toBeNull();
    expect(scene(holding()).door.against("request", at(0))).toBeNull();
  });
});

describe("an open breaker", () => {
  test("refuses for as long as it stays open, in whole milliseconds", () => {
    const { door } = scene(holding(OPEN));
    expect(door.enter(ASK, at(0.5), 0)).toEqual(refused("open", 1_500));
    expect(door.enter(ASK, at(1_499), 0)).toEqual(refused("open", 1));
    expect(door.enter(ASK, at(1_500), 0)).toBeNull();
    expect(door.against("slow", at(0))).toEqual(refused("open", 1_500));
  });

  test("lets the health lane through", () => {
    const { door } = scene(holding({ ...OPEN, lanes: PERMITS.lanes ?? {} }));
    expect(door.against("health", at(0))).toBeNull();
    expect(door.enter({ ...ASK, lane: "health" }, at(0), 0)).toMatchObject({ kind: "pass" });
  });

  test("is asked after anew where a renewal is due since it was heard of", () => {
    const { door, said } = scene(holding({ ...OPEN, renewWithinMs: 250 }));
    door.enter(ASK, at(249), 0);
    door.enter(ASK, at(250), 0);
    expect(said).toEqual(["refused", "refused by old news"]);
  });
});

describe("a half-open breaker", () => {
  test("refuses for a probe's time, for a tenth of a second since no probe was left", () => {
    const refusing = (noProbe: number | null, ms: number) => {
      const own = holding(PROBING, { request: { noProbeAt: noProbe === null ? null : at(noProbe) } });
      return scene(own).door.enter(ASK, at(ms), 0);
    };
    expect(refusing(null, 0)).toBeNull();
    expect([refusing(0, 0), refusing(0, 100)]).toEqual(Array(2).fill(refused("probing", 1_000)));
    expect(refusing(0, 101)).toBeNull();
    expect(refusing(1_450, 1_500)).toEqual(refused("probing", 1_000));
  });
});

describe("without the shared gate", () => {
  const OVER = 2_000;

  test("what is held of it is used for as long as its lease lasts, and then the local one's", () => {
    const { door, said, ended } = scene(holding(PERMITS), { attached: false, local: holding(PERMITS) });
    expect(door.enter(ASK, at(OVER - 1), 0)).toMatchObject({ kind: "pass" });
    expect(said).toEqual(["begun"]);
    const local = holding(PERMITS);
    local.leasedAt = at(OVER);
    const later = scene(holding(PERMITS), { attached: false, local, waits: { ...NOBODY, request: 2, slow: 1 } });
    const pass = later.door.enter(ASK, at(OVER), 0) as Pass;
    expect(pass.kind).toBe("pass");
    expect(later.said).toEqual(["stands in", ["renew", { request: 3, slow: 1, health: 0 }]]);
    pass.end({ outcome: "success", slow: false, ranMs: 1 });
    expect([later.ended[0]?.[0], ended]).toEqual([local, []]);
  });

  test("a call is refused in a lane of which the instance has no share", () => {
    const { door } = scene(holding(), { attached: false, share: 0 });
    expect(door.enter(ASK, at(OVER), 0)).toEqual(refused("detached", 5_000));
    expect(scene(holding(), { attached: false, share: 1 }).door.enter(ASK, at(OVER), 0)).toBeNull();
  });

  test("the local breaker refuses, and its news are never old", () => {
    const { door, said } = scene(holding(), { attached: false, local: holding({ ...OPEN, renewWithinMs: 250 }) });
    expect(door.against("request", at(OVER))).toBeNull();
    const local = holding({ ...OPEN, renewWithinMs: 250, breaker: { ...OPEN.breaker, retryAfterMs: 9_000 } });
    const open = scene(holding(), { attached: false, local });
    expect(open.door.enter(ASK, at(OVER), 0)).toEqual(refused("open", 7_000));
    expect(open.door.against("request", at(OVER))).toEqual(refused("open", 7_000));
    expect(open.said.filter((one) => typeof one === "string" && one.startsWith("refused"))).toEqual([
      "refused",
      "refused",
    ]);
    expect(said).toEqual(["stands in"]);
  });

  test("the shared breaker holds for as long as it was to be open; of its probes nothing is known", () => {
    const open = holding({ breaker: { ...OPEN.breaker, retryAfterMs: 9_000 } });
    const { door, said } = scene(open, { attached: false, local: holding() });
    expect(door.enter(ASK, at(OVER), 0)).toEqual(refused("open", 7_000));
    expect(said).toEqual(["stands in", "refused by old news"]);
    const probing = holding(PROBING, { request: { noProbeAt: at(OVER) } });
    expect(scene(probing, { attached: false }).door.enter(ASK, at(OVER), 0)).toBeNull();
  });
});

test("a refusal is counted in its lane, with the time of a full lane where nobody says another", () => {
  const own = holding();
  const { door } = scene(own);
  expect(door.refuse("slow", "full")).toEqual(refused("full", 5_000));
  expect(door.refuse("slow", "late", 7)).toEqual(refused("late", 7));
  expect(own.lanes.slow.sums.refused).toEqual({ full: 1, late: 1 });
});
