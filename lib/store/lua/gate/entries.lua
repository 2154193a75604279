-- What is stored, read when it is needed and kept for the rest of the renewal. Nothing is written before `keep`, so a
-- renewal that cannot be applied to its end changes nothing.
--
-- One hash holds it all: `core`, `totals`, `history` (transitions), `opIds`, `s…` sessions, `a…` what those say about
-- themselves, `w…` seconds of the window. Beside it a sorted set for each ranking.

-- @often

-- False where that second has no entry.
function gate.secondOf(at)
  local place = at % RING_SECONDS
  if seconds[place] == nil then gate.read(seconds, "w", { place }) end
  local second = seconds[place]
  return second and second.at == at and second
end

-- @sometimes

-- Reads several at once; those that were read before stay what they have become.
function gate.read(into, prefix, names)
  local missing, fields = {}, {}
  for at = 1, #names do
    local name = names[at]
    if into[name] == nil then
      into[name] = false
      missing[#missing + 1], fields[#fields + 1] = name, prefix .. name
    end
  end
  if fresh then return end
  for from = 1, #fields, MOST_AT_ONCE do
    local texts = call("HMGET", GATE, unpack(fields, from, math.min(from + MOST_AT_ONCE - 1, #fields)))
    for at = 1, #texts do into[missing[from + at - 1]] = texts[at] and cmsgpack.unpack(texts[at]) end
  end
end

function gate.listOf(field)
  gate.read(lists, "", { field })
  lists[field] = lists[field] or {}
  return lists[field]
end

function gate.append(field, value, most)
  local list = gate.listOf(field)
  list[#list + 1] = value
  if #list > most then table.remove(list, 1) end
  listsChanged[field] = true
end

-- By bytes, as sorted sets do: Lua compares strings by the server's locale.
local function isBefore(one, two)
  for at = 1, math.min(#one, #two) do
    local byte, next = string.byte(one, at), string.byte(two, at)
    if byte ~= next then return byte < next end
  end
  return #one < #two
end

-- The first names of a ranking, its last by ZREVRANGE: as they stand by now, though the set is written at the end only.
function gate.ranked(command, ranking, count)
  local names, scoreOf, asked = {}, {}, count - 1
  for _ in pairs(scores) do asked = asked + 1 end
  local found = fresh and {} or call(command, KEYS[1 + ranking], 0, asked, "WITHSCORES")
  for at = 1, #found, 2 do
    local name = found[at]
    if not scores[name] then names[#names + 1], scoreOf[name] = name, tonumber(found[at + 1]) end
  end
  for name, by in pairs(scores) do
    if by[ranking] then names[#names + 1], scoreOf[name] = name, by[ranking] end
  end
  table.sort(names, function(one, two)
    if command == "ZREVRANGE" then one, two = two, one end
    if scoreOf[one] ~= scoreOf[two] then return scoreOf[one] < scoreOf[two] end
    return isBefore(one, two)
  end)
  for at = #names, count + 1, -1 do names[at] = nil end
  return names
end
