/** What a gate keeps: a few typed maps of small entries, plain enough for any store, small enough to have a bound. */
import { type GateEvent, TRANSITION_CAUSES, type TransitionCause } from "./events.ts";
import { Ranking } from "./ranking.ts";
import {
  type About,
  BREAKER_STATES,
  type BreakerState,
  LANES,
  type Lane,
  OUTCOMES,
  type Outcome,
  type Override,
  QUEUED_LANES,
  type QueuedLane,
  REFUSAL_REASONS,
  type RefusalReason,
  TALLIES,
  type Tally,
} from "./types.ts";

/** What one instance holds in one lane, and what it last said of itself there. */
export interface Lease {
  permits: number;
  probes: number;
  owed: number;
  need: number;
  waiting: number;
  /** Since when it needs more than it holds; 0: it does not. */
  hungrySince: number;
  /** When it was last given a permit. */
  got: number;
  /** When it was called because there is room; 0: not since it was last heard. */
  woken: number;
  /** When what it holds is free again, should it not be heard any more; 0 where it holds nothing. */
  until: number;
  probesUntil: number;
}

export interface Session {
  /** Order of opening. */
  readonly opened: number;
  readonly about: About;
  /** Number of the last renewal. */
  n: number;
  heard: number;
  /** Until then it is counted among the instances that are there; 0: not any more. */
  presentUntil: number;
  /** It holds something, or is hungry. */
  active: boolean;
  /** When time next does something to it. */
  due: number;
  /** In which it was last heard: its hunger and its probes belong to it. */
  generation: number;
  roundTripMs: number;
  /** As it was told: what it holds, it may use for so long from the sending of its last renewal. */
  leaseMs: number;
  readonly lanes: Readonly<Record<Lane, Lease>>;
}

/** One entry of the ring of 300 seconds. */
export interface Second {
  /** Seconds since 1970, on the store's clock. */
  readonly at: number;
  /** Calls that ended, without those that count for nothing. */
  calls: number;
  /** Of these calls, those that failed. */
  failures: number;
  /** Of these calls, those that were slow. */
  slow: number;
  /** Calls that were not let in. */
  refused: number;
  /** Most calls that ran at a time. */
  running: number;
  /** Most calls that waited at a time. */
  waiting: number;
}

/** Votes since `start`, without those its second already held (`base`), over the seconds from `from` on. */
export interface Window {
  start: number;
  base: { calls: number; failures: number; slow: number };
  from: number;
  calls: number;
  failures: number;
  slow: number;
}

/** Sums over the fleet that only grow, for as long as a life lasts. */
export interface Totals {
  /** Calls that ended, by how. */
  readonly calls: Record<Lane, Record<Outcome, number>>;
  /** Calls that were not let in, by why. */
  readonly refused: Record<Lane, Record<RefusalReason, number>>;
  /** By the state that was entered. */
  readonly transitions: Record<BreakerState, number>;
  /** Messages of instances. */
  renewals: number;
  /** For which calls held permits, in milliseconds. */
  readonly ranMs: Record<Lane, number>;
  /** For which calls waited for them, in milliseconds. */
  readonly waitedMs: Record<Lane, number>;
  /** The transitions once more, by why and where to. */
  readonly causes: Record<TransitionCause, Record<BreakerState, number>>;
  /** What instances count beside calls, by what it is. */
  readonly tallies: Record<Tally, number>;
}

/** Rises only when an older reader would misread; what is merely new is ignored and kept. */
export const SCHEMA = 1;

export interface Core {
  schema: typeof SCHEMA;
  /** The life's mark: the store's milliseconds at its beginning. */
  life: number;
  /** The largest time seen. */
  clock: number;
  generation: number;
  overrideVersion: number;

