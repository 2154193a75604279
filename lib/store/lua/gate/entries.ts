/**
 * What is stored, read when it is needed and kept for the rest of the batch. Nothing is written before `keep`, so a
 * batch that cannot be read to its end changes nothing.
 *
 * One hash holds it all: `core`, `history` (transitions), `opIds`, `p…` permits, `t…` tickets, `i…` sessions
 * (instances), `a…` what those say about themselves, `w…` seconds of the window.
 *
 * Functions live in one table, not in locals: each that a function captures is searched for in a list whenever the
 * script starts, which cost a quarter of a batch.
 */
import { NESTED } from "./records.ts";

/** `unpack` has a limit of some thousands. */
export const MOST_AT_ONCE = 1_000;

export const entries: string = `
local gate = {}
local call = redis.call
local GATE, PERMITS, GONE, HEARD, OPENED = KEYS[1], KEYS[2], KEYS[5], KEYS[6], KEYS[7]
local LINES = { request = KEYS[3], slow = KEYS[4] }

local core, config, now, jitter, session
local events = {}
local entries, changed = {}, {}
-- What is stored belongs to no life or to an older one: it is not read any more, and goes.
local fresh = false
-- The latest moment that anything stored is meant to last to.
local latest = 0

function gate.coreOf(found)
${NESTED.map(([field, kind]) => `  found.${field} = gate.named("${kind}", found.${field})`).join("\n")}
  found.override = found.override and gate.named("override", found.override)
  return found
end

function gate.readFields(fields)
  for from = 1, #fields, ${MOST_AT_ONCE} do
    local last = math.min(from + ${MOST_AT_ONCE} - 1, #fields)
    local texts = call("HMGET", GATE, unpack(fields, from, last))
    for at = from, last do
      local field, text = fields[at], texts[at - from + 1]
      entries[field] = text and gate.named(string.sub(field, 1, 1), cmsgpack.unpack(text)) or false
    end
  end
end

-- Reads several at once; those that were read before stay what they have become.
function gate.readAll(kind, ids)
  local fields = {}
  for at = 1, #ids do
    local field = kind .. ids[at]
    if entries[field] == nil then
      if fresh then entries[field] = false else fields[#fields + 1] = field end
    end
  end
  gate.readFields(fields)
end

-- False where there is none.
function gate.find(kind, id)
  local field = kind .. id
  local entry = entries[field]
  if entry == nil then
    gate.readAll(kind, { id })
    entry = entries[field]
  end
  return entry
end

-- Names what changed; false removes it.
function gate.put(kind, id, entry)
  local field = kind .. id
  entries[field] = entry
  changed[field] = kind
end

-- Asks a sorted set. They are written at the end only, so they tell what was true before this batch.
function gate.index(command, key, ...)
  if fresh then return {} end
  return call(command, key, ...)
end

-- Lists that are rarely looked at: read whole, kept whole.
local lists, listsChanged = {}, {}
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
