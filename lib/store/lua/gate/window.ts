/** `lib/gate/window.ts`: what recent votes add up to. */
import { RING_SECONDS } from "../../../gate/state.ts";

export const secondOf = (ms: string): string => `math.floor(${ms} / 1000)`;

export const window: string = `
function gate.entryAt(at)
  local second = gate.find("w", at % ${RING_SECONDS})
  return second and second.at == at and second
end

function gate.passWindow()
  local oldest = math.max(core.windowStart, ${secondOf("now")} - config.windowSeconds + 1)
  if oldest ~= core.windowFrom then gate.rollWindow(oldest) end
end

function gate.currentSecond()
  local at = ${secondOf("now")}
  local second = gate.entryAt(at) or { at, 0, 0, 0, 0, 0, 0 }
  gate.put("w", at % ${RING_SECONDS}, second)
  return second
end

function gate.countVote(failed, slow)
  local second = gate.currentSecond()
  second.calls, core.calls = second.calls + 1, core.calls + 1
  if failed then second.failures, core.failures = second.failures + 1, core.failures + 1 end
  if slow then second.slow, core.slow = second.slow + 1, core.slow + 1 end
end

function gate.countRefused(refused)
  local second = gate.currentSecond()
  second.refused = second.refused + refused
end

function gate.countPeaks()
  local permits = core.held[REQUEST] + core.held[SLOW]
  local waiting = core.waiting[REQUEST] + core.waiting[SLOW]
  local second = gate.entryAt(${secondOf("now")})
  if permits <= (second and second.permits or 0) and waiting <= (second and second.waiting or 0) then return end
  second = gate.currentSecond()
  second.permits = math.max(second.permits, permits)
  second.waiting = math.max(second.waiting, waiting)
end
`;

/** What happens once a second, or less often. */
export const rolling: string = `
function gate.beginWindow(at)
  local start = ${secondOf("at")}
  local second = gate.entryAt(start)
  core.windowStart, core.windowFrom = start, start
  core.baseCalls, core.baseFailures = second and second.calls or 0, second and second.failures or 0
  core.baseSlow = second and second.slow or 0
  core.calls, core.failures, core.slow = 0, 0, 0
end

function gate.addSecond(at, sign)
  local second = gate.entryAt(at)
  if not second then return end
  local calls, failures, slow = second.calls, second.failures, second.slow
  if at == core.windowStart then
    calls, failures, slow = calls - core.baseCalls, failures - core.baseFailures, slow - core.baseSlow
  end
  core.calls = core.calls + sign * calls
  core.failures = core.failures + sign * failures
  core.slow = core.slow + sign * slow
end

function gate.rollWindow(oldest)
  local from = core.windowFrom
  local first, last, sign = from, oldest, -1
  if oldest < from then first, last, sign = oldest, from, 1 end
  first = math.max(first, last - ${RING_SECONDS})
  local places = {}
  for at = first, last - 1 do places[#places + 1] = at % ${RING_SECONDS} end
  gate.readAll("w", places)
  for at = first, last - 1 do gate.addSecond(at, sign) end
  if oldest - from > ${RING_SECONDS} then core.calls, core.failures, core.slow = 0, 0, 0 end
  core.windowFrom = oldest
end
`;
