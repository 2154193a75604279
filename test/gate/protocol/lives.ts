/**
 * Lives: a store that loses all that it knew begins a new one, in which instances open and bring what they hold. Rule 14.
 *
 * Numbers of renewals are kept in their order only, so any number of renewals is covered; of those that are over, as many
 * as `late` are still on their way.
 */
import { fromTo, type Message, ordered, withOne } from "./network.ts";
import type { Change, Protocol } from "./space.ts";

/** Named by an opening that has heard of no life yet. */
const NONE = 0;

interface Renewal extends Message {
  readonly keep: number;
  /** The life it opens in; null: it does not open. */
  readonly opens: number | null;
  /** In which its instance was answered last. */
  readonly life: number;
}

export interface Dweller {
  readonly permits: number;
  readonly running: number;
  readonly mayStart: boolean;
  /** The life it was last answered in. */
  readonly life: number;
  readonly opening: number | null;
  readonly flight: (Renewal & { readonly isOver: boolean }) | null;
  readonly n: number;
  /** What the store knows of it. */
  readonly known: boolean;
  readonly held: number;
  readonly heard: number;
  readonly renewals: readonly Renewal[];
  readonly answers: readonly (Message & { readonly known: boolean; readonly life: number; readonly permits: number })[];
}

export interface Store {
  readonly life: number;
}

export interface Bounds {
  readonly capacity: number;
  readonly lives: number;
  readonly late: number;
}

export interface Rules {
  /** The store does not know the sender, and opens a session for it. */
  readonly mayOpen: (renewal: Renewal, life: number) => boolean;
  /** It knows the sender. */
  readonly mayRenew: (renewal: Renewal, life: number) => boolean;
  readonly kept: (renewal: Renewal, held: number, opens: boolean) => number;
  readonly room: (kept: number, claimedByOthers: number, capacity: number, life: number) => number;
  /** Most that it may say it keeps. */
  readonly mostKept: (dweller: Dweller) => number;
  /** What it goes on using when the store does not know it. */
  readonly leftOf: (permits: number, flight: Renewal) => number;
}

export const LIVES: Rules = {
  mayOpen: ({ opens }, life) => opens === NONE || opens === life,
  mayRenew: ({ life, opens }, current) => (opens === null ? life === current : opens === NONE || opens === current),
  // Whoever names this life brings it, also where a late opening of its own has come before it.
  kept: ({ keep, opens }, held) => (opens !== null && opens !== NONE ? keep : Math.min(keep, held)),
  room: (kept, claimedByOthers, capacity) => capacity - claimedByOthers - kept,
  mostKept: ({ permits, running, mayStart }) => Math.max(running, mayStart ? permits : 0),
  // It may have been heard, and forgotten since: what it did not keep may be with others.
  leftOf: (permits, { keep }) => Math.min(permits, keep),
};

const START: Dweller = {
  permits: 0,
  running: 0,
  mayStart: false,
  life: NONE,
  opening: NONE,
  flight: null,
  n: 0,
  known: false,
  held: 0,
  heard: 0,
  renewals: [],
  answers: [],
};

function* itself(dweller: Dweller, rules: Rules): Generator<[string, Dweller]> {
  const { permits, running, mayStart, flight, n, opening: opens, life } = dweller;
  if (mayStart && running < Math.min(permits, flight?.keep ?? permits)) {
    yield ["a call begins", { ...dweller, running: running + 1 }];
  }
  if (running > 0) yield ["a call ends", { ...dweller, running: running - 1 }];
  if (mayStart) yield ["its lease ends", { ...dweller, mayStart: false }];
  if (flight) {
    const isOver = { ...dweller, flight: { ...flight, isOver: true } };
    if (!mayStart && !flight.isOver) yield ["the lease of what it asks for ends", isOver];
    return;
  }
  for (const keep of fromTo(running, rules.mostKept(dweller))) {
    const renewal = { n: n + 1, keep, opens, life };
    const what = opens === null ? "sends a renewal" : `opens in ${opens === NONE ? "whichever life" : `life ${opens}`}`;
    const renewals = withOne(dweller.renewals, renewal);
    yield [`${what}, keeps ${keep}`, { ...dweller, n: n + 1, flight: { ...renewal, isOver: false }, renewals }];
  }
}

function* store(dweller: Dweller): Generator<[string, Dweller]> {
  const { known, held, mayStart, running, flight, heard } = dweller;
  if (!known) return;
  if (held === 0) yield ["the store forgets it", { ...dweller, known: false, heard: 0 }];
  const isOver = !mayStart && running === 0 && (flight?.n !== heard || flight.isOver);
  if (held > 0 && isOver) yield ["the store lets it expire", { ...dweller, held: 0 }];
}

