/** One renewal being applied: the state, the rules in force, the moment, and what is to be told afterwards. */
import type { GateEvent } from "./events.ts";
import type { Push } from "./renewal.ts";
import { type Core, type GateState, TRANSITIONS_KEPT } from "./state.ts";
import type { GateConfig } from "./types.ts";

/** Names of the entries that changed, possibly more than once; the core always does. A home stores those. */
export interface Touched {
  /** Ring places, `at` modulo 300. */
  readonly seconds: number[];
  readonly sessions: string[];
  transitions: boolean;
  totals: boolean;
}

export interface Turn {
  readonly gate: GateState;
  readonly core: Core;
  readonly config: GateConfig;
  readonly jitter: number;
  readonly now: number;
  readonly events: GateEvent[];
  readonly push: Push[];
  readonly touched: Touched;
}

export function untouched(): Touched {
  return { seconds: [], sessions: [], transitions: false, totals: false };
}

/** Tells the caller, and keeps the last 50 in the gate. */
export function report(turn: Turn, event: GateEvent): void {
  turn.events.push(event);
  turn.gate.transitions.push(event);
  if (turn.gate.transitions.length > TRANSITIONS_KEPT) turn.gate.transitions.shift();
  turn.touched.transitions = true;
}
