/** States as text and back: the gate's in a form that spares room, any other as the JSON that it is. */
import { gateMachine } from "../../gate/machine.ts";
import type { GateSnapshot } from "../../gate/snapshot.ts";
import { type GateState, type Lease, noLeases, type Session } from "../../gate/state.ts";
import type { Lane } from "../../gate/types.ts";
import { fromJson, listOf, object, shape } from "../../shape.ts";
import { keptState, savedState } from "../compare-and-set.ts";
import type { Machine } from "../port.ts";
import { savedGate } from "../saved-gate.ts";

export interface Opened<State> {
  readonly state: State;
  /** The state as it is by then. */
  readonly text: () => string;
}

/**
 * @param text Null: there is none.
 * @param damaged There was one, and it cannot be read any more.
 * @throws Error where a newer release has written it: nobody overwrites what he cannot read.
 */
export function opened<State, Message, Result>(
  machine: Machine<State, Message, Result>,
  text: string | null,
  damaged = false,
): Opened<State> {
  // By its name alone: no other machine's state has a form of its own.
  if (machine.name === gateMachine.name) return openedGate(text) as Opened<unknown> as Opened<State>;
  const state = text === null && !damaged ? machine.empty() : keptState(machine, text ?? "");
  return { state, text: () => savedState(machine.name, state) };
}

/** Sessions are nearly all that a gate has, and most of what they are is nothing: it is left out. */
type Spared = Omit<Session, "lanes"> & { readonly lanes: Readonly<Record<Lane, Partial<Lease>>> };
type Saved = Omit<GateSnapshot, "sessions"> & { readonly sessions: readonly (readonly [string, Spared])[] };

/** Damaged or not there, it begins a life. */
function openedGate(text: string | null): Opened<GateState> {
  const found = fromJson(text);
  const state = text === null ? null : savedGate(filled(found));
  return state ? textOf(state, additionsTo(found as Saved)) : textOf(gateMachine.empty(), {});
}

/** What a newer release has added stays. */
function additionsTo({
  core: _,
  seconds: __,
  sessions: ___,
  transitions: ____,
  totals: _____,
  ...additions
}: Saved): object {
  return additions;
}

function textOf(state: GateState, additions: object): Opened<GateState> {
  const text = () => {
    const saved: Saved = {
      core: state.core,
      seconds: [...state.seconds.values()],
      sessions: [...state.sessions].map(([id, session]) => [id, { ...session, lanes: spared(session.lanes) }]),
      transitions: state.transitions,
      totals: state.totals,
    };
    return JSON.stringify({ ...additions, ...saved });
  };
  return { state, text };
}

const NO_LEASE = noLeases().request;

const withLanes = object({ lanes: object({}) });
const sessionsOf = object({ sessions: listOf(shape<readonly [string, Spared]>(isSpared)) });

function isSpared(found: unknown): boolean {
  return Array.isArray(found) && withLanes(found[1]);
}

/** With all that was left out; anything else as it is. */
function filled(found: unknown): unknown {
  if (!sessionsOf(found)) return found;
  const sessions = found.sessions.map(([id, session]) => [id, { ...session, lanes: filledLanes(session.lanes) }]);
  return { ...found, sessions };
}

function filledLanes({ request, slow, health }: Spared["lanes"]): Session["lanes"] {
  return { request: { ...NO_LEASE, ...request }, slow: { ...NO_LEASE, ...slow }, health: { ...NO_LEASE, ...health } };
}

const spared = ({ request, slow, health }: Session["lanes"]): Spared["lanes"] => ({
  request: sparedLease(request),
  slow: sparedLease(slow),
  health: sparedLease(health),
});

/** Without what it need not say. Of a newer release all is said. */
function sparedLease(lease: Lease): Partial<Lease> {
  return Object.fromEntries(Object.entries(lease).filter(([name, value]) => value !== 0 || !(name in NO_LEASE)));
}
