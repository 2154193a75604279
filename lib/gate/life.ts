/** Lives: a store that lost its data, or whose clock fell back, starts a new one, which nobody mistakes for the old. */
import type { GateEvent } from "./events.ts";
import { type Core, emptyGate, type GateState } from "./state.ts";
import type { Touched } from "./turn.ts";
import type { GateConfig } from "./types.ts";
import { beginWindow } from "./window.ts";

/** A clock that falls back further than this is not the clock that granted what is living. */
const LARGEST_FALL_MS = 10_000;

/** The living core; a fresh one where there is none, or where the clock fell back too far. */
export function beginLife(
  gate: GateState,
  config: GateConfig,
  now: number,
  events: GateEvent[],
  touched: Touched,
): Core {
  const old = gate.core;
  if (old && now >= old.clock - LARGEST_FALL_MS) return old;
  // Numbers only grow, so that nothing of the old life is taken for something of the new one.
  const life = old ? Math.max(now, old.life + 1) : now;
  const core = freshCore(life, now, config);
  if (old) {
    core.generation = Math.max(core.generation, old.generation + 1);
    core.overrideVersion = Math.max(core.overrideVersion, old.overrideVersion + 1);
  }
  clear(gate, touched);
  gate.core = core;
  events.push({ kind: "life", at: now, life });
  return core;
}

function clear(gate: GateState, touched: Touched): void {
  const { seconds, permits, tickets, sessions, transitions, lines } = gate;
  touched.seconds.push(...seconds.keys());
  touched.permits.push(...permits.keys());
  touched.tickets.push(...tickets.keys());
  touched.sessions.push(...sessions.keys());
  touched.transitions = true;
  for (const map of [seconds, permits, tickets, sessions]) map.clear();
  for (const list of [transitions, lines.request, lines.slow]) list.length = 0;
  gate.due = emptyGate().due;
}

function freshCore(life: number, now: number, config: GateConfig): Core {
  return {
    schema: 1,
    life,
    clock: now,
    adoptingUntil: now + config.adoptingMs,
    generation: now,
    overrideVersion: now,
    state: "closed",
    since: now,
    openUntil: 0,
    recoveredAt: 0,
    failedRecoveries: 0,
    failedProbes: 0,
    successes: 0,
    probes: [],
    runFailures: 0,
    runSince: 0,
    lastFailureAt: 0,
    window: beginWindow(new Map(), now),
    override: null,
    observedUntil: 0,
    opIds: [],
    operated: false,
    adoptedGeneration: 0,
    adoptedOverrideVersion: 0,
    held: { request: 0, slow: 0, health: 0 },
    heldMs: { request: 0, slow: 0 },
    fullSince: { request: 0, slow: 0, health: 0 },
    arrivals: 0,
    openings: 0,
  };
}
