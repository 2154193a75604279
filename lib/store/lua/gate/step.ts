/** `lib/gate/step.ts`: applies a batch atomically and in order. */
import { RING_SECONDS } from "../../../gate/state.ts";
import { LARGEST_FALL_MS } from "./life.ts";
import { SCHEMA } from "./records.ts";

export const step: string = `
local own, minting

function gate.apply(command)
  local kind = command[1]
  if kind == "admit" then
    local n = command[2]
    local id = session .. "." .. n
    local reply = gate.admit(own, id, n, command[3], command[4], command[5])
    if reply[1] == "refused" then
      local ticket = gate.find("t", id)
      if ticket then gate.leaveLine(id, ticket) end
      if reply[2] ~= "spent" then gate.countRefused(1) end
      gate.endId(own, n)
    end
    return reply
  elseif kind == "settle" or kind == "cancel" then
    local n = command[2]
    local id = session .. "." .. n
    local permit = gate.find("p", id)
    local ticket = kind == "cancel" and gate.find("t", id)
    if permit and kind == "settle" then gate.settle(id, permit, command[3], command[4])
    elseif permit then gate.cancel(id, permit)
    elseif ticket then gate.leaveLine(id, ticket)
    else return { "ended", 0 } end
    gate.endId(own, n)
    return { "ended", 1 }
  elseif kind == "operate" then
    return gate.operate(command[2], command[3], command[4], command[5], command[6], command[7])
  elseif kind == "adopt" then
    return gate.adopt(command[2], command[3], command[4], minting and opens)
  else
    return gate.view()
  end
end
`;

/** Reads what the batch names, and runs it. */
export const main: string = `
local batch = cjson.decode(ARGV[1])
local clock = ARGV[2] and tonumber(ARGV[2]) or gate.storeTime()
local refusedLocally, commands = batch[5], batch[7]
session, opens, doneBelow, jitter, config = batch[1], batch[2], batch[3], batch[4], gate.configOf(batch[6])
config.capacity = gate.named("lanes", config.capacity)

function gate.fieldsOf(commands)
  local fields = { "core", "i" .. session, "w" .. gate.secondOf(clock) % ${RING_SECONDS} }
  for at = 1, #commands do
    local kind, n = commands[at][1], commands[at][2]
    if kind == "admit" or kind == "settle" or kind == "cancel" then fields[#fields + 1] = "p" .. session .. "." .. n end
    if kind == "admit" or kind == "cancel" then fields[#fields + 1] = "t" .. session .. "." .. n end
  end
  return fields
end

function gate.bringsNothing()
  for at = 1, #commands do
    if commands[at][1] == "adopt" then return false end
  end
  return true
end

function gate.step()
  if not core or clock < core.clock - ${LARGEST_FALL_MS} then gate.beginLife(clock) end
  core.clock = math.max(core.clock, clock)
  now = core.clock
  gate.passTime()
  own, minting = gate.hear()
  if not own then return { 0, core.life } end

  gate.countRefused(refusedLocally)
  if minting and gate.bringsNothing() then gate.adopt({}, false, false, opens) end
  local replies = {}
  for at = 1, #commands do replies[at] = gate.apply(commands[at]) end
  gate.countPeaks()
  return { 1, core.life, core.generation, core.overrideVersion,
    { gate.room("request"), gate.room("slow"), gate.room("health") }, replies }
end

gate.readFields(gate.fieldsOf(commands))
core = entries.core
if core and core.schema ~= ${SCHEMA} then
  return redis.error_reply("TIDEGATE restore a gate: its schema must be ${SCHEMA}, was " .. tostring(core.schema)
    .. "; run a newer release")
end
core = core and gate.coreOf(core)
local reply = gate.step()
local wake = gate.wakes()
gate.keep(wake)
return { reply, events, wake }
`;
