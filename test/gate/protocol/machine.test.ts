/** The models allow every policy; this holds that the machine follows one of those. `TIDEGATE_SEED` runs other walks. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Action, Machine, SESSIONS } from "./machine.ts";

const WALKS = process.env.TIDEGATE_FULL === "1" ? 20_000 : 400;
const seed = Number(process.env.TIDEGATE_SEED ?? 3);

const action: fc.Arbitrary<Action> = fc.record({
  session: fc.constantFrom(...SESSIONS),
  waitMs: fc.constantFrom(0, 10, 300, 1_500, 6_000),
  late: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(3) }),
  opens: fc.constantFrom("not", "not", "in any life", "in this life", "in another life"),
  keep: fc.nat(4),
  probes: fc.nat(2),
  need: fc.nat(5),
  owed: fc.constantFrom(0, 0, 0, 1, 2),
  leaves: fc.constantFrom(false, false, false, true),
  fails: fc.constantFrom(0, 0, 0, 3),
  generationsAgo: fc.constantFrom(0, 0, 1),
});

test(`${WALKS} random walks of the gate machine keep to what the models of the protocol allow`, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 40 }), (actions) => {
      const machine = new Machine();
      for (const one of actions) machine.act(one);
      for (const name of machine.seen) seen.add(name);
    }),
    { numRuns: WALKS, seed },
  );
  const all = [
    "a grant",
    "a probe",
    "adopted above the capacity",
    "expired",
    "left",
    "repeated or late",
    "unknown",
    "votes",
  ];
  expect([...seen].sort()).toEqual(all);
}, 600_000);
