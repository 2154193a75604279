/** `lib/gate/operator.ts` and `lib/gate/adoption.ts`: the rarer commands. */
import { OP_IDS_KEPT } from "../../../gate/state.ts";

export const operator: string = `

function gate.modeInForce()
  local override = core.override
  return override and override.mode
end

function gate.beginOverride(override, cause)
  local mode = override.mode
  local replaced = gate.modeInForce()
  core.override = override
  core.observedUntil = 0
  core.failedRecoveries = 0
  gate.expect(override.ending)
  if mode == "force_open" then
    if core.state ~= "open" then gate.enter("open", now, cause) end
    gate.stayOpenUntil(override.ending)
  elseif mode == "force_closed" or replaced == "force_closed" or core.state ~= "closed" then
    gate.enter("closed", now, cause)
  end
end

function gate.endOverride(at, cause)
  local mode = gate.modeInForce()
  core.override = false
  if mode == "force_open" then gate.enter("half_open", at, cause) end
  if mode == "force_closed" then gate.enter("closed", at, cause) end
end

function gate.operate(opId, mode, ttlMs, expectedVersion, actor, reason)
  local opIds = gate.listOf("opIds")
  for at = 1, #opIds do
    if opIds[at] == opId then return { "unchanged", "repeated", core.overrideVersion } end
  end
  if expectedVersion and expectedVersion ~= core.overrideVersion then
    return { "unchanged", "stale", core.overrideVersion }
  end

  gate.append("opIds", opId, ${OP_IDS_KEPT})
  core.overrideVersion = core.overrideVersion + 1
  core.operated = true
  local ending = mode == "auto" and now or now + ttlMs
  gate.report({ "override", now, mode, ending, actor, reason })
  if mode ~= "auto" then
    gate.beginOverride({ mode, ending, actor, reason }, "override")
  elseif core.override then
    gate.endOverride(now, "override")
  end
  return { "operated", core.overrideVersion }
end
`;

export const adoption: string = `
function gate.adoptBreaker(openMs, generation)
  if generation < core.adoptedGeneration then return end
  local knowsBetter = generation > core.adoptedGeneration
  core.adoptedGeneration = generation
  if core.override then return end
  if not openMs or openMs <= 0 then
    if knowsBetter and core.state == "open" then gate.enter("closed", now, "adopted") end
    return
  end
  local ending = now + openMs
  local openUntil = knowsBetter and ending or math.max(core.openUntil, ending)
  if core.state ~= "open" then gate.enter("open", now, "adopted") end
  gate.stayOpenUntil(openUntil)
end

function gate.adoptOverride(override, version)
  if version < core.adoptedOverrideVersion then return end
  local knowsBetter = version > core.adoptedOverrideVersion
  core.adoptedOverrideVersion = version
  if override and override[2] > 0 then
    if core.override and not knowsBetter then return end
    local mode, ending, actor, reason = override[1], now + override[2], override[3], override[4]
    gate.report({ "override", now, mode, ending, actor, reason })
    gate.beginOverride({ mode, ending, actor, reason }, "adopted")
  elseif core.override and knowsBetter then
    core.override = false
    if core.state ~= "closed" then gate.enter("closed", now, "adopted") end
  end
end

function gate.adopt(permits, openMs, override, opening)
  local spent = {}
  for at = 1, #permits do
    local id, lane, remainingMs = session .. "." .. permits[at][1], permits[at][2], permits[at][3]
    if not gate.find("p", id) then
      if not opening or remainingMs <= 0 then
        spent[#spent + 1] = id
      else
        local ticket = gate.find("t", id)
        if ticket then gate.leaveLine(id, ticket) end
        gate.mint(id, { session, lane, core.generation, now, now + remainingMs, 0, false, true })
      end
    end
  end
  if opening and now < core.adoptingUntil and not core.operated then
    gate.adoptOverride(override, opening[3])
    gate.adoptBreaker(openMs, opening[2])
  end
  return { "adopted", spent }
end
`;
