import { describe, expect, test } from "vitest";
import { LIFE, permits, type Scene, scene } from "../support/gate.ts";
import { breakDown, failProbe, halfOpenGate, openGate, pingsGood, probe, recover } from "../support/gate-breaker.ts";

/** Nothing of what was counted is left. */
const NEW = {
  state: "closed",
  openUntil: 0,
  retryAt: 0,
  slowOpened: false,
  recoveredAt: 0,
  failedRecoveries: 0,
  failedProbes: 0,
  successes: 0,
  goodPings: 0,
  pingsTrusted: true,
  runFailures: 0,
  runSince: 0,
  observedUntil: 0,
  override: null,
};

const forced = (mode: "force_open" | "force_closed" | "observe", start = scene()): Scene => {
  start.a.operates(mode, { ttlMs: 3_600_000 });
  return start;
};
const slowOpen = (): Scene => {
  const opened = scene({ slowRate: 1_000 });
  opened.a.calls(10, "success", { slow: true });
  return opened;
};
const failedTwice = (): Scene => {
  const opened = halfOpenGate();
  failProbe(opened.gate, opened.a);
  probe(opened.a, "failure", { retryAfterMs: 200_000 });
  return opened;
};

describe("reset (Rule 13)", () => {
  test.each<[what: string, start: () => Scene, from: string]>([
    ["an open breaker", openGate, "open"],
    ["one that slow calls opened", slowOpen, "open"],
    ["one that failed to recover, twice", failedTwice, "open"],
    ["a half-open breaker", halfOpenGate, "half_open"],
    ["one that is forced open", () => forced("force_open"), "open"],
    ["one that is forced open after it opened", () => forced("force_open", openGate()), "open"],
  ])("closes %s at once, as on its first day", (_, start, from) => {
    const { gate, a, b } = start();
    const { generation, overrideVersion } = gate.core;
    const reply = b.operates("reset", { reason: "it is repaired" });
    expect(reply).toEqual({ kind: "operated", overrideVersion: overrideVersion + 1 });
    expect(gate.told("changed")).toEqual([null]);
    const window = { calls: 0, failures: 0, slow: 0 };
    expect(gate.core).toMatchObject({ ...NEW, since: gate.now, generation: generation + 1, window });
    expect(gate.events.slice(-2)).toEqual([
      { kind: "override", at: gate.now, mode: "reset", until: gate.now, actor: "ann", reason: "it is repaired" },
      { kind: "transition", at: gate.now, from, to: "closed", cause: "override", generation: generation + 1 },
    ]);
    expect(a.needs(20)).toMatchObject({ permits: 20, allow: 20, probes: 0 });
    gate.passes(3_600_001);
    expect(gate.core).toMatchObject({ state: "closed", since: gate.now - 3_600_001 });
  });

  test.each<[what: string, start: () => Scene]>([
    ["that counted failures", scene],
    ["that is forced closed", () => forced("force_closed")],
    ["that is observed", () => forced("observe")],
  ])("of a closed breaker %s begins it anew, which is no transition", (_, start) => {
    const { gate, a, b } = start();
    a.calls(4, "failure", { retryAfterMs: 100_000 });
    const { generation } = gate.core;
    const { transitions } = gate.state.totals;
    const [before, causes] = [{ ...transitions }, gate.causes];
    b.operates("reset");
    expect(gate.told("changed")).toEqual([null]);
    expect(gate.core).toMatchObject({ ...NEW, since: gate.now, generation: generation + 1, window: { calls: 0 } });
    expect(gate.events.at(-1)).toMatchObject({ kind: "override", mode: "reset" });
    expect([transitions, gate.causes]).toEqual([before, causes]);
    breakDown(gate, a);
    expect(gate.core.openUntil - gate.now).toBe(30_000);
  });

  test("takes the vote from what is in flight", () => {
    const closed = scene({ windowCalls: 1 });
    const half = halfOpenGate();
    for (const { gate, a, b } of [closed, half]) {
      a.needs(1);
      b.operates("reset");
      a.ends(1, "failure");
      expect(gate.core).toMatchObject({ state: "closed", window: { calls: 0 }, failedProbes: 0, runFailures: 0 });
    }
  });

  test("during the ramp after a recovery ends it", () => {
    const { gate, a, b } = halfOpenGate(permits(8));
    recover(gate, a);
    expect(b.needs(8).permits).toBe(1);
    a.operates("reset");
    expect(b.needs(8).permits).toBe(8);
  });

  test("forgets that pings have ended an open period", () => {
    const { gate, a } = openGate({ recoveryMs: 60_000 });
    pingsGood(gate, a, 2);
    a.operates("reset");
    gate.rules = { ...gate.rules, recoveryMs: 1_000 };
    breakDown(gate, a);
    gate.now = gate.core.openUntil;
    probe(a, "failure");
    expect(gate.core.pingsTrusted).toBe(true);
  });

  test("has an observer say again at once what it would have done", () => {
    const { gate, a } = scene({ mode: "observe" });
    const wouldOpen = () => gate.events.filter(({ kind }) => kind === "would_open").length;
    a.calls(10, "failure");
    a.calls(10, "failure");
    expect(wouldOpen()).toBe(1);
    a.operates("reset");
    expect(wouldOpen()).toBe(1);
    a.calls(10, "failure");
    expect(wouldOpen()).toBe(2);
  });

  test("is not undone by an open breaker that was brought along from before it", () => {
    const { gate, a, b } = scene();
    gate.passes(10_000);
    a.operates("reset");
    b.renews({}, { open: { remainingMs: 20_000, agoMs: 1 } });
    expect(gate.breaker).toBe("closed");
  });

  test("that is repeated, or made upon an older version, changes nothing", () => {
    const { gate, a, b } = openGate();
    expect(a.operates("reset", { opId: "x", expectedVersion: LIFE })).toMatchObject({ kind: "operated" });
    breakDown(gate, a);
    const stale = b.operates("reset", { expectedVersion: LIFE });
    expect(stale).toEqual({ kind: "unchanged", reason: "stale", overrideVersion: LIFE + 1 });
    const repeated = b.operates("reset", { opId: "x" });
    expect(repeated).toEqual({ kind: "unchanged", reason: "repeated", overrideVersion: LIFE + 1 });
    b.operates("reset", { opId: "y" });
    breakDown(gate, a);
    expect(b.repeats().replies).toMatchObject([{ kind: "unchanged", reason: "repeated" }]);
    expect(gate.breaker).toBe("open");
  });

  test("needs no end: what is said of one is of no account", () => {
    const { gate, a } = openGate();
    a.operates("reset", { ttlMs: 0 });
    expect(gate.breaker).toBe("closed");
    breakDown(gate, a);
    a.operates("reset", { ttlMs: 86_400_000 });
    expect(gate.core).toMatchObject({ state: "closed", override: null });
    expect(gate.events.at(-2)).toMatchObject({ kind: "override", until: gate.now });
  });
});
