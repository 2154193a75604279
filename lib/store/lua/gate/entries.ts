/**
 * What is stored, read when it is needed and kept for the rest of the batch. Nothing is written before `keep`, so a
 * batch that cannot be read to its end changes nothing.
 *
 * One hash holds it all: `c` the core, `history` (transitions), `opIds`, `p…` permits, `t…` tickets, `i…` sessions
 * (instances), `a…` what those say about themselves, `w…` seconds of the window.
 */

/** `unpack` has a limit of some thousands. */
export const MOST_AT_ONCE = 1_000;

/**
 * What every function sees. Functions live in one table, and are defined inside of others: each variable of the
 * enclosing function that a new one captures is searched for in a list whenever the script starts, those from further
 * out are at hand.
 */
export const variables: string = `
local gate = {}
local call = redis.call
local GATE, PERMITS, GONE, HEARD, OPENED = KEYS[1], KEYS[2], KEYS[5], KEYS[6], KEYS[7]
local LINES = { KEYS[3], KEYS[4] }

local core, config, now, jitter, session, opens, doneBelow, own, minting
local events = {}
-- By kind and id; false where there is none. Which of them changed; which were not stored before.
local entries = { c = {}, p = {}, t = {}, i = {}, a = {}, w = {} }
local changed = { p = {}, t = {}, i = {}, a = {}, w = {} }
local new = {}
-- Lists that are rarely looked at: read whole, kept whole.
local lists, listsChanged = {}, {}
-- What is stored belongs to no life or to an older one: it is not read any more, and goes.
local fresh = false
-- The latest moment that anything stored is meant to last to.
local latest = 0
-- The own session moves in the index; how many sessions this batch dropped; permits out before it.
local heardAnew, dropped, heldBefore = false, 0, 0
-- New tickets of this batch, in order of arrival, and the arrivals of stored ones that it removed.
local joined, left
`;

export const entries: string = `
function gate.read(kinds, ids)
  local fields = {}
  for at = 1, #ids do fields[at] = kinds[at] .. ids[at] end
  for from = 1, #fields, ${MOST_AT_ONCE} do
    local last = math.min(from + ${MOST_AT_ONCE} - 1, #fields)
    local texts = call("HMGET", GATE, unpack(fields, from, last))
    for at = from, last do
      local text = texts[at - from + 1]
      entries[kinds[at]][ids[at]] = text and cmsgpack.unpack(text)
    end
  end
end

-- Reads several at once; those that were read before stay what they have become.
function gate.readAll(kind, ids)
  local known, kinds, missing = entries[kind], {}, {}
  for at = 1, #ids do
    local id = ids[at]
    if known[id] == nil then
      if fresh then known[id] = false else kinds[#kinds + 1], missing[#missing + 1] = kind, id end
    end
  end
  gate.read(kinds, missing)
end

-- False where there is none.
function gate.find(kind, id)
  local entry = entries[kind][id]
  if entry == nil then
    gate.readAll(kind, { id })
    entry = entries[kind][id]
  end
  return entry
end

-- Names what changed; false removes it.
function gate.put(kind, id, entry)
  entries[kind][id] = entry
  changed[kind][id] = true
end
`;

export const rareEntries: string = `
-- Asks a sorted set. They are written at the end only, so they tell what was true before this batch.
function gate.index(command, key, ...)
  if fresh then return {} end
  return call(command, key, ...)
end

function gate.listOf(field)
  if not lists[field] then
    local text = not fresh and call("HGET", GATE, field)
    lists[field] = text and cmsgpack.unpack(text) or {}
  end
  return lists[field]
end

function gate.append(field, value, most)
  local list = gate.listOf(field)
  list[#list + 1] = value
  if #list > most then table.remove(list, 1) end
  listsChanged[field] = true
end
`;
