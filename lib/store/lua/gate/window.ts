/** `lib/gate/window.ts`: what recent votes add up to. */
import { RING_SECONDS } from "../../../gate/state.ts";

export const window: string = `

function gate.secondOf(ms) return math.floor(ms / 1000) end

function gate.entryAt(second)
  local entry = gate.find("w", second % ${RING_SECONDS})
  return entry and entry.at == second and entry
end

function gate.beginWindow(at)
  local start = gate.secondOf(at)
  local held = gate.entryAt(start) or { calls = 0, failures = 0, slow = 0 }
  return { start = start, baseCalls = held.calls, baseFailures = held.failures, baseSlow = held.slow, from = start,
    calls = 0, failures = 0, slow = 0 }
end

function gate.addSecond(second, sign)
  local entry = gate.entryAt(second)
  if not entry then return end
  local window = core.window
  local calls, failures, slow = entry.calls, entry.failures, entry.slow
  if second == window.start then
    calls, failures, slow = calls - window.baseCalls, failures - window.baseFailures, slow - window.baseSlow
  end
  window.calls = window.calls + sign * calls
  window.failures = window.failures + sign * failures
  window.slow = window.slow + sign * slow
end

function gate.rollWindow()
  local window = core.window
  local oldest = math.max(window.start, gate.secondOf(now) - config.windowSeconds + 1)
  if oldest == window.from then return end
  local first, last, sign = window.from, oldest, -1
  if oldest < window.from then first, last, sign = oldest, window.from, 1 end
  first = math.max(first, last - ${RING_SECONDS})
  local seconds = {}
  for second = first, last - 1 do seconds[#seconds + 1] = second % ${RING_SECONDS} end
  gate.readAll("w", seconds)
  for second = first, last - 1 do gate.addSecond(second, sign) end
  if oldest - window.from > ${RING_SECONDS} then window.calls, window.failures, window.slow = 0, 0, 0 end
  window.from = oldest
end

function gate.currentSecond()
  local at = gate.secondOf(now)
  local entry = gate.entryAt(at) or { at = at, calls = 0, failures = 0, slow = 0, refused = 0, permits = 0, waiting = 0 }
  gate.put("w", at % ${RING_SECONDS}, entry)
  return entry
end

function gate.countIn(sum, failed, slow)
  sum.calls = sum.calls + 1
  if failed then sum.failures = sum.failures + 1 end
  if slow then sum.slow = sum.slow + 1 end
end

function gate.countVote(failed, slow)
  gate.countIn(gate.currentSecond(), failed, slow)
  gate.countIn(core.window, failed, slow)
end

function gate.countRefused(refused)
  if refused == 0 then return end
  local second = gate.currentSecond()
  second.refused = second.refused + refused
end

function gate.countPeaks()
  local permits = core.held.request + core.held.slow
  local waiting = core.waiting.request + core.waiting.slow
  local known = gate.entryAt(gate.secondOf(now))
  if permits <= (known and known.permits or 0) and waiting <= (known and known.waiting or 0) then return end
  local second = gate.currentSecond()
  second.permits = math.max(second.permits, permits)
  second.waiting = math.max(second.waiting, waiting)
end
`;
