/** `lib/gate/sessions.ts`: every command takes effect at most once. */
import { MOST_AT_ONCE } from "./entries.ts";

const HEARD_STEP_MS = 10_000;
const SILENT_MS = 600_000;
const PRESENT_MS = 60_000;

const heardAt = (ms: string): string => `${ms} - ${ms} % ${HEARD_STEP_MS}`;
const droppedAt = (heard: string): string => `${heard} + ${HEARD_STEP_MS + SILENT_MS}`;

export const sessions: string = `
-- Finds the own session, and whether this batch may mint; false where the session is unknown.
function gate.hear()
  own = gate.find("i", session)
  local namesThisLife = opens and opens[1] == core.life
  if not own and (not opens or (opens[1] and not namesThisLife)) then return false end

  local opening = opens and (not own or (namesThisLife and not own.named))
  own = own or gate.openSession()
  if opening then
    own.named = namesThisLife
    core.generation = math.max(core.generation, opens[2])
    core.overrideVersion = math.max(core.overrideVersion, opens[3])
  end
  minting = opening and namesThisLife
  local heard = ${heardAt("now")}
  heardAnew = own.heard ~= heard
  own.heard = heard
  own.doneBelow = math.max(own.doneBelow, doneBelow)
  gate.put("i", session, own)
  gate.expect(${droppedAt("heard")})
  return true
end
`;

/** What a busy gate seldom meets: sessions that come, fall silent, or are listed. */
export const silence: string = `
function gate.dropSession(id)
  gate.put("i", id, false)
  dropped = dropped + 1
end

function gate.dropSilent()
  local ids = gate.index("ZRANGEBYSCORE", HEARD, "-inf", now - ${HEARD_STEP_MS} - ${SILENT_MS})
  gate.readAll("i", ids)
  for at = 1, #ids do
    local instance = gate.find("i", ids[at])
    if instance.permits == 0 then gate.dropSession(ids[at]) end
  end
end

-- Those that are due and still here hold permits, which are due by themselves.
function gate.expectSilent()
  local notDue = "(" .. now - ${HEARD_STEP_MS} - ${SILENT_MS}
  local first = gate.index("ZRANGEBYSCORE", HEARD, notDue, "+inf", "WITHSCORES", "LIMIT", 0, 1)
  if first[2] then gate.expect(${droppedAt("first[2]")}) end
end

-- In the order of the index: by when they were heard, then by name.
function gate.dropLongestSilent()
  for from = 0, config.sessionsKept * 2, 100 do
    local ids = gate.index("ZRANGE", HEARD, from, from + 99)
    if #ids == 0 then return false end
    gate.readAll("i", ids)
    for at = 1, #ids do
      local instance = gate.find("i", ids[at])
      if instance and instance.permits == 0 then
        gate.dropSession(ids[at])
        return true
      end
    end
  end
  return false
end

function gate.openSession()
  core.openings = core.openings + 1
  local stored = fresh and 0 or call("ZCARD", HEARD)
  while stored - dropped >= config.sessionsKept and gate.dropLongestSilent() do end
  gate.put("a", session, opens[4])
  -- In the order of the record.
  local instance = { core.openings, 0, -1, 0, false }
  new[instance] = true
  return instance
end

-- By bytes, as sorted sets do and the reference does: Lua compares strings by the server's locale.
function gate.isBefore(one, other)
  for at = 1, math.min(#one, #other) do
    local byte, otherByte = string.byte(one, at), string.byte(other, at)
    if byte ~= otherByte then return byte < otherByte end
  end
  return #one < #other
end

-- Names and when they were heard, by that and then by name; and the place of this one among them by opening.
function gate.present()
  local heard = ${heardAt("now")}
  local found = gate.index("ZRANGEBYSCORE", HEARD, heard - ${PRESENT_MS}, "+inf", "WITHSCORES")
  local list, ids = {}, {}
  for at = 1, #found, 2 do
    local id = found[at]
    if id ~= session and entries.i[id] ~= false then
      list[#list + 1] = { id, tonumber(found[at + 1]) }
      ids[#ids + 1] = id
    end
  end
  -- Nobody was heard later than the one who asks.
  local place = #list + 1
  while place > 1 and list[place - 1][2] == heard and gate.isBefore(session, list[place - 1][1]) do place = place - 1 end
  table.insert(list, place, { session, heard })

  local rank, opened = 0, own.opened
  for from = 1, #ids, ${MOST_AT_ONCE} do
    local places = call("ZMSCORE", OPENED, unpack(ids, from, math.min(from + ${MOST_AT_ONCE} - 1, #ids)))
    for at = 1, #places do
      if tonumber(places[at]) < opened then rank = rank + 1 end
    end
  end
  return list, rank
end
`;
