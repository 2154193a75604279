/**
 * Votes: a store that moves from generation to generation as it likes, and instances whose calls began in one and end in
 * another. Rules 2 and 12. Any number of renewals is covered; generations and calls are bounded.
 */
import { type Message, ordered, withOne } from "./network.ts";
import type { Change, Protocol } from "./space.ts";

/** The generation that a call says it is of, and the one in which it began. */
interface Vote {
  readonly said: number;
  readonly began: number;
}

interface Renewal extends Message {
  readonly votes: readonly Vote[];
}

export interface Caller {
  /** As it was last told. */
  readonly generation: number;
  /** Generations in which the calls that run began. */
  readonly calls: readonly number[];
  /** Calls that it may still begin, so that there is an end. */
  readonly left: number;
  readonly ended: readonly Vote[];
  readonly flight: Renewal | null;
  readonly n: number;
  readonly heard: number;
  /** Calls of the present generation that ended and have not been counted. */
  readonly uncounted: number;
  readonly counted: number;
  readonly fault: string | null;
  readonly renewals: readonly Renewal[];
  readonly answers: readonly (Message & { readonly generation: number })[];
}

export interface Breaker {
  readonly generation: number;
}

export interface Bounds {
  readonly generations: number;
  /** Of each instance. */
  readonly calls: number;
  readonly instances?: number;
}

export interface Rules {
  /** Rule 2. */
  readonly isNews: (renewal: Renewal, heard: number) => boolean;
  /** A renewal that was not answered is given up, and what it told goes with the next one. */
  readonly tellsAnew: boolean;
  /** What was told is told again with the next one. */
  readonly keepsTold: boolean;
  /** Rule 12. */
  readonly counts: (vote: Vote, generation: number) => boolean;
  readonly saysOf: (began: number, now: number) => number;
  /** Pings of the health lane end like calls. Rule 16. */
  readonly pingsVote: boolean;
}

export const VOTES: Rules = {
  isNews: ({ n }, heard) => n > heard,
  tellsAnew: false,
  keepsTold: false,
  counts: ({ said }, generation) => said === generation,
  saysOf: (began) => began,
  pingsVote: false,
};

type Steps = Generator<[string, Caller]>;

function* itself(caller: Caller, rules: Rules, now: number): Steps {
  const { left, generation, calls, ended, flight, n, renewals } = caller;
  if (left > 0) yield ["a call begins", { ...caller, left: left - 1, calls: [...calls, generation] }];
  for (const [place, began] of calls.entries()) {
    const told = {
      calls: calls.filter((_, other) => other !== place),
      ended: [...ended, { said: rules.saysOf(began, generation), began }],
      uncounted: caller.uncounted + (began === now ? 1 : 0),
    };
    yield [`a call of ${began} ends`, { ...caller, ...told }];
  }
  if (rules.pingsVote && left > 0) {
    yield ["a ping ends", { ...caller, left: left - 1, ended: [...ended, { said: generation, began: generation }] }];
  }
  if (flight && !rules.tellsAnew) return;
  const renewal = { n: n + 1, votes: flight ? [...flight.votes, ...ended] : ended };
  const sent = { n: n + 1, flight: renewal, renewals: withOne(renewals, renewal) };
  yield [`sends ${renewal.votes.length} votes`, { ...caller, ...sent, ended: rules.keepsTold ? ended : [] }];
}

function* delivered(caller: Caller, rules: Rules, generation: number): Steps {
  for (const renewal of caller.renewals) {
    const { n } = renewal;
    const answers = withOne(caller.answers, { n, generation });
    if (!rules.isNews(renewal, caller.heard)) {
      yield [`the store hears ${n} again`, { ...caller, answers }];
      continue;
    }
    const votes = renewal.votes.filter((vote) => rules.counts(vote, generation));
    const uncounted = caller.uncounted - votes.length;
    const crossed = votes.some(({ began }) => began !== generation);
    const fault = crossed ? "a vote crossed a generation" : uncounted < 0 ? "more votes than calls were counted" : null;
    const after = {
      ...caller,
      heard: Math.max(n, caller.heard),
      uncounted,
      counted: caller.counted + votes.length,
      fault,
    };
    yield [`the store hears ${n}, counts ${votes.length}`, { ...after, answers }];
  }
  for (const { n, generation: told } of caller.answers) {
    if (caller.flight?.n === n) yield [`hears of ${told}`, { ...caller, generation: told, flight: null }];
  }
}

/** What is over can change nothing any more, unless it is told anew. */
function settled(caller: Caller, { tellsAnew }: Rules): Caller {
  if (tellsAnew) return ordered(caller);
  const { flight } = caller;
  const isCurrent = ({ n }: Message) => n === flight?.n;
  return ordered({
    ...caller,
    heard: flight?.n === caller.heard ? caller.heard : 0,
    renewals: caller.renewals.filter(isCurrent),
    answers: caller.answers.filter(isCurrent),
  });
}

export function votes(
  { generations, calls, instances = 1 }: Bounds,
  changed: Partial<Rules> = {},
): Protocol<Breaker, Caller> {
  const rules = { ...VOTES, ...changed };
  const nothing = { calls: [], ended: [], renewals: [], answers: [], flight: null, n: 0, heard: 0 };
  return {
    instances,
    shared: { generation: 1 },
    part: { ...nothing, generation: 1, left: calls, uncounted: 0, counted: 0, fault: null },
    claim: () => 0,
    changes: (caller, _others, { generation }) => {
      const found: Change<Breaker, Caller>[] = [];
      const all = [...itself(caller, rules, generation), ...delivered(caller, rules, generation)];
      for (const [what, part] of all) found.push({ what, part: settled(part, rules) });
      return found;
    },
    events: ({ generation }) => {
      if (generation === generations) return [];
      const each = (caller: Caller) => ({ ...caller, uncounted: 0 });
      return [{ what: "the breaker moves", shared: { generation: generation + 1 }, each }];
    },
    wrong: (callers) => callers.find(({ fault }) => fault !== null)?.fault ?? null,
    isFree: (caller) => caller.calls.length === 0,
    sights: {
      "every call counted": (callers) => callers.every(({ counted }) => counted === calls),
      "a call of two generations ago": (callers, { generation }) =>
        callers.some((one) => one.calls.includes(generation - 2)),
    },
  };
}
