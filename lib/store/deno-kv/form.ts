/** States as text and back: the gate's in a form that spares room, any other as the JSON that it is. */
import { gateMachine } from "../../gate/machine.ts";
import { type GateSnapshot, restore } from "../../gate/snapshot.ts";
import { type GateState, type Lease, noLeases, type Session } from "../../gate/state.ts";
import type { Lane } from "../../gate/types.ts";
import { savedState } from "../compare-and-set.ts";
import type { Machine } from "../port.ts";

export interface Opened<State> {
  readonly state: State;
  /** The state as it is by then. */
  readonly text: () => string;
}

/** @throws Error where the text is none of this machine, or of a newer release: nobody overwrites what he cannot read. */
export function opened<State, Message, Result>(
  machine: Machine<State, Message, Result>,
  text: string | null,
): Opened<State> {
  // By its name alone: no other machine's state has a form of its own.
  if (machine.name === gateMachine.name) return openedGate(text) as Opened<unknown> as Opened<State>;
  const state = text === null ? machine.empty() : (JSON.parse(text) as State);
  return { state, text: () => savedState(machine.name, state) };
}

/** Sessions are nearly all that a gate has, and most of what they are is nothing: it is left out. */
type Spared = Omit<Session, "lanes"> & { readonly lanes: Readonly<Record<Lane, Partial<Lease>>> };
type Saved = Omit<GateSnapshot, "sessions"> & { readonly sessions: readonly (readonly [string, Spared])[] };

function openedGate(text: string | null): Opened<GateState> {
  if (text === null) return textOf(gateMachine.empty(), {});
  const { core, seconds, sessions, transitions, totals, ...additions } = JSON.parse(text) as Saved;
  const whole = sessions.map(([id, session]) => [id, { ...session, lanes: filled(session.lanes) }] as const);
  // What a newer release has added stays.
  return textOf(restore({ core, seconds, sessions: whole, transitions, totals }), additions);
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

function filled({ request, slow, health }: Spared["lanes"]): Session["lanes"] {
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
