/**
 * Permits: two instances and a store that lends them, for every policy of lending. The network keeps every message for
 * ever and delivers any of them at any time, any number of times: what it never delivers was lost. Rules 2 to 4 and 15.
 *
 * A renewal that is over can change nothing any more, so by default it is forgotten and numbers begin again: that
 * covers any number of renewals. `renewals` bounds them instead, and keeps every message.
 */
import type { Change, Protocol } from "./space.ts";

interface Renewal {
  readonly n: number;
  readonly keep: number;
  readonly owed: number;
  readonly leaves: boolean;
}

export interface Holder {
  /** What the instance knows. */
  readonly permits: number;
  readonly running: number;
  /** Calls of its local share, and as many as it has told of. */
  readonly local: number;
  readonly told: number;
  /** The lease of `permits` is not over, by its own clock. */
  readonly mayStart: boolean;
  readonly n: number;
  readonly flight: (Renewal & { readonly isOver: boolean }) | null;
  readonly life: "here" | "leaving" | "gone";
  /** What the store knows of it. */
  readonly known: boolean;
  readonly held: number;
  readonly owed: number;
  readonly heard: number;
  /** On their way. */
  readonly renewals: readonly Renewal[];
  readonly answers: readonly { readonly n: number; readonly permits: number }[];
}

export interface Bounds {
  readonly capacity: number;
  readonly instances?: number;
  /** Calls that an instance may run without the store. */
  readonly share?: number;
  readonly renewals?: number;
  readonly leaves?: boolean;
}

/** Where a mutant does otherwise. */
export interface Rules {
  /** Fewest and most that an instance keeps. Rule 3. */
  readonly leastKept: (holder: Holder) => number;
  readonly mostKept: (holder: Holder) => number;
  /** What it may run while a renewal is on its way. Rule 3. */
  readonly usable: (holder: Holder) => number;
  /** A renewal is new to the store. Rule 2. */
  readonly isNews: (renewal: Renewal, heard: number) => boolean;
  /** Rule 3. */
  readonly kept: (renewal: Renewal, held: number) => readonly number[];
  readonly room: (kept: number, claimedByOthers: number, owed: number, capacity: number) => number;
  readonly takes: (answer: { n: number }, holder: Holder) => boolean;
  /** The store may free what it holds. Rule 4. */
  readonly mayExpire: (holder: Holder) => boolean;
  /** What an answer brings may be used. Rule 4. */
  readonly isFresh: (flight: NonNullable<Holder["flight"]>) => boolean;
  /** A renewal that is sent again begins its lease again. */
  readonly repeatRenews: boolean;
  /** What a leaving instance still holds when it is dropped. Rule 4. */
  readonly mostDropped: number;
  /** Of calls of the local share that it was told of, as many as the store leaves out of the room. Rule 15. */
  readonly counted: (owed: number) => number;
}

/** By its own clock what the store last heard of is over, and so are the calls that began with it. */
export const leaseIsOver = ({ mayStart, flight, heard }: Holder): boolean =>
  !mayStart && (flight?.n !== heard || flight.isOver);

export const LEASES: Rules = {
  leastKept: ({ running }) => running,
  // Beside a call that it tells of now it had left a permit alone: that one it gives back.
  mostKept: ({ permits, running, local, told }) => Math.max(running, permits - Math.max(0, local - told)),
  usable: ({ permits, flight }) => Math.min(permits, flight?.keep ?? permits),
  isNews: ({ n }, heard) => n > heard,
  kept: ({ keep }, held) => [Math.min(keep, held)],
  room: (kept, claimedByOthers, owed, capacity) => capacity - claimedByOthers - kept - owed,
  takes: ({ n }, { flight }) => flight?.n === n,
  mayExpire: (holder) => leaseIsOver(holder) && holder.running === 0,
  isFresh: ({ isOver }) => !isOver,
  repeatRenews: false,
  mostDropped: 0,
  counted: (owed) => owed,
};

const START: Holder = {
  permits: 0,
  running: 0,
  local: 0,
  told: 0,
  mayStart: false,
  n: 0,
  flight: null,
  life: "here",
  known: true,
  held: 0,
  owed: 0,
  heard: 0,
  renewals: [],
  answers: [],
};

const upTo = (least: number, most: number): readonly number[] =>
  Array.from({ length: Math.max(0, most - least + 1) }, (_, index) => least + index);

const withOne = <Message>(messages: readonly Message[], one: Message): readonly Message[] => {
  const all = new Map([...messages, one].map((message) => [JSON.stringify(message), message]));
  return [...all.keys()].sort().map((key) => all.get(key) as Message);
};

function* calls(holder: Holder, rules: Rules, share: number): Generator<[string, Holder]> {
  const { running, local, told, mayStart, life } = holder;
  // What it has not told of yet stands on its permits.
  const occupied = running + Math.max(0, local - told);
  if (life === "here" && mayStart && occupied < rules.usable(holder)) {
    yield ["a call begins", { ...holder, running: running + 1 }];
  }
  if (running > 0) yield ["a call ends", { ...holder, running: running - 1 }];
  if (life === "here" && !mayStart && running + local < share) {
    yield ["a local call begins", { ...holder, local: local + 1 }];
  }
  if (local > 0) yield ["a local call ends", { ...holder, local: local - 1, told: Math.min(told, local - 1) }];
}