  state: BreakerState;
  since: number;
  /** 0 unless open. */
  openUntil: number;
  /** Until when the database has asked to be left alone, since the breaker was last closed; 0: it has not. */
  retryAt: number;
  /** It opened because calls were slow. */
  slowOpened: boolean;
  /** When the breaker last closed by itself; 0 when an operator did, or never. The ramp starts here. */
  recoveredAt: number;
  /** Failed recoveries in a row. */
  failedRecoveries: number;
  /** Probes since the breaker was last closed that did not succeed. */
  failedProbes: number;
  /** Of this half-open state. */
  successes: number;
  /** Moving average of how long a probe takes. */
  probeMs: number;
  /** Good pings in a row, and when the last that counted was heard. */
  goodPings: number;
  goodPingAt: number;
  /** When good pings last ended an open period. */
  pingsEndedAt: number;
  /** Good pings may end an open period, and stand in for probes. */
  pingsTrusted: boolean;
  /** When a call was last heard to have ended, or to need a permit. */
  lastCallAt: number;
  lastSuccessAt: number;
  lastFailureAt: number;
  runFailures: number;
  runSince: number;
  window: Window;

  override: Override | null;
  /** Until when `observe` stays silent about what it would have done. */
  observedUntil: number;
  /** The last 50. */
  opIds: string[];
  /** An operator has spoken in this life. */
  operated: boolean;
  /** The highest version an opener has named in this life while it was adopting. */
  adoptedVersion: number;

  /** Sums over all sessions, by lane. Permits here are those of probes too. */
  permits: Record<Lane, number>;
  owed: Record<Lane, number>;
  running: Record<Lane, number>;
  waiting: Record<Lane, number>;
  /** When as many calls ran as may, and none has ended since; 0: not so. */
  fullSince: Record<Lane, number>;
  /** Living probes, those of older generations included. */
  probes: number;
  /** Sessions that hold something or are hungry. */
  active: number;
  openings: number;
  /** Until when a home has to remember this gate, should nobody renew any more. */
  keptUntil: number;
}

export interface GateState {
  /** Null until the first renewal begins a life. */
  core: Core | null;
  /** By `at` modulo 300. */
  readonly seconds: Map<number, Second>;
  readonly sessions: Map<string, Session>;
  readonly transitions: GateEvent[];
  totals: Totals;
  /** Derived: sessions that are there, by opening. */
  readonly present: Ranking;
  /** Derived: hungry sessions, the poorest first and of those the one that is hungry longest. */
  readonly hungry: Readonly<Record<QueuedLane, Ranking>>;
  /** Derived: sessions with permits, last the one that can best do without. */
  readonly rich: Readonly<Record<QueuedLane, Ranking>>;
  /** Derived: sessions that hold nothing and are not hungry, by when they were heard. */
  readonly idle: Ranking;
  /** Derived: sessions by when time next does something to them. */
  readonly due: Ranking;
}

export const RING_SECONDS = 300;
export const TRANSITIONS_KEPT = 50;
export const OP_IDS_KEPT = 50;
/** Instances remembered at most, where the home can carry as many. */
export const SESSIONS_KEPT = 16_384;

const record = <Key extends string, Value>(keys: readonly Key[], value: () => Value): Record<Key, Value> =>
  Object.fromEntries(keys.map((key) => [key, value()])) as Record<Key, Value>;

export const noTotals = (): Totals => ({
  calls: record(LANES, () => record(OUTCOMES, () => 0)),
  refused: record(LANES, () => record(REFUSAL_REASONS, () => 0)),
  transitions: record(BREAKER_STATES, () => 0),
  renewals: 0,
  ranMs: record(LANES, () => 0),
  waitedMs: record(LANES, () => 0),
  causes: record(TRANSITION_CAUSES, () => record(BREAKER_STATES, () => 0)),
  tallies: record(TALLIES, () => 0),
});

export const noLeases = (): Session["lanes"] =>
  record(LANES, () => ({
    permits: 0,
    probes: 0,
    owed: 0,
    need: 0,
    waiting: 0,
    hungrySince: 0,
    got: 0,
    woken: 0,
    until: 0,
    probesUntil: 0,
  }));

/** A number for each lane. */
export const perLane = (): Record<Lane, number> => record(LANES, () => 0);

export function emptyGate(): GateState {
  return {
    core: null,
    seconds: new Map(),
    sessions: new Map(),
    transitions: [],
    totals: noTotals(),
    present: new Ranking(),
    hungry: record(QUEUED_LANES, () => new Ranking()),
    rich: record(QUEUED_LANES, () => new Ranking()),
    idle: new Ranking(),
    due: new Ranking(),
  };
}
