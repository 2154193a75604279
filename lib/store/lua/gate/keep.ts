/**
 * Writing: once, at the end, what changed. The indexes follow from the entries. Every key has an expiry beyond the last
 * moment that anything in it is meant for, so that a gate nobody uses any more leaves nothing behind.
 */
import { MOST_AT_ONCE } from "./entries.ts";

/** Beyond the latest moment; set anew once a day at most, and where a sorted set may have begun. */
const DAY_MS = 86_400_000;

export const keep: string = `
-- Of the hash: field and text in turn; fields that go. Of the index of permits: expiry and id in turn; ids that go.
local sets, gone, due, ended = {}, {}, {}, {}

function gate.set(field, list) sets[#sets + 1], sets[#sets + 2] = field, cmsgpack.pack(list) end

function gate.keepEntries()
  gate.set("c", core)
  for place in pairs(changed.w) do gate.set("w" .. place, entries.w[place]) end
  for id in pairs(changed.i) do
    local instance = entries.i[id]
    if instance then gate.set("i" .. id, instance) end
  end
  for id in pairs(changed.p) do
    local permit = entries.p[id]
    if permit then
      gate.set("p" .. id, permit)
      due[#due + 1], due[#due + 2] = permit.expiresAt, id
    else
      gone[#gone + 1], ended[#ended + 1] = "p" .. id, id
    end
  end
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
  gate.keepEntries()
  local more = heardAnew or dropped > 0 or next(changed.t) or next(listsChanged)
  if more then gate.keepMore(sets, gone) end

  -- First what a full server refuses, so that it is all or nothing.
  if fresh then call("DEL", unpack(KEYS)) end
  gate.send("HSET", GATE, sets)
  -- Added before others leave: a set that was not empty goes on, and its expiry with it.
  gate.send("ZADD", PERMITS, due)
  gate.send("HDEL", GATE, gone)
  gate.send("ZREM", PERMITS, ended)
  if more then gate.sendMore() end
  if renewed then
    for at = 1, #KEYS do call("PEXPIRE", KEYS[at], core.keptUntil - now) end
  elseif #due > 0 and heldBefore == 0 then
    call("PEXPIRE", PERMITS, core.keptUntil - now)
  end
  for at = 1, #wake do call("PUBLISH", string.sub(GATE, 1, -6) .. ":wake:" .. wake[at][1], wake[at][2]) end
end
`;

/** Lines, sessions that come, go or move, and the lists. */
export const keepMore: string = `
-- By key: score and name in turn; names.
local adds, drops = {}, {}

function gate.add(key, score, id)
  local list = adds[key]
  if list then list[#list + 1], list[#list + 2] = score, id else adds[key] = { score, id } end
end

function gate.drop(key, id)
  local list = drops[key]
  if list then list[#list + 1] = id else drops[key] = { id } end
end

function gate.keepSession(id, gone)
  local instance = entries.i[id]
  if not instance then
    gate.drop(HEARD, id)
    gate.drop(OPENED, id)
    gone[#gone + 1], gone[#gone + 2] = "i" .. id, "a" .. id
  elseif new[instance] then
    gate.set("a" .. id, entries.a[id])
    gate.add(OPENED, instance.opened, id)
  end
  if instance and id == session and heardAnew then gate.add(HEARD, instance.heard, id) end
end

function gate.keepTicket(id, gone)
  local ticket = entries.t[id]
  if ticket then
    gate.set("t" .. id, ticket)
    if new[ticket] then gate.add(LINES[ticket.lane], ticket.arrival, id) end
    gate.add(GONE, ticket.goneAt, id)
  else
    gone[#gone + 1] = "t" .. id
    for lane = REQUEST, SLOW do gate.drop(LINES[lane], id) end
    gate.drop(GONE, id)
  end
end

function gate.keepMore(sets, gone)
  for id in pairs(changed.i) do gate.keepSession(id, gone) end
  for id in pairs(changed.t) do gate.keepTicket(id, gone) end
  for field in pairs(listsChanged) do gate.set(field, lists[field]) end
end

function gate.sendMore()
  for key, list in pairs(drops) do gate.send("ZREM", key, list) end
  for key, list in pairs(adds) do
    gate.send("ZADD", key, list)
    call("PEXPIRE", key, core.keptUntil - now)
  end
end
`;