function* sends(holder: Holder, rules: Rules, bounds: Bounds): Generator<[string, Holder]> {
  const { flight, life, n } = holder;
  if (life === "gone") return;
  if (flight) {
    if (rules.repeatRenews && flight.isOver) yield ["sends again", { ...holder, flight: { ...flight, isOver: false } }];
    return;
  }
  if (n >= (bounds.renewals ?? Number.POSITIVE_INFINITY)) return;
  const renew = (keep: number, leaves: boolean): [string, Holder] => {
    const renewal = { n: n + 1, keep, owed: holder.local, leaves };
    const sent = { n: n + 1, flight: { ...renewal, isOver: false }, renewals: withOne(holder.renewals, renewal) };
    return [`sends ${leaves ? "that it leaves" : "a renewal"}, keeps ${keep}`, { ...holder, ...sent }];
  };
  const least = rules.leastKept(holder);
  if (life === "here") for (const keep of upTo(least, rules.mostKept(holder))) yield renew(keep, false);
  if (bounds.leaves) {
    const [what, leaving] = renew(least, true);
    yield [what, { ...leaving, life: "leaving" }];
  }
}

function* time(holder: Holder, rules: Rules): Generator<[string, Holder]> {
  const { mayStart, flight, life, held, owed } = holder;
  if (mayStart) yield ["its lease ends", { ...holder, mayStart: false }];
  else if (flight && !flight.isOver) {
    yield ["the lease of what it asks for ends", { ...holder, flight: { ...flight, isOver: true } }];
  }
  if (life === "here") yield ["dies", { ...holder, life: "gone", answers: [] }];
  if (held + owed > 0 && rules.mayExpire(holder)) yield ["the store lets it expire", { ...holder, held: 0, owed: 0 }];
}

function* delivered(holder: Holder, rules: Rules, others: number, capacity: number): Generator<[string, Holder]> {
  for (const renewal of holder.known ? holder.renewals : []) {
    const { n, leaves } = renewal;
    const owed = rules.counted(renewal.owed);
    if (!rules.isNews(renewal, holder.heard)) {
      const answers = withOne(holder.answers, { n, permits: holder.held });
      yield [`the store hears renewal ${n} again`, { ...holder, answers }];
      continue;
    }
    const heard = Math.max(n, holder.heard);
    for (const kept of rules.kept(renewal, holder.held)) {
      for (const grant of upTo(0, leaves ? 0 : Math.max(0, rules.room(kept, others, owed, capacity)))) {
        const dropped = leaves && kept + owed <= rules.mostDropped;
        const held = dropped ? 0 : kept + grant;
        const answers = withOne(holder.answers, { n, permits: held });
        const after = { ...holder, heard, held, owed: dropped ? 0 : owed, answers, known: !dropped };
        yield [`the store hears renewal ${n}: keeps ${kept}, gets ${grant}`, after];
      }
    }
  }
  for (const answer of holder.life === "gone" ? [] : holder.answers) {
    if (!rules.takes(answer, holder)) continue;
    const { flight } = holder;
    const gone = flight?.leaves && answer.permits === 0 && holder.running + holder.local === 0;
    const took = { permits: answer.permits, mayStart: !flight || rules.isFresh(flight), told: flight?.owed ?? 0 };
    const after = { ...holder, ...took, flight: null, life: gone ? "gone" : holder.life } as const;
    yield [`is answered ${answer.permits}`, after];
  }
}

/** Without what can change nothing any more, whichever way it is delivered. */
function settled(holder: Holder): Holder {
  const { flight, life, heard } = holder;
  const open = flight !== null && !(life === "gone" && flight.n === heard) && holder.known;
  const n = flight ? 1 : 0;
  return {
    ...holder,
    n,
    flight: flight && { ...flight, n },
    heard: flight && flight.n === heard ? 1 : 0,
    renewals: open ? holder.renewals.filter((one) => one.n === flight.n).map((one) => ({ ...one, n })) : [],
    answers:
      flight && life !== "gone" ? holder.answers.filter((one) => one.n === flight.n).map((one) => ({ ...one, n })) : [],
  };
}

export function leases(bounds: Bounds, changed: Partial<Rules> = {}): Protocol<null, Holder> {
  const { capacity, share = 0, renewals } = bounds;
  const rules = { ...LEASES, ...changed };
  const sum = (holders: readonly Holder[], of: (holder: Holder) => number) =>
    holders.reduce((total, holder) => total + of(holder), 0);
  const running = (holders: readonly Holder[]) => sum(holders, (one) => one.running + one.local);
  return {
    instances: bounds.instances ?? 2,
    shared: null,
    part: START,
    claim: ({ held, owed }) => held + owed,
    changes: (holder, others) => {
      const found: Change<null, Holder>[] = [];
      const steps = [calls(holder, rules, share), sends(holder, rules, bounds), time(holder, rules)];
      for (const [what, part] of [...steps.flatMap((one) => [...one]), ...delivered(holder, rules, others, capacity)]) {
        found.push({ what, part: renewals === undefined ? settled(part) : part });
      }
      return found;
    },
    wrong: (holders) => {
      // One share may run that nobody was told of; those that are told of leave that much less room.
      if (running(holders) > capacity + share) return `${running(holders)} run, ${capacity + share} may`;
      const held = sum(holders, (one) => one.held);
      if (held > capacity) return `${held} permits are out, ${capacity} may be`;
      const unknown = holders.find((one) => one.running > one.held);
      return unknown ? `one runs ${unknown.running} calls, the store knows of ${unknown.held}` : null;
    },
    isFree: ({ held, owed, running: calling, local }) => held + owed + calling + local === 0,
    sights: {
      "as many calls as the capacity": (holders) => sum(holders, (one) => one.running) === capacity,
      "one that has all": (holders) => holders.some((one) => one.running === capacity),
      "all that are alive have something": (holders) =>
        capacity < holders.length || holders.every((one) => one.running > 0),
    },
  };
}
