/** `lib/gate/step.ts`: applies a batch atomically and in order. */
import { RING_SECONDS } from "../../../gate/state.ts";
import { LARGEST_FALL_MS } from "./life.ts";
import { SCHEMA } from "./records.ts";
import { secondOf } from "./window.ts";

export const step: string = `
-- An id that ends exactly at the mark raises it, so that a repeated batch cannot mint it again.
function gate.endId(n)
  if own.doneBelow == n then own.doneBelow = n + 1 end
end

function gate.apply(command)
  local kind = command[1]
  if kind == "admit" then
    local n = command[2]
    local id = session .. "." .. n
    local reply = gate.admit(id, n, command[3], command[4], command[5])
    if reply[1] == "refused" then
      local ticket = gate.find("t", id)
      if ticket then gate.leaveLine(id, ticket) end
      if reply[2] ~= "spent" then gate.countRefused(1) end
      gate.endId(n)
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
    gate.endId(n)
    return { "ended", 1 }
  elseif kind == "operate" then
    return gate.operate(command[2], command[3], command[4], command[5], command[6], command[7])
  elseif kind == "adopt" then
    return gate.adopt(command[2], command[3], command[4], minting and opens)
  else
    return gate.view()
  end
end

function gate.step(clock, refusedLocally, commands)
  if not core or clock < core.clock - ${LARGEST_FALL_MS} then gate.beginLife(clock) end
  core.clock = math.max(core.clock, clock)
  now = core.clock
  if now >= core.due then gate.passDue() end
  gate.passWindow()
  if not gate.hear() then return false end

  if refusedLocally > 0 then gate.countRefused(refusedLocally) end
  if minting and gate.bringsNothing(commands) then gate.adopt({}, false, false, opens) end
  local replies = {}
  for at = 1, #commands do replies[at] = gate.apply(commands[at]) end
  gate.countPeaks()
  return replies
end

-- What the batch will look at.
function gate.readFor(commands, clock)
  local kinds, ids = { "c", "i", "w" }, { "", session, ${secondOf("clock")} % ${RING_SECONDS} }
  for at = 1, #commands do
    local kind, n = commands[at][1], commands[at][2]
    if kind == "admit" or kind == "settle" or kind == "cancel" then
      local id = session .. "." .. n
      kinds[#kinds + 1], ids[#ids + 1] = "p", id
      if kind ~= "settle" then kinds[#kinds + 1], ids[#ids + 1] = "t", id end
    end
  end
  gate.read(kinds, ids)
end
`;

export const firstBatch: string = `
function gate.bringsNothing(commands)
  for at = 1, #commands do
    if commands[at][1] == "adopt" then return false end
  end
  return true
end
`;

/** Reads what the batch names, and runs it. */
export const main: string = `
local batch = cjson.decode(ARGV[1])
local moment = not ARGV[2] and call("TIME")
local clock = moment and moment[1] * 1000 + math.floor(moment[2] / 1000) or tonumber(ARGV[2])
local refusedLocally, commands = batch[5], batch[7]
session, opens, doneBelow, jitter, config = batch[1], batch[2], batch[3], batch[4], batch[6]

gate.readFor(commands, clock)
core = entries.c[""]
if core and core.schema ~= ${SCHEMA} then
  return redis.error_reply("TIDEGATE restore a gate: its schema must be ${SCHEMA}, was " .. tostring(core.schema)
    .. "; run a newer release")
end
-- An older release knows nothing of it.
if core and not core.fullSince[HEALTH] then for lane = REQUEST, HEALTH do core.fullSince[lane] = 0 end end
heldBefore = core and core.held[REQUEST] + core.held[SLOW] + core.held[HEALTH] or 0
local replies = gate.step(clock, refusedLocally, commands)
local wake = core.waiting[REQUEST] + core.waiting[SLOW] > 0 and gate.wakes() or {}
gate.keep(wake)
if not replies then return { 0, core.life, events, wake } end
return { 1, core.life, core.generation, core.overrideVersion, gate.freePermits(REQUEST), core.waiting[REQUEST],
  gate.freePermits(SLOW), core.waiting[SLOW], gate.freePermits(HEALTH), core.waiting[HEALTH], events, wake, replies }
`;
