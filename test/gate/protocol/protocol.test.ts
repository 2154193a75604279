/**
 * The protocol of leases in small models, each walked to its last state, for every policy that a store may have; and what
 * each rule is good for: without it something breaks. Some seconds by default, larger with `TIDEGATE_FULL=1`.
 *
 * Map of this folder: `space` has the states of a model as numbers and `search` walks them; `network` is what messages go
 * through; `leases`, `probes`, `votes` and `lives` are the models, `mutants` what breaks them; `machine` holds the real
 * `step` to the same rules.
 */
import { expect, test } from "vitest";
import { leases } from "./leases.ts";
import { lives } from "./lives.ts";
import { MUTANTS } from "./mutants.ts";
import { probes } from "./probes.ts";
import { search } from "./search.ts";
import type { Protocol } from "./space.ts";
import { votes } from "./votes.ts";

const full = process.env.TIDEGATE_FULL === "1";
const MOST_STATES = 12_000_000;

interface Model {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: one list holds several protocols
  readonly protocol: Protocol<any, any>;
  /** Minutes rather than seconds. */
  readonly isLarge?: boolean;
}

const MODELS: readonly Model[] = [
  { name: "one permit, as in the health lane", protocol: leases({ capacity: 1, leaves: true }) },
  { name: "two permits, with instances that leave", protocol: leases({ capacity: 2, leaves: true }) },
  { name: "three permits", protocol: leases({ capacity: 3 }) },
  { name: "one permit, with all messages of two renewals", protocol: leases({ capacity: 1, renewals: 2 }) },
  { name: "two permits, with a local share of one", protocol: leases({ capacity: 2, share: 1 }) },
  { name: "two permits of three instances", protocol: leases({ capacity: 2, instances: 3 }), isLarge: true },
  { name: "three permits, with a local share of one", protocol: leases({ capacity: 3, share: 1 }), isLarge: true },
  {
    name: "one permit, with all messages of three renewals",
    protocol: leases({ capacity: 1, renewals: 3 }),
    isLarge: true,
  },
  { name: "one probe", protocol: probes(1) },
  { name: "two probes", protocol: probes(2), isLarge: true },
  { name: "votes of two calls over three generations", protocol: votes({ generations: 3, calls: 2 }) },
  { name: "votes of three calls over four generations", protocol: votes({ generations: 4, calls: 3 }) },
  { name: "votes of two instances", protocol: votes({ generations: 3, calls: 2, instances: 2 }), isLarge: true },
  { name: "one permit and a store that loses its data", protocol: lives({ capacity: 1, lives: 2, late: 0 }) },
  {
    name: "two permits and a store that loses its data",
    protocol: lives({ capacity: 2, lives: 2, late: 0 }),
    isLarge: true,
  },
  {
    name: "one permit, openings that come late and a store that loses its data",
    protocol: lives({ capacity: 1, lives: 2, late: 1 }),
    isLarge: true,
  },
];

for (const { name, protocol } of MODELS.filter(({ isLarge }) => full || !isLarge)) {
  test(`every state of ${name} keeps to the bounds and leads back to where all is free`, () => {
    const { states, broken, unseen } = search(protocol, MOST_STATES);
    if (full) console.info(`${name}: ${states} states`);
    expect(broken, "what is wrong").toBeNull();
    expect(unseen, "what must be possible").toEqual([]);
  }, 1_800_000);
}

for (const { rule, name, breaks, protocol } of MUTANTS) {
  test(`the protocol breaks without Rule ${rule} where ${name}`, () => {
    expect(search(protocol, MOST_STATES).broken).toMatch(breaks);
  });
}
