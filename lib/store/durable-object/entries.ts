/** A gate as entries of an object's storage: one row for the core, one for each second, permit, ticket and session. */
import type { GateEvent } from "../../gate/events.ts";
import {
  type Core,
  emptyGate,
  type GateState,
  type Permit,
  restore,
  type Second,
  type Session,
  type Ticket,
} from "../../gate/state.ts";
import type { Touched } from "../../gate/turn.ts";
import type { ObjectEntries } from "./platform.ts";

const CORE = "core";
const TRANSITIONS = "transitions";
const PARTS = ["seconds", "permits", "tickets", "sessions"] as const;
type Part = (typeof PARTS)[number];

const prefixOf = (part: Part): string => `${part} `;

/** Writes what a step says it changed; the core always does. A row written is what the platform charges for. */
export function storeTouched(kv: ObjectEntries, gate: GateState, touched: Touched): void {
  kv.put(CORE, gate.core);
  if (touched.transitions) kv.put(TRANSITIONS, gate.transitions);
  for (const part of PARTS) {
    const entries: ReadonlyMap<string | number, unknown> = gate[part];
    for (const name of new Set<string | number>(touched[part])) {
      const entry = entries.get(name);
      if (entry === undefined) kv.delete(`${prefixOf(part)}${name}`);
      else kv.put(`${prefixOf(part)}${name}`, entry);
    }
  }
}

/**
 * The gate that was stored, an empty one where there is none. Everything it lists has a bound in the machine: a life's
 * 300 seconds, `sessionsKept`, and the permits and tickets that the capacities allow.
 *
 * @throws When a newer release has written it.
 */
export function loadGate(kv: ObjectEntries): GateState {
  const core = kv.get<Core>(CORE);
  if (core === undefined) return emptyGate();
  return restore({
    core,
    seconds: named<Second>(kv, "seconds").map(([, second]) => second),
    permits: named<Permit>(kv, "permits"),
    tickets: named<Ticket>(kv, "tickets"),
    sessions: named<Session>(kv, "sessions"),
    transitions: kv.get<GateEvent[]>(TRANSITIONS) ?? [],
  });
}

/** When a gate was last used, by its own clock; undefined where none is stored. */
export const gateClock = (kv: ObjectEntries): number | undefined => kv.get<Core>(CORE)?.clock;

function named<Entry>(kv: ObjectEntries, part: Part): [string, Entry][] {
  const prefix = prefixOf(part);
  return [...kv.list<Entry>({ prefix })].map(([name, entry]) => [name.slice(prefix.length), entry]);
}
