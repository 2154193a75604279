/** What breaks the lending of permits, one for each thing that a rule says. */
import { type Bounds, LEASES, leaseIsOver, leases, type Rules } from "./leases.ts";
import type { Mutant } from "./mutant.ts";

const mutant = (rule: number, name: string, breaks: RegExp, changed: Partial<Rules>, bounds: Partial<Bounds> = {}) =>
  ({ rule, name, breaks, protocol: leases({ capacity: 2, ...bounds }, changed) }) satisfies Mutant;

const MORE_RUN = /^\d run, \d may/;
const MORE_THAN_KNOWN = /^one runs \d calls, the store knows of \d/;
const MORE_OUT = /^\d permits are out, \d may be/;
const LOST = /^a permit is lost for good/;

export const LEASE_MUTANTS: readonly Mutant[] = [
  mutant(
    2,
    "the store takes renewals in any order",
    MORE_THAN_KNOWN,
    { isNews: ({ n }, heard) => n !== heard },
    { renewals: 2 },
  ),
  mutant(2, "a repeated renewal is granted once more", MORE_THAN_KNOWN, { isNews: ({ n }, heard) => n >= heard }),
  mutant(
    2,
    "an answer counts for whatever is on its way",
    MORE_THAN_KNOWN,
    { takes: ({ n }, { flight }) => flight !== null && n > 0 },
    { renewals: 3 },
  ),
  mutant(3, "calls begin as if no renewal were on its way", MORE_THAN_KNOWN, { usable: ({ permits }) => permits }),
  mutant(3, "an instance keeps less than it runs", MORE_THAN_KNOWN, {
    leastKept: ({ running }) => Math.max(0, running - 1),
  }),
  mutant(3, "the store takes a permit back", MORE_THAN_KNOWN, {
    kept: ({ keep }, held) => [Math.min(keep, held), Math.max(0, Math.min(keep, held) - 1)],
  }),
  mutant(3, "the store believes what an instance keeps", MORE_OUT, { kept: ({ keep }) => [keep] }),
  mutant(3, "the room leaves out what others hold", MORE_OUT, {
    room: (kept, _others, owed, capacity) => capacity - kept - owed,
  }),
  mutant(15, "the room does not leave out what runs of a local share", MORE_RUN, { counted: () => 0 }, { share: 1 }),
  mutant(
    15,
    "a store that returns grants beside calls that it was not told of",
    MORE_RUN,
    {
      usable: ({ permits, flight, local, told }) =>
        Math.min(permits, flight?.keep ?? permits) + Math.max(0, local - told),
    },
    { share: 1 },
  ),
  mutant(
    15,
    "an instance keeps a permit beside each call that it tells of",
    MORE_RUN,
    {
      mostKept: ({ running, permits }) => Math.max(running, permits),
    },
    { share: 1 },
  ),
  mutant(4, "a lease expires while its calls may still run", MORE_THAN_KNOWN, { mayExpire: leaseIsOver }),
  mutant(4, "a lease expires by the store's clock alone", MORE_THAN_KNOWN, {
    mayExpire: ({ running }) => running === 0,
  }),
  mutant(4, "a lease is counted from its answer", MORE_THAN_KNOWN, { isFresh: () => true }),
  mutant(4, "a lease is counted from when it was asked for last", MORE_THAN_KNOWN, { repeatRenews: true }),
  mutant(4, "the lease of an instance that died never ends", LOST, {
    mayExpire: (holder) => holder.life !== "gone" && LEASES.mayExpire(holder),
  }),
  mutant(4, "who leaves is dropped with what it holds", MORE_THAN_KNOWN, { mostDropped: 2 }, { leaves: true }),
];
