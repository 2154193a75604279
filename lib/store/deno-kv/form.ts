/** States as text and back: the gate's by its snapshot, any other as the JSON that it is. */
import { emptyGate, type GateSnapshot, type GateState, restore, snapshot } from "../../gate/state.ts";
import type { Machine } from "../port.ts";

export interface Opened<State> {
  readonly state: State;
  /** The state as it is by then. */
  readonly text: () => string;
}

/** @throws Error where the text is none of this machine, or of a newer release: nobody overwrites what he cannot read. */
export function opened<State, Batch, Result>(
  machine: Machine<State, Batch, Result>,
  text: string | null,
): Opened<State> {
  // By its name alone: no other machine's state has a snapshot.
  if (machine.name === "gate") return openedGate(text) as Opened<unknown> as Opened<State>;
  const state = text === null ? machine.empty() : (JSON.parse(text) as State);
  return { state, text: () => JSON.stringify(state) };
}

function openedGate(text: string | null): Opened<GateState> {
  const saved = text === null ? null : (JSON.parse(text) as GateSnapshot);
  const state = saved ? restore(saved) : emptyGate();
  const { core, seconds, permits, tickets, sessions, transitions, ...additions } = saved ?? snapshot(state);
  // What a newer release has added stays.
  return { state, text: () => JSON.stringify({ ...additions, ...snapshot(state) }) };
}
