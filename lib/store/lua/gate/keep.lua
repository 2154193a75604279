-- Writing: once, at the end, what changed. The rankings follow from the sessions. Every key has an expiry, as
-- `lib/gate/keep.ts` has it, so that a gate nobody uses any more leaves nothing behind.

-- @often

function gate.send(command, key, list)
  for from = 1, #list, MOST_AT_ONCE do
    call(command, key, unpack(list, from, math.min(from + MOST_AT_ONCE - 1, #list)))
  end
end

-- What changed in the rankings: by each, scores and names in turn; names that leave it.
function gate.moved()
  local adds, drops = {}, {}
  for name, by in pairs(scores) do
    local old = stored[name] or NONE
    for ranking = DUE, RANKINGS do
      local score = by[ranking]
      if score ~= old[ranking] then
        local lists = score and adds or drops
        local list = lists[ranking] or {}
        lists[ranking] = list
        -- By itself Lua writes no more than 14 digits.
        if score then list[#list + 1] = string.format("%.0f", score) end
        list[#list + 1] = name
      end
    end
  end
  return adds, drops
end

-- Whether the end of them all is another one now.
function gate.keptAnew()
  local override = core.override
  local needed = math.max(core.openUntil, core.retryAt, override and override.until or 0,
    now + math.max(SILENT_MS, config.windowSeconds * 1000))
  if session then
    for lane = REQUEST, HEALTH do needed = math.max(needed, session.until[lane], session.probesUntil[lane]) end
  end
  needed = needed + config.keptMs
  if needed <= core.keptUntil then return false end
  core.keptUntil = needed + math.floor(config.keptMs / KEPT_PARTS)
  return true
end

function gate.keep()
  local renewed = gate.keptAnew()
  local adds, drops = gate.moved()
  local sets, gone = { "core", cmsgpack.pack(core), "totals", cmsgpack.pack(totals) }, {}
  local function set(field, entry) sets[#sets + 1], sets[#sets + 2] = field, cmsgpack.pack(entry) end
  for place in pairs(secondsChanged) do set("w" .. place, seconds[place]) end
  for field in pairs(listsChanged) do set(field, lists[field]) end
  for name in pairs(sessionsChanged) do
    if sessions[name] then set("s" .. name, sessions[name])
    else gone[#gone + 1], gone[#gone + 2] = "s" .. name, "a" .. name end
  end
  if about and sessions[id] then set("a" .. id, about) end

  -- First what a full server refuses, so that it is all or nothing.
  if fresh then call("DEL", unpack(KEYS)) end
  gate.send("HSET", GATE, sets)
  if cleared then call("DEL", KEYS[1 + HUNGRY + REQUEST], KEYS[1 + HUNGRY + SLOW]) end
  -- Added before others leave: a set that was not empty goes on, and its expiry with it.
  for ranking, list in pairs(adds) do gate.send("ZADD", KEYS[1 + ranking], list) end
  for ranking, list in pairs(drops) do gate.send("ZREM", KEYS[1 + ranking], list) end
  gate.send("HDEL", GATE, gone)
  for at = 1, #KEYS do
    if renewed or (adds[at - 1] and before[at - 1] == 0) then call("PEXPIRE", KEYS[at], core.keptUntil - now) end
  end
  for at = 1, #pushes, 2 do
    -- As scopeOf, instanceOf and pushChannels have it.
    local key = string.sub(GATE, 1, -MACHINE_LENGTH - 2)
    local inner = string.match(key, "^{(.*)}$") or key
    local channel = "{" .. (string.match(inner, "^(.*):") or inner) .. "}:push"
    if pushes[at] ~= "" then channel = channel .. ":" .. string.match(pushes[at], "^[^_]*") end
    -- Who may not call anybody has renewed all the same.
    redis.pcall("PUBLISH", channel, pushes[at + 1] .. " " .. key)
  end
end
