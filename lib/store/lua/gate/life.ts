/** `lib/gate/life.ts`: a store that lost its data, or whose clock fell back, starts a new life. */
import { SCHEMA } from "./records.ts";

/** A clock that falls back further is not the one that granted what is living. */
export const LARGEST_FALL_MS = 10_000;

export const life: string = `

function gate.freshCore(life, at)
  core = {}
  core.schema, core.due, core.keptUntil = ${SCHEMA}, 0, 0
  core.life, core.clock, core.adoptingUntil, core.generation, core.overrideVersion = life, at, at + config.adoptingMs, at, at
  core.state, core.since, core.openUntil, core.recoveredAt, core.failedRecoveries = "closed", at, 0, 0, 0
  core.failedProbes, core.successes, core.probes = 0, 0, {}
  core.runFailures, core.runSince, core.lastFailureAt = 0, 0, 0
  core.override, core.observedUntil, core.operated = false, 0, false
  core.adoptedGeneration, core.adoptedOverrideVersion, core.arrivals, core.openings = 0, 0, 0, 0
  for lane = REQUEST, HEALTH do core.waiting[lane], core.held[lane], core.heldMs[lane] = 0, 0, 0 end
  gate.beginWindow(at)
  for lane = REQUEST, HEALTH do core.fullSince[lane] = 0 end
end

function gate.beginLife(clock)
  local life, generation, overrideVersion = clock, clock, clock
  if core then
    life = math.max(clock, core.life + 1)
    generation, overrideVersion = math.max(clock, core.generation + 1), math.max(clock, core.overrideVersion + 1)
  end
  -- Also where there was no core: what else is stored has lost it.
  fresh, entries, heldBefore = true, { p = {}, t = {}, i = {}, a = {}, w = {} }, 0
  gate.freshCore(life, clock)
  core.generation, core.overrideVersion = generation, overrideVersion
  events[1] = { "life", clock, life }
end
`;
