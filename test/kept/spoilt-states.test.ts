/** What the fleet knows of kept answers, with anything in the place of what the store has of it. */
import { expect, test } from "vitest";
import { claimMachine } from "../../lib/kept/claim.ts";
import { createForgetting, forgettingMachine } from "../../lib/kept/forgetting.ts";
import { keptState, savedState } from "../../lib/store/compare-and-set.ts";
import { durableObject } from "../../lib/store/durable-object/durable-object.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { chance, spoilt } from "../store/spoilt.ts";
import { fakeObjects } from "../support/fake-object.ts";

const ROUNDS = 300;
const NOW = 1_764_000_000_000;

const forgotten = () => {
  const state = forgettingMachine.empty();
  forgettingMachine.step(state, { kind: "forget", what: "key", value: "stock" }, NOW - 5_000);
  forgettingMachine.step(state, { kind: "forget", what: "tag", value: "orders" }, NOW - 3_000);
  return state;
};

test("whatever is left of what was said, it can be looked at, and somebody can say something new", () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const kept = String(spoilt(savedState("kept-forgetting", forgotten()), chance(seed)));
    const state = keptState(forgettingMachine, kept);
    const { said, beforeAgoMs } = forgettingMachine.step(state, { kind: "look" }, NOW);
    for (const agoMs of [...said.map((one) => one.agoMs), beforeAgoMs])
      expect(Number.isFinite(agoMs) && agoMs >= 0, `seed ${seed}: ${kept}`).toBe(true);
    const again = forgettingMachine.step(state, { kind: "forget", what: "key", value: "new" }, NOW + 1);
    expect(again.said.at(-1), `seed ${seed}`).toEqual({ what: "key", value: "new", agoMs: 0 });
    savedState("kept-forgetting", state);
  }
});

test.each([
  ["nothing that can be read", "{"],
  ["a list that is none", JSON.stringify({ said: 7, before: 0 })],
  ["a saying that is none", JSON.stringify({ said: [{ what: "all", value: "", at: 1 }], before: 0 })],
  ["no beginning", JSON.stringify({ said: [], before: null })],
])("of %s nobody knows what was said: all is forgotten up to then, and nothing after", (_, kept) => {
  const state = keptState(forgettingMachine, kept);
  expect(forgettingMachine.step(state, { kind: "look" }, NOW)).toMatchObject({ said: [], beforeAgoMs: 0 });
  expect(forgettingMachine.step(state, { kind: "look" }, NOW + 9_000).beforeAgoMs).toBe(9_000);
});

test("a moment to come was now: it does not go on forgetting", () => {
  const at = NOW + 86_400_000;
  const kept = JSON.stringify({ said: [{ what: "prefix", value: "/", at }], before: at });
  const state = keptState(forgettingMachine, kept);
  forgettingMachine.step(state, { kind: "look" }, NOW);
  const later = forgettingMachine.step(state, { kind: "look" }, NOW + 60_000);
  expect([later.said[0]?.agoMs, later.beforeAgoMs]).toEqual([60_000, 60_000]);
});

test("an operator's word goes through where the store has nonsense of what was said before", async () => {
  const objects = fakeObjects();
  const runtime = manualRuntime();
  const store = durableObject(objects.binding(runtime)).open(runtime);
  const forgetting = createForgetting({ store, key: "{tidegate:kept}", forgotten: () => {}, runtime });
  await forgetting.say({ key: "stock" });
  for (const rows of objects.entries.values()) {
    for (const [name, value] of rows) {
      if (name !== "state") continue;
      rows.set(name, { ...(value as object), saved: '{"said":[null],"before":"then"}' });
    }
  }
  await forgetting.say({ key: "orders" });
  expect(forgetting.isForgotten({ key: "orders", tags: [], takenMs: 0, content: "" }, 1)).toBe(true);
});

test("whatever is left of a claim, its source is asked again in ten minutes at most", () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const made = claimMachine.empty();
    claimMachine.step(made, { kind: "claim", holder: "a", claimMs: 4_000, waitedMs: 0 }, NOW);
    claimMachine.step(made, { kind: "release", holder: "b", isKept: true }, NOW + 1);
    const kept = String(spoilt(savedState("kept-claim", made), chance(seed)));
    const state = keptState(claimMachine, kept);
    const claim = { kind: "claim", holder: "c", claimMs: 4_000, waitedMs: 20 } as const;
    const { keptUntil } = claimMachine.step(state, claim, NOW + 100_000);
    expect(keptUntil, `seed ${seed}: ${kept}`).toBeLessThan(NOW + 900_000);
    expect(claimMachine.step(state, claim, NOW + 700_000).kind, `seed ${seed}: ${kept}`).toBe("yours");
  }
});
