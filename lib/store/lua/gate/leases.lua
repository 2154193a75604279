-- `lib/gate/leases.ts` and `lib/gate/lanes.ts`: what is given back and what is given, and for how long.

-- @often

function gate.capacityInForce(lane)
  local capacity = config.capacity[lane]
  local grows = lane ~= HEALTH and core.recoveredAt > 0 and core.state == CLOSED and config.mode == "on"
  if not grows then return capacity end
  return math.min(capacity, config.probes * 2 ^ math.floor((now - core.recoveredAt) / RAMP_STEP_MS))
end

-- The sender is out of the sums while it is being changed.
function gate.roomIn(lane)
  local held = session.permits[lane] + session.probes[lane] + session.owed[lane]
  return gate.capacityInForce(lane) - core.permits[lane] - core.owed[lane] - held
end

function gate.renewWithinMs()
  return math.max(RENEW_WITHIN_MS, math.ceil((core.active * 1000) / config.renewalsPerSecond))
end

function gate.probeDeadlineMs(lane)
  local doublings = math.min(core.failedProbes, MOST_PROBE_DOUBLINGS)
  return math.min(config.deadlineMs[lane], PROBE_DEADLINE_MS * 2 ^ doublings)
end

function gate.stateForSender()
  if config.mode == "on" or (config.mode == "observe" and gate.modeInForce() == "force_open") then return core.state end
  return CLOSED
end

function gate.renew(adopts)
  session.heard = now
  session.leaseMs = math.max(LEASE_MS, RENEWALS_A_LEASE * gate.renewWithinMs())
  for lane = REQUEST, HEALTH do gate.renewLane(lane, renewal.lanes[lane] or NOTHING, adopts) end
  -- Until here its hunger is that of the generation it was last heard in.
  session.generation = core.generation
  local outlasts = now + session.leaseMs + config.connectTimeoutMs + CANCEL_GRACE_MS
  for lane = REQUEST, HEALTH do
    local free, over = 0, 0
    if session.permits[lane] + session.owed[lane] > 0 then free = outlasts + config.deadlineMs[lane] end
    if session.probes[lane] > 0 then over = outlasts + gate.probeDeadlineMs(lane) end
    session.until[lane], session.probesUntil[lane] = free, over
  end
  local holds, leaves = gate.holdsAny(session), renewal.leaves
  if leaves and not holds then gate.forget(id)
  else
    session.presentUntil = leaves and 0 or now + (holds and session.leaseMs + MISSED_MS or SILENT_MS)
    gate.enlist(id, session)
  end
  for lane = REQUEST, HEALTH do gate.noteFull(lane, renewal.lanes[lane] or NOTHING) end
end

function gate.renewLane(lane, asked, adopts)
  local state = lane == HEALTH and CLOSED or gate.stateForSender()
  local permits, probes = asked.keep, asked.probes
  if not adopts then
    permits, probes = math.min(permits, session.permits[lane]), math.min(probes, session.probes[lane])
  end
  if state == CLOSED then permits, probes = permits + probes, 0 end
  session.permits[lane], session.probes[lane] = permits, probes
  if adopts then session.got[lane] = now end
  session.owed[lane], session.woken[lane] = asked.owed, 0
  local waiting = asked.waiting
  if lane ~= HEALTH and state == CLOSED then
    allow[lane], crowded[lane] = gate.allocate(lane, asked)
    waiting = math.max(0, waiting - math.max(0, allow[lane] - (asked.need - waiting)))
    session.need[lane], session.waiting[lane] = asked.need, waiting
    return
  end
  session.need[lane], session.waiting[lane], session.hungrySince[lane] = asked.need, waiting, 0
  if lane == HEALTH then
    local given = math.max(0, math.min(gate.roomIn(HEALTH), asked.need - session.permits[HEALTH]))
    session.permits[HEALTH] = session.permits[HEALTH] + given
  elseif state == HALF_OPEN then gate.grantProbes(lane) end
  allow[lane], crowded[lane] = lane == HEALTH and session.permits[HEALTH] or 0, lane ~= HEALTH
end

function gate.noteFull(lane, asked)
  if core.running[lane] < math.max(1, gate.capacityInForce(lane)) then core.fullSince[lane] = 0
  elseif core.fullSince[lane] == 0 or asked.ended > 0 then core.fullSince[lane] = now end
end

-- Of each lane in which there is anything: what `decodeStep` reads.
function gate.lanesForSender()
  local list, passing = {}, gate.stateForSender() == CLOSED
  for lane = REQUEST, HEALTH do
    local permits, probes, waiting = session.permits[lane], session.probes[lane], core.waiting[lane]
    local passes = lane == HEALTH or passing
    local isAllowed, isCrowded = allow[lane], crowded[lane]
    if isAllowed == nil then
      isAllowed = passes and permits or 0
      isCrowded = lane ~= HEALTH and (not passes or core.sizes[HUNGRY + lane] > 0)
    end
    if isCrowded or permits + probes + waiting + isAllowed > 0 then
      local at = #list
      list[at + 1], list[at + 2], list[at + 3], list[at + 4] = lane, permits, isAllowed, probes
      list[at + 5], list[at + 6] = isCrowded and 1 or 0, waiting
    end
  end
  return list
end

function gate.reply()
  local state, retryAfterMs = gate.stateForSender(), 0
  if state == OPEN then
    retryAfterMs = core.openUntil - now
    -- What is open by an order is told by a number of its own.
    if gate.modeInForce() == "force_open" then state = 0 end
  elseif state == HALF_OPEN then
    retryAfterMs = math.max(SHORTEST_PROBE_MS, math.min(LONGEST_PROBE_MS, core.probeMs))
  end
  return { 1, core.life, core.generation, core.overrideVersion, state, retryAfterMs, gate.probeDeadlineMs(REQUEST),
    session.leaseMs, math.min(gate.renewWithinMs(), math.floor(session.leaseMs / RENEWALS_A_LEASE)),
    core.sizes[PRESENT], gate.rank(), gate.lanesForSender() }
end

-- @rarely

function gate.grantProbes(lane)
  local own = session.probes[REQUEST] + session.probes[SLOW] + session.probes[HEALTH]
  local room = math.min(gate.roomIn(lane), config.probes - core.probes - own)
  local granted = math.max(0, math.min(room, session.waiting[lane]))
  session.probes[lane] = session.probes[lane] + granted
  if granted > 0 then session.got[lane] = now end
end
