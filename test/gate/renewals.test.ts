import { describe, expect, test } from "vitest";
import { snapshot } from "../../lib/gate/snapshot.ts";
import { permits, scene } from "../support/gate.ts";

const OPERATE = { opId: "x", mode: "observe", ttlMs: 60_000, expectedVersion: null, actor: "ann", reason: "" } as const;

describe("a renewal that is repeated (Rule 2)", () => {
  test("is answered as the first was, and grants nothing twice", () => {
    const { gate, a } = scene();
    a.needs(3);
    const before = snapshot(gate.state);
    expect(a.repeats()).toEqual(a.heard);
    expect(snapshot(gate.state)).toEqual(before);
  });

  test("counts its votes, its sums and its pings once", () => {
    const { gate, a } = scene();
    a.calls(3, "failure");
    a.repeats();
    expect(gate.core).toMatchObject({ window: { calls: 3, failures: 3 }, runFailures: 3 });
    expect(gate.state.totals.calls.request.failure).toBe(3);
    a.refuses(2, "full");
    a.repeats();
    expect([...gate.state.seconds.values()].at(-1)?.refused).toBe(2);
    a.pings();
    gate.passes(5_000);
    a.repeats();
    expect(gate.core.goodPings).toBe(1);
  });

  test("has its command obeyed once, and says that it was", () => {
    const { gate, a } = scene();
    const { replies } = a.renews({}, { commands: [{ kind: "operate", ...OPERATE }] });
    expect(replies).toMatchObject([{ kind: "operated" }]);
    const { overrideVersion } = gate.core;
    expect(a.repeats().replies).toEqual([{ kind: "unchanged", reason: "repeated", overrideVersion }]);
    expect(gate.events.filter(({ kind }) => kind === "override")).toHaveLength(1);
  });

  test("has a command that was stale at first not obeyed later, when its version has come", () => {
    const { gate, a, b } = scene();
    const stale = { kind: "operate", ...OPERATE, expectedVersion: gate.core.overrideVersion + 1 } as const;
    expect(a.renews({}, { commands: [stale] }).replies).toMatchObject([{ reason: "stale" }]);
    b.operates("auto");
    expect(a.repeats().replies).toMatchObject([{ kind: "unchanged", reason: "stale" }]);
    expect(gate.core.override).toBe(null);
  });

  test("is answered with how things stand by then, and extends no lease", () => {
    const { gate, a, b } = scene({ ...permits(2), deadlineMs: { request: 1_000, slow: 0, health: 0 } });
    a.needs(2);
    b.operates("force_open");
    const { breaker, lanes } = a.repeats();
    expect(breaker).toMatchObject({ state: "open", refusal: "forced" });
    expect(lanes.request).toMatchObject({ permits: 2, allow: 0 });
    gate.passes(14_999);
    expect(a.repeats().lanes.request.permits).toBe(2);
    gate.passes(1);
    expect(a.repeats().lanes.request.permits).toBe(0);
  });
});

describe("a renewal that is older than the last heard (Rule 2)", () => {
  test("changes nothing, and is answered under its own number", () => {
    const { gate, a } = scene();
    a.needs(4);
    a.needs(5);
    const before = snapshot(gate.state);
    const late = a.renews({ keep: 0, need: 0, want: 0, waiting: 0 }, { n: 1, pings: [{ ok: true }] });
    expect(late).toMatchObject({ n: 1, lanes: { request: { permits: 5 } } });
    expect(snapshot(gate.state)).toEqual(before);
  });

  test("is any that is not above it; above it, numbers may be left out", () => {
    const { a } = scene();
    a.renews({}, { n: 7 });
    expect(a.renews({ need: 1, want: 1 }, { n: 7 }).lanes.request.permits).toBe(0);
    expect(a.renews({ need: 1, want: 1 }, { n: 9 }).lanes.request.permits).toBe(1);
  });
});

test("a renewal that was first sent more than ten seconds ago has no vote, ping, command or open breaker; all else counts (Rule 2)", () => {
  for (const [agoMs, counts] of [
    [10_000, 1],
    [10_001, 0],
  ] as const) {
    const { gate, a, b } = scene();
    const { generation } = a.renews({ want: 1 });
    const votes = [{ generation, probe: false, calls: 4, failures: 4, slow: 0, ignored: 0, retryAfterMs: 0 }];
    const { lanes } = a.renews({ need: 2, want: 2 }, { votes, pings: [{ ok: true }], agoMs });
    expect(gate.core).toMatchObject({ goodPings: counts, window: { calls: 4 * counts }, runFailures: 4 * counts });
    b.renews({}, { open: { remainingMs: 30_000, agoMs: 0 }, agoMs });
    expect(gate.breaker).toBe(counts ? "open" : "closed");
    const { replies } = b.renews({}, { commands: [{ kind: "operate", ...OPERATE }], agoMs });
    expect(replies).toMatchObject([{ kind: counts ? "operated" : "unchanged" }]);
    expect(lanes.request.permits).toBe(2);
    expect(gate.state.totals.renewals).toBe(4);
  }
});
