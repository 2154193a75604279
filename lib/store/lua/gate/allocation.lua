-- `lib/gate/allocation.ts`: who gets which permits of a lane while the breaker is closed.

-- @often

-- What the sender may use, and whether the lane is crowded.
function gate.allocate(lane, asked)
  local free = gate.roomIn(lane)
  local room, excess = math.max(0, free), 0
  local others = core.sizes[HUNGRY + lane] > 0 and gate.hungryOthers(lane, room)
  local wasHungry = gate.isHungry(session, lane)

  if asked.need <= session.permits[lane] then session.hungrySince[lane] = 0
  elseif not wasHungry then session.hungrySince[lane] = math.max(1, now - asked.waitedMs) end
  local granted = gate.grantable(lane, asked, room, others)
  if granted > 0 then
    session.permits[lane] = session.permits[lane] + granted
    session.got[lane] = now
    if asked.need <= session.permits[lane] then session.hungrySince[lane] = 0 end
  end
  local left = room - granted
  local mine = session.permits[lane]
  if free < 0 and mine > 0 then
    excess = math.min(mine, math.ceil((-free * mine) / (core.permits[lane] + mine)))
  end
  local gives = math.max(excess, others and left == 0 and gate.givenAway(lane, others) or 0)
  local hungry = session.hungrySince[lane] > 0
  if hungry and gives > 0 then session.hungrySince[lane], session.got[lane] = now, now end
  if others and left > 0 then gate.wake(lane, others, left) end
  if hungry and left == 0 then gate.reclaim(lane) end
  return session.permits[lane] - gives, hungry or core.sizes[HUNGRY + lane] > 0
end

function gate.shareIn(lane)
  if now >= core.life + ADOPTING_MS then return NEVER end
  local instances = math.max(config.expectedInstances, core.sizes[PRESENT] + 1)
  return math.max(1, math.floor(config.capacity[lane] / instances))
end

function gate.grantable(lane, asked, room, others)
  local held, most = session.permits[lane], asked.need
  if not (others and others[1]) then most = math.max(most, asked.want) end
  most = math.max(0, math.min(room, math.min(most, gate.shareIn(lane)) - held))
  return most > 0 and others and gate.grantableBeside(lane, room, most, others) or most
end

-- @sometimes

-- Where somebody is hungry.

-- Each by its name and session.
function gate.hungryOthers(lane, room)
  local names, found = gate.ranked("ZRANGE", HUNGRY + lane, room + MORE_LOOKED_AT), {}
  gate.read(sessions, "s", names)
  for at = 1, #names do
    local name = names[at]
    local other = sessions[name]
    local woken, longest = other.woken[lane], math.max(WAKE_MS, WAKE_ROUND_TRIPS * other.roundTripMs)
    if other.heard + HUNGER_MS <= now or (woken > 0 and now - woken > longest) then
      gate.withdraw(name, other)
      gate.giveUpHunger(other, lane)
      gate.enlist(name, other)
    else
      found[#found + 1] = { name, other }
    end
  end
  return found
end

-- As many of those as leave enough for who is poorer, or as poor and older.
function gate.grantableBeside(lane, room, most, others)
  local since, granted = session.hungrySince[lane], 0
  while granted < most do
    local level, claims = session.permits[lane] + granted, 0
    for at = 1, #others do
      local other = others[at][2]
      local older = config.pushes and (since == 0 or other.hungrySince[lane] < since)
      claims = claims + math.max(0, math.min(other.need[lane], older and level + 1 or level) - other.permits[lane])
    end
    if room - granted - claims <= 0 then break end
    granted = granted + 1
  end
  return granted
end

function gate.givenAway(lane, others)
  local levels, gives, poorest = {}, 0, nil
  for at = 1, #others do
    local other = others[at][2]
    levels[at] = other.permits[lane]
  end
  local function find()
    poorest = nil
    for at = 1, #others do
      local other = others[at][2]
      if levels[at] < other.need[lane] and (not poorest or levels[at] < levels[poorest]) then poorest = at end
    end
    return poorest
  end
  while find() and session.permits[lane] - gives >= levels[poorest] + 2 do
    levels[poorest] = levels[poorest] + 1
    gives = gives + 1
  end
  if gives > 0 or not poorest or session.permits[lane] ~= levels[poorest] + 1 then return gives end
  return gate.hadItsTime(session, lane) and 1 or 0
end

function gate.hadItsTime(session, lane)
  local roundTrips = config.pushes and QUANTUM_ROUND_TRIPS or QUANTUM_ROUND_TRIPS_UNCALLED
  return now - session.got[lane] > math.max(QUANTUM_MS, roundTrips * session.roundTripMs)
end

function gate.wake(lane, others, count)
  local share = gate.shareIn(lane)
  for at = 1, math.min(count, #others) do
    local name, other = others[at][1], others[at][2]
    if other.permits[lane] < share then
      gate.push(name, "wake")
      if other.woken[lane] == 0 then other.woken[lane], sessionsChanged[name] = now, true end
    end
  end
end

function gate.reclaim(lane)
  local holder = gate.ranked("ZREVRANGE", RICH + lane, 1)[1]
  if not holder then return end
  gate.read(sessions, "s", { holder })
  local other = sessions[holder]
  local theirs, mine = other.permits[lane], session.permits[lane]
  if theirs > other.need[lane] or theirs >= mine + 2 or (theirs == mine + 1 and gate.hadItsTime(other, lane)) then
    gate.push(holder, "reclaim")
  end
end