type Steps = Generator<[string, Dweller]>;

function* heard(dweller: Dweller, rules: Rules, others: number, capacity: number, life: number): Steps {
  for (const renewal of dweller.renewals) {
    const { n } = renewal;
    const may = dweller.known ? rules.mayRenew(renewal, life) : renewal.opens !== null && rules.mayOpen(renewal, life);
    const answered = (known: boolean, held: number) => withOne(dweller.answers, { n, known, life, permits: held });
    if (!may) yield [`the store does not know ${n}`, { ...dweller, answers: answered(false, 0) }];
    else if (dweller.known && n <= dweller.heard) {
      yield [`the store hears ${n} again`, { ...dweller, answers: answered(true, dweller.held) }];
    } else {
      const kept = rules.kept(renewal, dweller.held, !dweller.known);
      for (const grant of fromTo(0, Math.max(0, rules.room(kept, others, capacity, life)))) {
        const held = kept + grant;
        const after = { ...dweller, known: true, heard: n, held, answers: answered(true, held) };
        yield [`the store hears ${n}: keeps ${kept}, gets ${grant}`, after];
      }
    }
  }
}

function* answered(dweller: Dweller, rules: Rules): Generator<[string, Dweller]> {
  const { flight } = dweller;
  for (const { n, known, life, permits } of dweller.answers) {
    if (flight?.n !== n) continue;
    if (!known) {
      const permits = rules.leftOf(dweller.permits, flight);
      yield [`hears of life ${life}`, { ...dweller, permits, flight: null, opening: life }];
    } else {
      const took = { permits, life, mayStart: !flight.isOver, opening: null, flight: null };
      yield [`is answered ${permits}`, { ...dweller, ...took }];
    }
  }
}

/** Each choice of late messages that are not lost, with numbers by their order. */
function* settled(dweller: Dweller, late: number): Generator<Dweller> {
  const { flight } = dweller;
  const current = dweller.renewals.filter(({ n }) => n === flight?.n);
  const old = dweller.renewals.filter(({ n }) => n !== flight?.n);
  const choices = old.length > late ? old.map((one) => old.filter((other) => other !== one)) : [old];
  const answers = dweller.answers.filter(({ n }) => n === flight?.n);
  for (const renewals of choices) yield ordered({ ...dweller, renewals: [...renewals, ...current], answers });
}

export function lives({ capacity, lives: most, late }: Bounds, changed: Partial<Rules> = {}): Protocol<Store, Dweller> {
  const rules = { ...LIVES, ...changed };
  const sum = (dwellers: readonly Dweller[], of: (dweller: Dweller) => number) =>
    dwellers.reduce((total, dweller) => total + of(dweller), 0);
  const running = (dwellers: readonly Dweller[]) => sum(dwellers, (one) => one.running);
  const holding = (dwellers: readonly Dweller[]) => sum(dwellers, (one) => one.held);
  return {
    instances: 2,
    shared: { life: 1 },
    part: START,
    claim: ({ held }) => held,
    changes: (dweller, others, { life }) => {
      const found: Change<Store, Dweller>[] = [];
      const steps = [itself(dweller, rules), store(dweller), answered(dweller, rules)];
      const all = [...steps.flatMap((one) => [...one]), ...heard(dweller, rules, others, capacity, life)];
      for (const [what, after] of all) for (const part of settled(after, late)) found.push({ what, part });
      return found;
    },
    events: ({ life }) => {
      if (life === most) return [];
      const each = (dweller: Dweller) => ordered({ ...dweller, known: false, held: 0, heard: 0 });
      return [{ what: "the store loses its data", shared: { life: life + 1 }, each }];
    },
    wrong: (dwellers, { life }) => {
      // What a life granted may still run when the next one grants.
      if (running(dwellers) > capacity * life) return `${running(dwellers)} run in life ${life}`;
      if (holding(dwellers) > capacity * life) return `${holding(dwellers)} permits are out in life ${life}`;
      const unknown = dwellers.find((one) => one.known && one.life === life && one.running > one.held);
      return unknown ? `one runs ${unknown.running} calls, the store of its life knows of ${unknown.held}` : null;
    },
    isFree: ({ held, running: calls }) => held + calls === 0,
    sights: {
      "as many calls as the capacity": (dwellers, { life }) => life === 1 && running(dwellers) === capacity,
      "as many after a loss": (dwellers, { life }) =>
        life === 2 && dwellers.every((one) => one.life === 2) && running(dwellers) === capacity,
      "twice as many after a loss": (dwellers, { life }) => life === 2 && running(dwellers) === 2 * capacity,
      "more permits adopted than there are": (dwellers, { life }) => life === 2 && holding(dwellers) > capacity,
    },
  };
}
