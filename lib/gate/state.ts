/** What a gate keeps: a few typed maps of small entries, plain enough for any store, small enough to have a bound. */
import type { GateEvent } from "./events.ts";
import { type About, type BreakerState, type Lane, type OverrideMode, QUEUED_LANES, type QueuedLane } from "./types.ts";

export interface Permit {
  readonly session: string;
  readonly lane: Lane;
  readonly generation: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
  readonly deadlineMs: number;
  readonly probe: boolean;
  readonly adopted: boolean;
}

export interface Ticket {
  readonly session: string;
  readonly lane: QueuedLane;
  /** Order of arrival, over both lines. */
  readonly arrival: number;
  readonly deadlineMs: number;
  /** When it is gone unless it is asked for again. */
  goneAt: number;
}

export interface Session {
  /** Order of opening. */
  readonly opened: number;
  readonly about: About;
  doneBelow: number;
  /** When it was last heard, rounded down to 10 s. */
  heard: number;
  permits: number;
  /** It opened naming the life it lives in. */
  named: boolean;
}

/** One entry of the ring of 300 seconds. `at` is the second since 1970; `permits` and `waiting` are peaks. */
export interface Second {
  readonly at: number;
  calls: number;
  failures: number;
  slow: number;
  refused: number;
  permits: number;
  waiting: number;
}

export interface Override {
  readonly mode: OverrideMode;
  readonly until: number;
  readonly actor: string;
  readonly reason: string;
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

/** Rises only when an older reader would misread; what is merely new is ignored and kept. */
const SCHEMA = 1;

export interface Core {
  schema: typeof SCHEMA;
  /** The life's mark: the store's milliseconds at its beginning. */
  life: number;
  /** The largest time seen. */
  clock: number;
  adoptingUntil: number;
  generation: number;
  overrideVersion: number;

  state: BreakerState;
  since: number;
  /** 0 unless open. */
  openUntil: number;
  /** When probes last closed the breaker; 0 when an operator did, or never. The ramp starts here. */
  recoveredAt: number;
  /** Failed recoveries in a row. */
  failedRecoveries: number;
  /** Probes since the breaker was last closed that did not succeed. */
  failedProbes: number;
  /** Probes of this half-open state that succeeded. */
  successes: number;
  /** Living probes, those of older generations included. */
  probes: string[];
  runFailures: number;
  runSince: number;
  lastFailureAt: number;
  window: Window;

  override: Override | null;
  /** Until when `observe` stays silent about what it would have done. */
  observedUntil: number;
  /** The last 50. */
  opIds: string[];
  /** An operator has spoken in this life. */
  operated: boolean;
  /** The highest numbers an opener has named in this life while it was adopting. */
  adoptedGeneration: number;
  adoptedOverrideVersion: number;

  held: Record<Lane, number>;
  /** Moving average of how long a permit is held. */
  heldMs: Record<QueuedLane, number>;
  /** When the last free permit went out, and no holder has given one back since; 0: not so. */
  fullSince: Record<Lane, number>;
  arrivals: number;
  openings: number;
}

export interface GateState {
  /** Null until the first batch begins a life. */
  core: Core | null;
  /** By `at` modulo 300. */
  readonly seconds: Map<number, Second>;
  readonly permits: Map<string, Permit>;
  /** In order of arrival. */
  readonly tickets: Map<string, Ticket>;
  /** In order of `heard`. */
  readonly sessions: Map<string, Session>;
  readonly transitions: GateEvent[];
  /** Derived: ticket ids of each line, in order of arrival. */
  readonly lines: Record<QueuedLane, string[]>;
  /** Derived: nothing is due before this moment. A lower bound. */
  due: number;
}

export const RING_SECONDS = 300;
export const TRANSITIONS_KEPT = 50;
export const OP_IDS_KEPT = 50;
/** Instances remembered at most, where the home can carry as many. */
export const SESSIONS_KEPT = 16_384;

export function emptyGate(): GateState {
  return {
    core: null,
    seconds: new Map(),
    permits: new Map(),
    tickets: new Map(),
    sessions: new Map(),
    transitions: [],
    lines: { request: [], slow: [] },
    due: 0,
  };
}

/** Everything but the derived parts, as JSON. */
export interface GateSnapshot {
  readonly core: Core | null;
  readonly seconds: readonly Second[];
  readonly permits: readonly (readonly [string, Permit])[];
  readonly tickets: readonly (readonly [string, Ticket])[];
  readonly sessions: readonly (readonly [string, Session])[];
  readonly transitions: readonly GateEvent[];
}

/** A copy that later steps do not change. */
export function snapshot(gate: GateState): GateSnapshot {
  return copy({
    core: gate.core,
    seconds: [...gate.seconds.values()].sort((one, other) => one.at - other.at),
    permits: [...gate.permits],
    tickets: [...gate.tickets],
    sessions: [...gate.sessions],
    transitions: gate.transitions,
  });
}

/**
 * The gate a snapshot was taken of, in whatever order a home lists its entries. The snapshot stays as it is.
 *
 * @throws When a newer release has written it, so that nobody overwrites what he cannot read.
 */
export function restore(saved: GateSnapshot): GateState {
  const schema: number = saved.core?.schema ?? SCHEMA;
  if (schema !== SCHEMA)
    throw new Error(`restore a gate: its schema must be ${SCHEMA}, was ${schema}; run a newer release`);
  const kept = copy(saved);
  const gate = emptyGate();
  // An older release knows nothing of it.
  gate.core = kept.core && { ...kept.core, fullSince: kept.core.fullSince ?? { request: 0, slow: 0, health: 0 } };
  for (const second of kept.seconds) gate.seconds.set(second.at % RING_SECONDS, second);
  for (const [id, permit] of kept.permits) gate.permits.set(id, permit);
  const tickets = [...kept.tickets].sort(([, one], [, other]) => one.arrival - other.arrival);
  const sessions = [...kept.sessions].sort(([, one], [, other]) => one.heard - other.heard);
  for (const [id, ticket] of tickets) gate.tickets.set(id, ticket);
  for (const [id, session] of sessions) gate.sessions.set(id, session);
  gate.transitions.push(...kept.transitions);
  for (const lane of QUEUED_LANES) {
    for (const [id, ticket] of gate.tickets) if (ticket.lane === lane) gate.lines[lane].push(id);
  }
  return gate;
}

const copy = <Plain>(plain: Plain): Plain => JSON.parse(JSON.stringify(plain)) as Plain;
