-- `lib/gate/step.ts` and `lib/gate/time.ts`: applies a renewal atomically and in order.

-- @often

function gate.step(clock)
  if not core or clock < core.clock - LARGEST_FALL_MS then gate.beginLife(clock) end
  core.clock = math.max(core.clock, clock)
  now = core.clock
  local override = core.override
  if override and override.until <= now then gate.endOverride(override.until, "override_ended") end
  if core.state == OPEN and core.openUntil <= now then gate.enter(HALF_OPEN, core.openUntil, "open_period_over") end
  if core.due <= now then gate.passSessions() end
  local oldest = math.max(core.windowStart, math.floor(now / 1000) - config.windowSeconds + 1)
  if oldest ~= core.windowFrom then gate.rollWindow(oldest) end
  return gate.answer()
end

function gate.answer()
  session = sessions[id]
  local known, opening = session, renewal.opening
  if (renewal.life and renewal.life ~= core.life) or not (known or opening) then return { 0, core.life } end
  if not known then session, about = gate.openSession(renewal.n), opening.about end
  local isNews = renewal.n > session.n
  if isNews then
    if known then gate.withdraw(id, session) end
    gate.hear(opening)
  end
  local isDone = not isNews or renewal.agoMs > OLDEST_VOTES_MS
  local commands, replies = renewal.commands or NONE, {}
  for at = 1, #commands do
    local command = commands[at]
    replies[at] = command.kind == "operate" and gate.operate(command, isDone)
  end
  if isNews then gate.renew(opening and renewal.life) end
  gate.countPeaks()
  for at = 1, #commands do replies[at] = replies[at] or gate.view() end
  return gate.reply(), replies
end

function gate.hear(opening)
  if opening then
    if opening.generation > core.generation then gate.raiseGeneration(opening.generation + 1) end
    if renewal.life then gate.adoptOverride(opening) end
  end
  local heardBefore = session.heard
  session.n, session.roundTripMs = renewal.n, renewal.roundTripMs
  local sums, refused = renewal.sums, renewal.refused
  for at = 1, #sums, 2 do totals[sums[at]] = totals[sums[at]] + sums[at + 1] end
  if refused > 0 then gate.countRefused(refused) end
  local counts = renewal.agoMs <= OLDEST_VOTES_MS
  if refused > 0 and now - heardBefore < CALLS_AWAY_MS then core.lastCallAt = now end
  local holding, probing = 0, 0
  for lane = REQUEST, SLOW do
    local asked = renewal.lanes[lane] or NOTHING
    holding, probing = holding + session.permits[lane], probing + session.probes[lane]
    if asked.need > 0 then core.lastCallAt = now end
    if counts and session.probes[lane] > asked.probes then gate.countProbe(now - session.got[lane]) end
  end
  if not counts then return end
  local votes, pings, open = renewal.votes or NONE, renewal.pings or NONE, renewal.open
  for at = 1, #votes do
    local vote = votes[at]
    -- What ran on a lease that is over has no vote.
    if (vote.probe and probing or holding) > 0 then gate.vote(vote) end
  end
  for at = 1, #pings do gate.ping(pings[at]) end
  if open then gate.adoptOpen(open[1], open[2]) end
end

function gate.countProbe(took)
  core.probeMs = core.probeMs == 0 and took or math.floor((7 * core.probeMs + took) / 8)
end

function gate.push(session, message) pushes[#pushes + 1], pushes[#pushes + 2] = session, message end
