-- `lib/gate/life.ts`: a store that lost its data, or whose clock fell back, starts a new life.

-- @rarely

function gate.beginLife(clock)
  local begins, generation, overrideVersion = clock, clock, clock
  if core then
    begins, generation = math.max(clock, core.life + 1), math.max(clock, core.generation + 1)
    overrideVersion = math.max(clock, core.overrideVersion + 1)
  end
  -- Also where there was no core: what else is stored has lost it.
  fresh, sessions, seconds = true, {}, {}
  for ranking = DUE, RANKINGS do before[ranking] = 0 end
  core, totals = {}, {}
  for at = 1, CORE_PLACES do core[at] = 0 end
  for at = 1, TOTALS_PLACES do totals[at] = 0 end
  core.schema, core.life, core.clock, core.due = SCHEMA, begins, clock, NEVER
  core.generation, core.overrideVersion, core.state, core.since = generation, overrideVersion, CLOSED, clock
  core.slowOpened, core.pingsTrusted, core.override, core.operated = false, true, false, false
  gate.beginWindow(clock)
  events[1] = { "life", clock, begins }
end

function gate.adoptOverride(opening)
  local brought, version = opening.override, opening.overrideVersion
  core.overrideVersion = math.max(core.overrideVersion, version)
  if now >= core.life + ADOPTING_MS or core.operated or version < core.adoptedVersion then return end
  local knowsBetter = version > core.adoptedVersion
  core.adoptedVersion = version
  if brought and brought.remainingMs > 0 then
    if core.override and not knowsBetter then return end
    local override = { brought.mode, now + brought.remainingMs, brought.actor, brought.reason }
    gate.report({ "override", now, unpack(override) })
    gate.beginOverride(override, "adopted")
  elseif core.override and knowsBetter then
    core.override = false
    if core.state ~= CLOSED then gate.enter(CLOSED, now, "adopted") end
  end
end

function gate.adoptOpen(remainingMs, agoMs)
  if core.override or config.mode ~= "on" or core.state ~= CLOSED or remainingMs <= 0 then return end
  if core.lastSuccessAt >= now - agoMs or core.since > math.max(core.life, now - agoMs) then return end
  gate.enter(OPEN, now, "adopted")
  core.openUntil = now + remainingMs
end
