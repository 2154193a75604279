-- `lib/gate/sessions.ts`: what is known of each instance, the sums over all of them, and what time does to them.

-- @often

function gate.isHungry(session, lane)
  return session.hungrySince[lane] > 0 and session.generation == core.generation
end

function gate.holdsAny(session)
  for lane = REQUEST, HEALTH do
    if session.permits[lane] + session.probes[lane] + session.owed[lane] > 0 then return true end
  end
  return false
end

-- Its score in each ranking that it stands in.
function gate.scoresOf(session)
  local by = { session.due, session.presentUntil > 0 and session.opened or nil }
  if not session.active then by[IDLE] = session.heard end
  for lane = REQUEST, SLOW do
    local permits = session.permits[lane]
    local most = math.min(permits, MOST_IN_SCORE)
    if gate.isHungry(session, lane) then by[HUNGRY + lane] = most * MOMENTS + session.hungrySince[lane] end
    if permits > 0 then
      by[RICH + lane] = math.min(math.max(0, permits - session.need[lane]), MOST_IN_SCORE) * MOST_IN_SCORE + most
    end
  end
  return by
end

function gate.count(session, by, sign)
  for lane = REQUEST, HEALTH do
    local probes, waiting = session.probes[lane], session.waiting[lane]
    core.permits[lane] = core.permits[lane] + sign * (session.permits[lane] + probes)
    core.owed[lane] = core.owed[lane] + sign * session.owed[lane]
    core.running[lane] = core.running[lane] + sign * (session.need[lane] - waiting)
    core.waiting[lane] = core.waiting[lane] + sign * waiting
    core.probes = core.probes + sign * probes
  end
  if session.active then core.active = core.active + sign end
  for ranking = DUE, RANKINGS do
    if by[ranking] then core.sizes[ranking] = core.sizes[ranking] + sign end
  end
end

function gate.withdraw(id, session)
  local by = gate.scoresOf(session)
  gate.count(session, by, -1)
  stored[id], scores[id] = stored[id] or by, {}
end

function gate.enlist(id, session)
  session.active = gate.isHungry(session, REQUEST) or gate.isHungry(session, SLOW) or gate.holdsAny(session)
  session.due = gate.dueOf(session)
  core.due = math.min(core.due, session.due)
  local by, old = gate.scoresOf(session), stored[id]
  gate.count(session, by, 1)
  scores[id], sessions[id], sessionsChanged[id] = by, session, true
  -- The last place does not change the others.
  if old and old[PRESENT] ~= by[PRESENT] then core.moves = core.moves + 1 end
end

function gate.dueOf(session)
  local due = gate.holdsAny(session) and NEVER or session.heard + SILENT_MS
  if session.presentUntil > 0 then due = math.min(due, session.presentUntil) end
  for lane = REQUEST, HEALTH do
    local free, over = session.until[lane], session.probesUntil[lane]
    if free > 0 then due = math.min(due, free) end
    if over > 0 then due = math.min(due, over) end
    if session.waiting[lane] + session.hungrySince[lane] > 0 then due = math.min(due, session.heard + HUNGER_MS) end
  end
  return due
end

-- How many that are there were opened before. Known until somebody else comes back or goes.
function gate.rank()
  if session.rankedAt ~= core.moves then gate.findRank() end
  return session.rank
end

-- @sometimes

-- What a busy gate seldom meets: sessions that come, go, or fall silent.

function gate.findRank()
  local opened = session.opened
  local rank = fresh and 0 or call("ZCOUNT", KEYS[1 + PRESENT], "-inf", "(" .. opened)
  for name, by in pairs(scores) do
    local old = stored[name] and stored[name][PRESENT]
    if old and old < opened then rank = rank - 1 end
    if by[PRESENT] and by[PRESENT] < opened then rank = rank + 1 end
  end
  session.rank, session.rankedAt = rank, core.moves
end

function gate.openSession(n)
  while core.sizes[DUE] >= config.sessionsKept and gate.forgetSilent() do end
  core.openings = core.openings + 1
  local session = {}
  for at = 1, SESSION_PLACES do session[at] = 0 end
  session.opened, session.n, session.active, session.generation = core.openings, n - 1, false, core.generation
  session.rankedAt = -1
  return session
end

function gate.passSessions()
  local names = fresh and {} or call("ZRANGEBYSCORE", KEYS[1 + DUE], "-inf", now)
  gate.read(sessions, "s", names)
  core.due = NEVER
  for at = 1, #names do gate.passSession(names[at], sessions[names[at]]) end
  local first = fresh and {}
    or call("ZRANGEBYSCORE", KEYS[1 + DUE], "(" .. now, "+inf", "WITHSCORES", "LIMIT", 0, 1)
  if first[2] then core.due = math.min(core.due, tonumber(first[2])) end
end

function gate.passSession(id, session)
  gate.withdraw(id, session)
  local held = gate.holdsAny(session)
  for lane = REQUEST, HEALTH do gate.passLease(session, lane) end
  if session.presentUntil <= now then session.presentUntil = 0 end
  if not gate.holdsAny(session) and (held or session.heard + SILENT_MS <= now) then gate.forget(id)
  else gate.enlist(id, session) end
end

function gate.passLease(session, lane)
  local free, over = session.until[lane], session.probesUntil[lane]
  if over > 0 and over <= now then session.probes[lane], session.probesUntil[lane] = 0, 0 end
  if free > 0 and free <= now then
    session.permits[lane], session.owed[lane], session.until[lane] = 0, 0, 0
    session.need[lane] = session.waiting[lane]
  end
  if session.heard + HUNGER_MS <= now then gate.giveUpHunger(session, lane) end
end

function gate.giveUpHunger(session, lane)
  session.need[lane] = session.need[lane] - session.waiting[lane]
  session.waiting[lane], session.hungrySince[lane], session.woken[lane] = 0, 0, 0
end

function gate.forget(id)
  sessions[id], sessionsChanged[id] = false, true
  core.moves = core.moves + 1
end

function gate.forgetSilent()
  local name = gate.ranked("ZRANGE", IDLE, 1)[1]
  if not name then return false end
  gate.read(sessions, "s", { name })
  gate.withdraw(name, sessions[name])
  gate.forget(name)
  return true
end
