/** A gate as JSON and back: everything but what is derived. */
import type { GateEvent } from "./events.ts";
import { index } from "./sessions.ts";
import {
  type Core,
  emptyGate,
  type GateState,
  noTotals,
  RING_SECONDS,
  SCHEMA,
  type Second,
  type Session,
  type Totals,
} from "./state.ts";

export interface GateSnapshot {
  readonly core: Core | null;
  readonly seconds: readonly Second[];
  readonly sessions: readonly (readonly [string, Session])[];
  readonly transitions: readonly GateEvent[];
  readonly totals: Totals;
}

/** A copy that later steps do not change. */
export function snapshot(gate: GateState): GateSnapshot {
  return copy({
    core: gate.core,
    seconds: [...gate.seconds.values()].sort((one, other) => one.at - other.at),
    sessions: [...gate.sessions],
    transitions: gate.transitions,
    totals: gate.totals,
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
  const gate = emptyGate();
  const kept = copy(saved);
  gate.core = kept.core;
  gate.totals = completed(noTotals(), kept.totals);
  for (const second of kept.seconds) gate.seconds.set(second.at % RING_SECONDS, second);
  gate.transitions.push(...kept.transitions);
  for (const [id, session] of kept.sessions) {
    gate.sessions.set(id, session);
    if (gate.core) index(gate, gate.core, id, session, "add");
  }
  return gate;
}

/** Sums as an older release has kept them: what it did not count is nothing, and what only a newer one counts stays. */
function completed<Sums extends object>(none: Sums, kept: object): Sums {
  const parts = Object.entries(none).map(([name, part]) => {
    const found = (kept as Record<string, unknown>)[name];
    return [name, typeof part === "number" ? (found ?? part) : completed(part, (found ?? {}) as object)];
  });
  return { ...kept, ...Object.fromEntries(parts) } as Sums;
}

const copy = <Plain>(plain: Plain): Plain => JSON.parse(JSON.stringify(plain)) as Plain;
