/** Protocols with one thing left out: each must break, and as it is said. */
import { LEASE_MUTANTS } from "./lease-mutants.ts";
import { type Bounds as LifeBounds, type Rules as LifeRules, lives } from "./lives.ts";
import type { Mutant } from "./mutant.ts";
import { type Rules as ProbeRules, probeLeaseIsOver, probes } from "./probes.ts";
import { type Rules as VoteRules, votes } from "./votes.ts";

const MORE_COUNTED = /^more votes than calls were counted/;
const CROSSED = /^a vote crossed a generation/;
const MORE_PROBES = /^\d probes run, \d may/;
const MORE_OUT = /^\d permits are out in life \d/;
const MORE_THAN_KNOWN = /^one runs \d calls, the store of its life knows of \d/;

const vote = (rule: number, name: string, breaks: RegExp, changed: Partial<VoteRules>): Mutant => ({
  rule,
  name,
  breaks,
  protocol: votes({ generations: 3, calls: 2 }, changed),
});

const probe = (rule: number, name: string, changed: Partial<ProbeRules>): Mutant => ({
  rule,
  name,
  breaks: MORE_PROBES,
  protocol: probes(1, changed),
});

const life = (name: string, breaks: RegExp, changed: Partial<LifeRules>, bounds: Partial<LifeBounds> = {}): Mutant => ({
  rule: 14,
  name,
  breaks,
  protocol: lives({ capacity: 1, lives: 2, late: 0, ...bounds }, changed),
});

export const MUTANTS: readonly Mutant[] = [
  ...LEASE_MUTANTS,
  vote(2, "the votes of a repeated renewal count again", MORE_COUNTED, { isNews: ({ n }, heard) => n >= heard }),
  vote(2, "what was not answered is told again under another number", MORE_COUNTED, { tellsAnew: true }),
  vote(2, "what was told is told again with the next renewal", MORE_COUNTED, { keepsTold: true }),
  vote(12, "votes count in whichever generation they are heard", CROSSED, { counts: () => true }),
  vote(12, "a call votes in the generation in which it ends", CROSSED, { saysOf: (_began, now) => now }),
  vote(16, "pings of the health lane vote", MORE_COUNTED, { pingsVote: true }),
  probe(10, "as many probes are given as are asked for", { room: () => 1 }),
  probe(10, "a probe of an older half-open state is not counted any more", {
    heldOn: (held, to) => (to === "half_open" ? 0 : held),
  }),
  probe(10, "a probe that is told of beside a half-open state is not counted any more", {
    keptIn: (kept, state) => (state === "half_open" ? kept : 0),
  }),
  probe(3, "an instance keeps fewer probes than it runs", { leastKept: () => 0 }),
  probe(3, "probes begin as if no renewal were on its way", { usable: ({ probes: all }) => all }),
  probe(4, "a probe's lease expires while it may still run", { mayExpire: probeLeaseIsOver }),
  life("what an opening keeps is not counted", MORE_THAN_KNOWN, { kept: ({ keep }, held) => Math.min(keep, held) }),
  life("a new life grants without counting what it adopts", MORE_OUT, {
    room: (kept, others, capacity, current) => (current > 1 ? capacity : capacity - others - kept),
  }),
  life("a fresh fleet is granted as if each were alone", MORE_OUT, {
    room: (kept, _others, capacity) => capacity - kept,
  }),
  life("an opening keeps what is over", MORE_OUT, { mostKept: ({ permits, running }) => Math.max(permits, running) }),
  life("who is not known goes on with what it had not kept", MORE_OUT, { leftOf: (permits) => permits }),
  life("a renewal of another life is taken for one of this", MORE_THAN_KNOWN, { mayRenew: () => true }),
  life(
    "an opening is not adopted where a late one came before it",
    MORE_THAN_KNOWN,
    {
      kept: ({ keep, opens }, held, isOpening) =>
        isOpening && opens !== null && opens > 0 ? keep : Math.min(keep, held),
    },
    { late: 1 },
  ),
];
