/** Lives: a store that lost its data, or whose clock fell back, starts a new one, which nobody mistakes for the old. */

import { ADOPTING_MS } from "./allocation.ts";
import { enter, stayOpenUntil } from "./breaker.ts";
import type { GateEvent } from "./events.ts";
import { beginOverride } from "./operator.ts";
import type { Opening, Renewal } from "./renewal.ts";
import { type Core, type GateState, noTotals, perLane, SCHEMA } from "./state.ts";
import { report, type Touched, type Turn } from "./turn.ts";
import { QUEUED_LANES } from "./types.ts";
import { beginWindow } from "./window.ts";

/** A clock that falls back further than this is not the clock that granted what is living. Rule 1. */
export const LARGEST_FALL_MS = 10_000;

/** The living core; a fresh one where there is none, or where the clock fell back too far. */
export function beginLife(gate: GateState, now: number, events: GateEvent[], touched: Touched): Core {
  const old = gate.core;
  if (old && now >= old.clock - LARGEST_FALL_MS) return old;
  // Numbers only grow, so that nothing of the old life is taken for something of the new one.
  const life = old ? Math.max(now, old.life + 1) : now;
  const core = freshCore(life, now);
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
  const { seconds, sessions, transitions, present, hungry, rich, idle, due } = gate;
  touched.seconds.push(...seconds.keys());
  touched.sessions.push(...sessions.keys());
  touched.transitions = true;
  touched.totals = true;
  for (const part of [seconds, sessions, due, idle, present]) part.clear();
  for (const lane of QUEUED_LANES) for (const part of [hungry[lane], rich[lane]]) part.clear();
  transitions.length = 0;
  gate.totals = noTotals();
}

function freshCore(life: number, now: number): Core {
  return {
    schema: SCHEMA,
    life,
    clock: now,
    generation: now,
    overrideVersion: now,
    state: "closed",
    since: now,
    openUntil: 0,
    retryAt: 0,
    slowOpened: false,
    recoveredAt: 0,
    failedRecoveries: 0,
    failedProbes: 0,
    successes: 0,
    probeMs: 0,
    goodPings: 0,
    goodPingAt: 0,
    pingsEndedAt: 0,
    pingsTrusted: true,
    lastCallAt: 0,
    lastSuccessAt: 0,
    lastFailureAt: 0,
    runFailures: 0,
    runSince: 0,
    window: beginWindow(new Map(), now),
    override: null,
    observedUntil: 0,
    opIds: [],
    operated: false,
    adoptedVersion: 0,
    permits: perLane(),
    owed: perLane(),
    running: perLane(),
    waiting: perLane(),
    fullSince: perLane(),
    probes: 0,
    active: 0,
    openings: 0,
    keptUntil: 0,
  };
}

/** The override of whoever knew the latest, while the life is young and no operator has spoken in it. Rule 14. */
export function adoptOverride(turn: Turn, { override, overrideVersion }: Opening): void {
  const { core, now } = turn;
  core.overrideVersion = Math.max(core.overrideVersion, overrideVersion);
  if (now >= core.life + ADOPTING_MS || core.operated || overrideVersion < core.adoptedVersion) return;
  const knowsBetter = overrideVersion > core.adoptedVersion;
  core.adoptedVersion = overrideVersion;
  if (override && override.remainingMs > 0) {
    if (core.override && !knowsBetter) return;
    const { mode, remainingMs, actor, reason } = override;
    report(turn, { kind: "override", at: now, mode, until: now + remainingMs, actor, reason });
    beginOverride(turn, { mode, until: now + remainingMs, actor, reason }, "adopted");
  } else if (core.override && knowsBetter) {
    core.override = null;
    if (core.state !== "closed") enter(turn, "closed", now, "adopted");
  }
}

/** A breaker that somebody knows to be open, unless this one has heard better since. Rules 14 and 15. */
export function adoptOpen(turn: Turn, open: NonNullable<Renewal["open"]>): void {
  const { core, now, config } = turn;
  if (core.override || config.mode !== "on" || core.state !== "closed" || open.remainingMs <= 0) return;
  if (core.lastSuccessAt >= now - open.agoMs || core.since > Math.max(core.life, now - open.agoMs)) return;
  enter(turn, "open", now, "adopted");
  stayOpenUntil(turn, now + open.remainingMs);
}
