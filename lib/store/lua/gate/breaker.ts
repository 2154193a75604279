/** `lib/gate/breaker.ts`: when it opens, for how long, what closes it. */
const LONGEST_OPEN_MS = 300_000;
const RUN_AGE_MS = 250;
const SUCCESS_OUTWEIGHS = 10;

export const breaker: string = `
function gate.countRun(failed)
  if core.runFailures > 0 and now - core.runSince > config.windowSeconds * 1000 then core.runFailures = 0 end
  if failed then
    if core.runFailures == 0 then core.runSince = now end
    core.runFailures = core.runFailures + 1
  else
    core.runFailures = math.max(0, core.runFailures - ${SUCCESS_OUTWEIGHS})
  end
  if core.runFailures == 0 then core.runSince = 0 end
end

function gate.verdict()
  local calls, failures, slow = core.calls, core.failures, core.slow
  if calls >= config.windowCalls then
    if failures >= config.failureThreshold and failures * 10000 >= config.failureRate * calls then
      return "failure_rate"
    end
    if slow * 10000 > config.slowRate * calls then return "slow_rate" end
  end
  if core.runFailures >= config.failureThreshold and now - core.runSince >= ${RUN_AGE_MS} then return "failure_run" end
  return nil
end

function gate.judgeCall(failed)
  local override = core.override
  local mode = override and override.mode
  gate.countRun(failed)
  if not config.enabled or mode == "force_closed" then return end
  local cause = gate.verdict()
  if not cause then return end
  if mode ~= "observe" then
    gate.open(cause)
  elseif now >= core.observedUntil then
    core.observedUntil = now + gate.openPeriodMs()
    gate.report({ "would_open", now, cause })
  end
end

function gate.vote(permit, outcome, slow)
  if permit.lane == HEALTH or permit.adopted or permit.generation ~= core.generation then return end
  if permit.probe and outcome ~= "success" then core.failedProbes = core.failedProbes + 1 end
  if outcome == "ignored" then return end
  if config.enabled and core.state ~= "closed" and not permit.probe then return end

  local failed = outcome == "failure"
  if failed then core.lastFailureAt = now end
  gate.countVote(failed, slow and permit.lane == REQUEST)
  if core.state == "closed" then gate.judgeCall(failed)
  elseif config.enabled then gate.judgeProbe(failed) end
end
`;

/** Transitions, which are few. */
export const transitions: string = `
function gate.emptyLines()
  for lane = REQUEST, SLOW do
    if core.waiting[lane] > 0 then
      local ids = gate.index("ZRANGE", LINES[lane], 0, -1)
      for at = 1, #ids do gate.put("t", ids[at], false) end
      for at = 1, #joined[lane] do gate.put("t", joined[lane][at], false) end
      core.waiting[lane], joined[lane], left[lane] = 0, {}, {}
    end
  end
end

function gate.enter(to, at, cause)
  local from = core.state
  core.state = to
  core.since = at
  core.generation = core.generation + 1
  core.openUntil = 0
  core.successes = 0
  core.runFailures = 0
  core.runSince = 0
  if to == "closed" then
    core.failedProbes = 0
    core.recoveredAt = cause == "probes_succeeded" and at or 0
    gate.beginWindow(at)
  else
    gate.emptyLines()
  end
  gate.report({ "transition", at, from, to, cause, core.generation })
end

function gate.stayOpenUntil(moment)
  core.openUntil = moment
  gate.expect(moment)
end

function gate.openPeriodMs()
  local recoveryMs = config.recoveryMs
  local doublings = math.min(core.failedRecoveries, 30)
  local period = math.min(recoveryMs * 2 ^ doublings, math.max(${LONGEST_OPEN_MS}, recoveryMs))
  return period + math.floor((period * jitter) / 5000)
end

function gate.open(cause)
  local recoveryFailed = core.state == "half_open"
    or (core.recoveredAt > 0 and now - core.recoveredAt < config.recoveryMs)
  core.failedRecoveries = recoveryFailed and core.failedRecoveries + 1 or 0
  gate.enter("open", now, cause)
  gate.stayOpenUntil(now + gate.openPeriodMs())
end

function gate.judgeProbe(failed)
  if failed then return gate.open("probe_failed") end
  core.successes = core.successes + 1
  if core.successes >= config.successesToClose then gate.enter("closed", now, "probes_succeeded") end
end

`;
