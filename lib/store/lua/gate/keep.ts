/**
 * Writing: once, at the end, what changed. The indexes follow from the entries. Every key has an expiry beyond the last
 * moment that anything in it is meant for, so that a gate nobody uses any more leaves nothing behind.
 */
import { MOST_AT_ONCE } from "./entries.ts";
import { NESTED, RECORDS } from "./records.ts";

/** Beyond the latest moment; set anew once a day at most, and where a sorted set may have begun. */
const DAY_MS = 86_400_000;
const HEARD_AT = RECORDS.i.indexOf("heard") + 1;

export const keep: string = `
-- By key: score and name in turn; names.
local adds, drops = {}, {}
-- Of the hash.
local sets, gone = {}, {}

function gate.add(key, score, id)
  local list = adds[key]
  if list then list[#list + 1], list[#list + 2] = score, id else adds[key] = { score, id } end
end

function gate.drop(key, id)
  local list = drops[key]
  if list then list[#list + 1] = id else drops[key] = { id } end
end

function gate.keepEntry(field, kind)
  local entry, id = entries[field], string.sub(field, 2)
  if kind == "p" then
    if entry then gate.add(PERMITS, entry.expiresAt, id) else gate.drop(PERMITS, id) end
  elseif kind == "t" and entry then
    if not entry.list then gate.add(LINES[entry.lane], entry.arrival, id) end
    gate.add(GONE, entry.goneAt, id)
  elseif kind == "t" then
    gate.drop(LINES.request, id)
    gate.drop(LINES.slow, id)
    gate.drop(GONE, id)
  elseif kind == "i" and entry then
    if not entry.list then gate.add(OPENED, entry.opened, id) end
    if not entry.list or entry.list[${HEARD_AT}] ~= entry.heard then gate.add(HEARD, entry.heard, id) end
  elseif kind == "i" then
    gate.drop(HEARD, id)
    gate.drop(OPENED, id)
    gone[#gone + 1] = "a" .. id
  end
  if entry then
    local size = #sets
    sets[size + 1], sets[size + 2] = field, cmsgpack.pack(gate.listed(kind, entry))
  else
    gone[#gone + 1] = field
  end
end

function gate.packedCore()
  local list = gate.listed("c", core)
${NESTED.map(([field, kind]) => `  list[${RECORDS.c.indexOf(field) + 1}] = gate.listed("${kind}", core.${field})`).join("\n")}
  list[${RECORDS.c.indexOf("override") + 1}] = core.override and gate.listed("override", core.override)
  return cmsgpack.pack(list)
end

function gate.send(command, key, list)
  for from = 1, #list, ${MOST_AT_ONCE} do
    call(command, key, unpack(list, from, math.min(from + ${MOST_AT_ONCE} - 1, #list)))
  end
end

function gate.keep(wake)
  local needed = math.max(now, latest) + ${DAY_MS}
  local renewed = needed > core.keptUntil
  if renewed then core.keptUntil = needed + ${DAY_MS} end
  sets[1], sets[2] = "core", gate.packedCore()
  for field, kind in pairs(changed) do gate.keepEntry(field, kind) end
  for field in pairs(listsChanged) do
    local size = #sets
    sets[size + 1], sets[size + 2] = field, cmsgpack.pack(lists[field])
  end

  -- First what a full server refuses, so that it is all or nothing.
  if fresh then call("DEL", unpack(KEYS)) end
  gate.send("HSET", GATE, sets)
  gate.send("HDEL", GATE, gone)
  for key, list in pairs(drops) do gate.send("ZREM", key, list) end
  for key, list in pairs(adds) do gate.send("ZADD", key, list) end
  if renewed then
    for at = 1, #KEYS do call("PEXPIRE", KEYS[at], core.keptUntil - now) end
  else
    for key in pairs(adds) do call("PEXPIRE", key, core.keptUntil - now) end
  end
  for at = 1, #wake do call("PUBLISH", string.sub(GATE, 1, -6) .. ":wake:" .. wake[at][1], wake[at][2]) end
end
`;
