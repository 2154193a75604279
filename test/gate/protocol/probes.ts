/**
 * Probes: a breaker that opens, tries and closes as it likes, and two instances that try for it. Rule 10. Any number of
 * renewals and of generations is covered.
 */
import { fromTo, type Message, ordered, withOne } from "./network.ts";
import type { Change, Protocol } from "./space.ts";

type State = "closed" | "open" | "half_open";

interface Renewal extends Message {
  readonly keep: number;
}

export interface Prober {
  /** As it was last told. */
  readonly isHalfOpen: boolean;
  readonly probes: number;
  readonly mayStart: boolean;
  readonly running: number;
  /** Of those that run: as many began before the breaker last moved. */
  readonly older: number;
  readonly flight: (Renewal & { readonly isOver: boolean }) | null;
  readonly n: number;
  /** What the store knows of it. */
  readonly held: number;
  readonly heard: number;
  readonly renewals: readonly Renewal[];
  readonly answers: readonly (Message & { readonly isHalfOpen: boolean; readonly probes: number })[];
}

export interface Breaker {
  readonly state: State;
}

export interface Rules {
  readonly room: (kept: number, claimedByOthers: number, most: number) => number;
  /** What is still counted when the breaker moves. */
  readonly heldOn: (held: number, to: State) => number;
  /** What is still counted of who is heard in that state. */
  readonly keptIn: (kept: number, state: State) => number;
  readonly leastKept: (prober: Prober) => number;
  readonly usable: (prober: Prober) => number;
  readonly mayExpire: (prober: Prober) => boolean;
}

const leaseIsOver = ({ mayStart, flight, heard }: Prober): boolean =>
  !mayStart && (flight?.n !== heard || flight.isOver);

export const PROBES: Rules = {
  room: (kept, claimedByOthers, most) => most - claimedByOthers - kept,
  heldOn: (held) => held,
  keptIn: (kept) => kept,
  leastKept: ({ running }) => running,
  usable: ({ probes, flight }) => Math.min(probes, flight?.keep ?? probes),
  mayExpire: (prober) => leaseIsOver(prober) && prober.running === 0,
};

export { leaseIsOver as probeLeaseIsOver };

const START: Prober = {
  isHalfOpen: false,
  probes: 0,
  mayStart: false,
  running: 0,
  older: 0,
  flight: null,
  n: 0,
  held: 0,
  heard: 0,
  renewals: [],
  answers: [],
};

type Steps = Generator<[string, Prober]>;

function* itself(prober: Prober, rules: Rules): Steps {
  const { isHalfOpen, probes, mayStart, running, older, flight, n, held } = prober;
  if (isHalfOpen && mayStart && running < rules.usable(prober)) {
    yield ["a probe begins", { ...prober, running: running + 1 }];
  }
  if (running > older) yield ["a probe ends", { ...prober, running: running - 1 }];
  if (older > 0) yield ["an older probe ends", { ...prober, running: running - 1, older: older - 1 }];
  if (mayStart) yield ["its lease ends", { ...prober, mayStart: false }];
  else if (flight && !flight.isOver) {
    yield ["the lease of what it asks for ends", { ...prober, flight: { ...flight, isOver: true } }];
  }
  if (held > 0 && rules.mayExpire(prober)) yield ["the store lets it expire", { ...prober, held: 0 }];
  if (flight) return;
  for (const keep of fromTo(rules.leastKept(prober), Math.max(probes, running))) {
    const renewal = { n: n + 1, keep };
    const sent = { n: n + 1, flight: { ...renewal, isOver: false }, renewals: withOne(prober.renewals, renewal) };
    yield [`sends a renewal, keeps ${keep}`, { ...prober, ...sent }];
  }
}

function* delivered(prober: Prober, rules: Rules, others: number, state: State, most: number): Steps {
  const isHalfOpen = state === "half_open";
  for (const { n, keep } of prober.renewals) {
    const answer = (probes: number) => withOne(prober.answers, { n, isHalfOpen, probes });
    if (n <= prober.heard) {
      yield [`the store hears ${n} again`, { ...prober, answers: answer(prober.held) }];
      continue;
    }
    const kept = rules.keptIn(Math.min(keep, prober.held), state);
    for (const grant of fromTo(0, isHalfOpen ? Math.max(0, rules.room(kept, others, most)) : 0)) {
      const held = kept + grant;
      yield [
        `the store hears ${n}: keeps ${kept}, gets ${grant}`,
        { ...prober, heard: n, held, answers: answer(held) },
      ];
    }
  }
  for (const { n, isHalfOpen: told, probes } of prober.answers) {
    const { flight } = prober;
    if (flight?.n !== n) continue;
    const took = { isHalfOpen: told, probes, mayStart: !flight.isOver, flight: null };
    yield [`is answered ${probes}${told ? "" : ", not half-open"}`, { ...prober, ...took }];
  }
}

/** What is over can change nothing any more. */
function settled(prober: Prober): Prober {
  const { flight } = prober;
  const isCurrent = ({ n }: Message) => n === flight?.n;
  return ordered({
    ...prober,
    heard: flight?.n === prober.heard ? prober.heard : 0,
    renewals: prober.renewals.filter(isCurrent),
    answers: prober.answers.filter(isCurrent),
  });
}

const NEXT: Readonly<Record<State, readonly State[]>> = {
  closed: ["open"],
  open: ["half_open"],
  half_open: ["open", "closed"],
};

export function probes(most: number, changed: Partial<Rules> = {}): Protocol<Breaker, Prober> {
  const rules = { ...PROBES, ...changed };
  const running = (probers: readonly Prober[]) => probers.reduce((sum, one) => sum + one.running, 0);
  return {
    instances: 2,
    shared: { state: "closed" },
    part: START,
    claim: ({ held }) => held,
    changes: (prober, others, { state }) => {
      const found: Change<Breaker, Prober>[] = [];
      const all = [...itself(prober, rules), ...delivered(prober, rules, others, state, most)];
      for (const [what, part] of all) found.push({ what, part: settled(part) });
      return found;
    },
    events: ({ state }) =>
      NEXT[state].map((to) => ({
        what: `the breaker is ${to}`,
        shared: { state: to },
        each: (prober) => ({ ...prober, held: rules.heldOn(prober.held, to), older: prober.running }),
      })),
    wrong: (probers) => (running(probers) > most ? `${running(probers)} probes run, ${most} may` : null),
    isFree: (prober) => prober.held + prober.running === 0,
    sights: {
      "as many probes as may be": (probers, { state }) => state === "half_open" && running(probers) === most,
      "a probe of an older half-open state": (probers, { state }) =>
        state === "half_open" && probers.some(({ older }) => older > 0),
    },
  };
}
