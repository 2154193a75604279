-- `lib/gate/window.ts`: what recent votes add up to.

-- @often

function gate.currentSecond()
  local at = math.floor(now / 1000)
  local second = gate.secondOf(at) or { at, 0, 0, 0, 0, 0, 0 }
  local place = at % RING_SECONDS
  seconds[place], secondsChanged[place] = second, true
  return second
end

function gate.countVotes(vote)
  local second = gate.currentSecond()
  second.calls, core.calls = second.calls + vote.calls, core.calls + vote.calls
  second.failures, core.failures = second.failures + vote.failures, core.failures + vote.failures
  second.slow, core.slow = second.slow + vote.slow, core.slow + vote.slow
end

function gate.countRefused(refused)
  local second = gate.currentSecond()
  second.refused = second.refused + refused
end

function gate.countPeaks()
  local running = core.running[REQUEST] + core.running[SLOW]
  local waiting = core.waiting[REQUEST] + core.waiting[SLOW]
  local second = gate.secondOf(math.floor(now / 1000))
  if running <= (second and second.running or 0) and waiting <= (second and second.waiting or 0) then return end
  second = gate.currentSecond()
  second.running = math.max(second.running, running)
  second.waiting = math.max(second.waiting, waiting)
end

-- @sometimes

function gate.beginWindow(at)
  local start = math.floor(at / 1000)
  local second = gate.secondOf(start) or NOTHING
  core.windowStart, core.windowFrom = start, start
  core.baseCalls, core.baseFailures, core.baseSlow = second.calls, second.failures, second.slow
  core.calls, core.failures, core.slow = 0, 0, 0
end

function gate.rollWindow(oldest)
  local from, to, sign = core.windowFrom, oldest, -1
  if oldest < from then from, to, sign = oldest, from, 1 end
  local first, places = math.max(from, to - RING_SECONDS), {}
  for at = first, to - 1 do places[#places + 1] = at % RING_SECONDS end
  gate.read(seconds, "w", places)
  for at = first, to - 1 do
    local second = gate.secondOf(at)
    if second then gate.addSecond(second, sign) end
  end
  if oldest - core.windowFrom > RING_SECONDS then core.calls, core.failures, core.slow = 0, 0, 0 end
  core.windowFrom = oldest
end

function gate.addSecond(second, sign)
  local calls, failures, slow = second.calls, second.failures, second.slow
  if second.at == core.windowStart then
    calls, failures, slow = calls - core.baseCalls, failures - core.baseFailures, slow - core.baseSlow
  end
  core.calls, core.failures, core.slow =
    core.calls + sign * calls, core.failures + sign * failures, core.slow + sign * slow
end
