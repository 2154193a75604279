import { describe, expect, it } from "vitest";
import { type ClaimCommand, claimStep, emptyClaim } from "../../lib/health/computation-claim.ts";

const NOW = Date.UTC(2026, 0, 1);
const LOOK: ClaimCommand = { kind: "look", ttlMs: 5_000, claimMs: 1_800 };

/** A claim's place, asked at moments after {@link NOW}. */
function place() {
  const state = emptyClaim();
  const at = (ms: number, command: ClaimCommand) => {
    const { push, ...reply } = claimStep(state, command, NOW + ms);
    expect(push).toEqual([]);
    return reply;
  };
  const claim = (ms: number) => {
    const reply = at(ms, LOOK);
    if (reply.kind !== "granted") throw new Error(`nothing was granted: ${reply.kind}`);
    return reply.generation;
  };
  const finish = (ms: number, generation: number, text: string) => at(ms, { kind: "finish", generation, text });
  return { at, claim, finish, state };
}

describe("the claim", () => {
  it("is one for everybody until it ends by itself, and generations grow", () => {
    const { at, claim } = place();
    const first = claim(0);
    expect(at(1_799, LOOK)).toEqual({ kind: "taken", last: null });
    expect(claim(1_800)).toBeGreaterThan(first);
  });

  it("ends with its value, whose age counts from the claim", () => {
    const { at, claim, finish } = place();
    expect(finish(700, claim(0), "one")).toEqual({ kind: "kept" });
    expect(at(4_999, LOOK)).toEqual({ kind: "fresh", last: { text: "one", ageMs: 4_999 } });
    expect(at(5_000, LOOK)).toMatchObject({ kind: "granted", last: { text: "one", ageMs: 5_000 } });
    expect(at(5_001, LOOK)).toEqual({ kind: "taken", last: { text: "one", ageMs: 5_001 } });
  });

  it("keeps nothing of who is late: after the end, after another claim, or a second time", () => {
    const { at, claim, finish } = place();
    const first = claim(0);
    expect(finish(1_800, first, "late")).toEqual({ kind: "late" });
    const second = claim(1_900);
    expect(finish(1_950, first, "later")).toEqual({ kind: "late" });
    expect(finish(1_960, second, "in time")).toEqual({ kind: "kept" });
    expect(finish(1_970, second, "again")).toEqual({ kind: "late" });
    expect(at(2_000, LOOK)).toMatchObject({ last: { text: "in time" } });
  });

  it("is not for who does not want it", () => {
    const { at, claim } = place();
    expect(at(0, { kind: "look", ttlMs: 5_000, claimMs: null })).toEqual({ kind: "taken", last: null });
    claim(0);
  });

  it("has generations that also grow where everything was lost", () => {
    const first = place().claim(0);
    expect(place().claim(1)).toBeGreaterThan(first);
  });

  it("survives a clock that falls back: what came from the future has no age, and claims nothing", () => {
    const { at, claim, finish } = place();
    finish(1, claim(0), "one");
    const later = claim(5_000);
    const back = at(-3_600_000, LOOK);
    expect(back).toMatchObject({ kind: "granted", last: null });
    expect(finish(-3_600_000, later, "late")).toEqual({ kind: "late" });
  });

  it("leaves no trace of a look at what is fresh or taken, so that nothing is written", () => {
    const { at, claim, finish, state } = place();
    const generation = claim(0);
    const before = JSON.stringify(state);
    at(10, LOOK);
    expect(JSON.stringify(state)).toBe(before);
    finish(20, generation, "one");
    const after = JSON.stringify(state);
    at(30, LOOK);
    expect(JSON.stringify(state)).toBe(after);
  });
});
