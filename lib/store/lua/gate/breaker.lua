-- `lib/gate/breaker.ts`, `lib/gate/backoff.ts` and `lib/gate/pings.ts`: when it opens, for how long, what closes it.

-- @often

function gate.modeInForce()
  local override = core.override
  return override and override.mode
end

function gate.vote(vote)
  local calls, failures = vote.calls, vote.failures
  if vote.generation ~= core.generation then return end
  if core.state == HALF_OPEN and vote.probe then core.failedProbes = core.failedProbes + failures + vote.ignored end
  if calls > 0 then core.lastCallAt = now end
  local state = gate.stateForSender()
  if state == OPEN or (state == HALF_OPEN and not vote.probe) then return end
  if calls == 0 then return end

  if failures > 0 then
    core.lastFailureAt = now
    if vote.retryAfterMs > 0 then gate.noteRetry(vote.retryAfterMs) end
  end
  if calls > failures then core.lastSuccessAt = now end
  gate.countVotes(vote)
  if state == HALF_OPEN then gate.judgeProbes(vote)
  elseif core.state == CLOSED or (core.state == HALF_OPEN and config.mode == "observe") then
    gate.judgeCalls(calls, failures)
  end
end

function gate.judgeCalls(calls, failures)
  if core.runFailures > 0 and now - core.runSince > config.windowSeconds * 1000 then core.runFailures = 0 end
  core.runFailures = math.max(0, core.runFailures - SUCCESS_OUTWEIGHS * (calls - failures))
  if core.runFailures == 0 then core.runSince = failures > 0 and now or 0 end
  core.runFailures = core.runFailures + failures

  if config.mode == "off" or gate.modeInForce() == "force_closed" then return end
  local cause = gate.verdict()
  if cause then gate.convict(cause) end
end

function gate.verdict()
  local calls, failures = core.calls, core.failures
  if calls >= config.windowCalls then
    if failures >= config.failureThreshold and failures * 10000 >= config.failureRate * calls then
      return "failure_rate"
    end
    if core.slow * 10000 > config.slowRate * calls then return "slow_rate" end
  end
  if core.runFailures >= config.failureThreshold and now - core.runSince >= RUN_AGE_MS then return "failure_run" end
  return nil
end

-- @rarely

-- Transitions, which are few.

-- The order of TRANSITION_CAUSES.
gate.causes = { failure_rate = 1, slow_rate = 2, failure_run = 3, probe_failed = 4, open_period_over = 5,
  pings_succeeded = 6, probes_succeeded = 7, override = 8, override_ended = 9, adopted = 10 }

function gate.enter(to, at, cause)
  local from = core.state
  gate.begin(to, at, cause == "probes_succeeded")
  totals.transitions[to] = totals.transitions[to] + 1
  local row = (gate.causes[cause] - 1) * 3
  totals.causes[row + to] = totals.causes[row + to] + 1
  gate.report({ "transition", at, from, to, cause, core.generation })
end

function gate.begin(to, at, recovered)
  core.state = to
  core.since = at
  gate.raiseGeneration(core.generation + 1)
  core.openUntil = 0
  core.successes = 0
  core.runFailures = 0
  core.runSince = 0
  core.goodPings = 0
  if to == CLOSED then
    core.failedProbes = 0
    core.pingsTrusted = true
    core.slowOpened = false
    core.retryAt = 0
    core.recoveredAt = recovered and at or 0
    gate.beginWindow(at)
  end
  gate.push("", "changed")
end

function gate.raiseGeneration(generation)
  core.generation = generation
  cleared = true
  for ranking = HUNGRY + REQUEST, HUNGRY + SLOW do
    core.sizes[ranking], before[ranking] = 0, 0
    -- The sender may be as hungry again.
    if stored[id] then stored[id][ranking] = nil end
  end
end

function gate.open(cause)
  local recoveryFailed = core.state == HALF_OPEN
    or (core.recoveredAt > 0 and now - core.recoveredAt < config.recoveryMs)
  core.failedRecoveries = recoveryFailed and core.failedRecoveries + 1 or 0
  if cause ~= "probe_failed" then core.slowOpened = cause == "slow_rate" end
  gate.enter(OPEN, now, cause)
  core.openUntil = gate.opensUntil()
end

function gate.opensUntil() return math.max(now + gate.openPeriodMs(), core.retryAt) end

function gate.longestMs() return math.max(config.backoffMaxMs, config.recoveryMs) end

function gate.noteRetry(retryAfterMs)
  core.retryAt = math.max(core.retryAt, now + math.min(retryAfterMs, gate.longestMs()))
end

function gate.openPeriodMs()
  local longest, period, grown = gate.longestMs(), config.recoveryMs, 0
  local most = math.min(core.failedRecoveries, MOST_BACKOFFS)
  while period < longest and grown < most do
    period = math.min(longest, math.floor((period * config.backoffFactor) / 10000))
    grown = grown + 1
  end
  local byChance = math.floor((period * config.backoffJitter) / 10000)
  return period + math.floor((byChance * renewal.jitter) / 1000)
end

function gate.judgeProbes(vote)
  if vote.failures > 0 or (core.slowOpened and vote.slow > 0) then
    if core.pingsEndedAt > 0 and now - core.pingsEndedAt < PINGS_BELIED_MS then core.pingsTrusted = false end
    gate.open("probe_failed")
  else
    gate.succeeded(vote.calls)
  end
end

function gate.succeeded(probes)
  core.successes = core.successes + probes
  if core.successes >= config.successesToClose then gate.enter(CLOSED, now, "probes_succeeded") end
end

function gate.convict(cause)
  if config.mode == "on" and gate.modeInForce() ~= "observe" then
    gate.open(cause)
  elseif now >= core.observedUntil then
    core.observedUntil = gate.opensUntil()
    gate.report({ "would_open", now, cause })
  end
end

function gate.ping(ok)
  if not ok then
    core.goodPings = 0
    return
  end
  if core.goodPings > 0 and now - core.goodPingAt < PINGS_APART_MS then return end
  core.goodPings = core.goodPings + 1
  core.goodPingAt = now
  if not core.pingsTrusted or core.slowOpened or core.override or config.mode ~= "on" then return end
  if now < core.retryAt then return end
  if core.state == HALF_OPEN and now - core.lastCallAt >= CALLS_AWAY_MS then gate.succeeded(1) end
  if core.state == OPEN and core.goodPings >= PINGS_NEEDED then
    core.pingsEndedAt = now
    gate.enter(HALF_OPEN, now, "pings_succeeded")
  end
end
