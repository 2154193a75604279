/** `lib/gate/life.ts`: a store that lost its data, or whose clock fell back, starts a new life. */
import { SCHEMA } from "./records.ts";

/** A clock that falls back further is not the one that granted what is living. */
export const LARGEST_FALL_MS = 10_000;

export const life: string = `

function gate.freshCore(life, at)
  return {
    schema = ${SCHEMA}, due = 0, keptUntil = 0, waiting = { request = 0, slow = 0, health = 0 },
    life = life, clock = at, adoptingUntil = at + config.adoptingMs, generation = at, overrideVersion = at,
    state = "closed", since = at, openUntil = 0, recoveredAt = 0, failedRecoveries = 0, failedProbes = 0,
    successes = 0, probes = {}, runFailures = 0, runSince = 0, lastFailureAt = 0, window = gate.beginWindow(at),
    override = false, observedUntil = 0, operated = false, adoptedGeneration = 0, adoptedOverrideVersion = 0,
    held = { request = 0, slow = 0, health = 0 }, heldMs = { request = 0, slow = 0, health = 0 },
    arrivals = 0, openings = 0,
  }
end

function gate.beginLife(clock)
  local old = core
  local life = old and math.max(clock, old.life + 1) or clock
  -- Also where there was no core: what else is stored has lost it.
  fresh, entries = true, {}
  core = gate.freshCore(life, clock)
  if old then
    core.generation = math.max(core.generation, old.generation + 1)
    core.overrideVersion = math.max(core.overrideVersion, old.overrideVersion + 1)
  end
  events[1] = { "life", clock, life }
end
`;
