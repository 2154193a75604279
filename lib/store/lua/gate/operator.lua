-- `lib/gate/operator.ts`: the operator's override.

-- @rarely

function gate.report(event)
  events[#events + 1] = event
  gate.append("history", event, TRANSITIONS_KEPT)
end

function gate.ruling()
  local override = core.override
  return { override.until - now, unpack(override) }
end

function gate.operate(command, again)
  local opIds = gate.listOf("opIds")
  for at = 1, #opIds do
    if opIds[at] == command.opId then return { "unchanged", core.overrideVersion, "repeated" } end
  end
  local expected = command.expectedVersion
  if again or (expected and expected ~= core.overrideVersion) then
    return { "unchanged", core.overrideVersion, "stale" }
  end

  gate.append("opIds", command.opId, OP_IDS_KEPT)
  core.overrideVersion = core.overrideVersion + 1
  core.operated = true
  local override = { command.mode, now, command.actor, command.reason }
  local holds = command.mode ~= "auto" and command.mode ~= "reset"
  if holds then override.until = now + command.ttlMs end
  gate.report({ "override", now, unpack(override) })
  if holds then gate.beginOverride(override, "override")
  elseif command.mode == "reset" then gate.startOver()
  elseif core.override then gate.endOverride(now, "override") end
  return { "operated", core.overrideVersion }
end

function gate.beginOverride(override, cause)
  local mode, replaced = override.mode, gate.modeInForce()
  core.override = override
  core.observedUntil = 0
  core.failedRecoveries = 0
  if mode == "force_open" then
    if core.state ~= OPEN then gate.enter(OPEN, now, cause) end
    core.openUntil = override.until
  elseif mode == "force_closed" or replaced == "force_closed" or core.state ~= CLOSED then
    gate.enter(CLOSED, now, cause)
  end
end

function gate.endOverride(at, cause)
  local mode = gate.modeInForce()
  core.override = false
  if mode == "force_open" then gate.enter(HALF_OPEN, at, cause) end
  if mode == "force_closed" then gate.enter(CLOSED, at, cause) end
end

function gate.startOver()
  core.override = false
  core.observedUntil, core.failedRecoveries, core.pingsEndedAt = 0, 0, 0
  if core.state == CLOSED then gate.begin(CLOSED, now) else gate.enter(CLOSED, now, "override") end
end
