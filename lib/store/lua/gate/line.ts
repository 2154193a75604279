/**
 * `lib/gate/line.ts`: tickets in order of arrival. The sorted set tells how a line stood before this batch; `left` and
 * `joined` (beside the breaker, which empties them) tell what became of it since.
 */
const LATE_ASK_MS = 1_000;

export const line: string = `
joined, left = { {}, {} }, { {}, {} }

function gate.placeIn(list, id)
  for at = 1, #list do
    if list[at] == id then return at end
  end
end

-- How many tickets stand before this one.
function gate.placeOf(id, ticket)
  local lane = ticket.lane
  if new[ticket] then return core.waiting[lane] - #joined[lane] + gate.placeIn(joined[lane], id) - 1 end
  local place = call("ZRANK", LINES[lane], id)
  for at = 1, #left[lane] do
    if left[lane][at] < ticket.arrival then place = place - 1 end
  end
  return place
end

function gate.firstOf(lane)
  if core.waiting[lane] > #joined[lane] then
    local ids = call("ZRANGE", LINES[lane], 0, #left[lane])
    for at = 1, #ids do
      local ticket = entries.t[ids[at]]
      -- Not looked at, or looked at and still in its old place.
      if ticket == nil or (ticket and not new[ticket]) then return ids[at] end
    end
  end
  return joined[lane][1]
end

function gate.leaveLine(id, ticket)
  local lane = ticket.lane
  if new[ticket] then table.remove(joined[lane], gate.placeIn(joined[lane], id))
  else table.insert(left[lane], ticket.arrival) end
  core.waiting[lane] = core.waiting[lane] - 1
  gate.put("t", id, false)
end

function gate.checkAfterMs(lane, ahead, waitMs)
  local least, most = 10, 1000
  if config.wakes then least, most = 1000, 5000 end
  local capacity = gate.capacityInForce(lane)
  local turnMs = capacity > 0 and math.floor((ahead * core.heldMs[lane]) / capacity) or most
  return math.min(waitMs, math.max(least, math.min(most, turnMs)))
end

function gate.keepPlace(id, lane, deadlineMs, waitMs)
  local ticket = gate.find("t", id)
  if not ticket then
    core.arrivals = core.arrivals + 1
    -- In the order of the record.
    ticket = { session, lane, core.arrivals, deadlineMs, 0 }
    new[ticket] = true
    core.waiting[lane] = core.waiting[lane] + 1
    table.insert(joined[lane], id)
  end
  local ahead = gate.placeOf(id, ticket)
  local nextCheckMs = gate.checkAfterMs(ticket.lane, ahead, waitMs)
  ticket.goneAt = now + nextCheckMs + ${LATE_ASK_MS}
  gate.put("t", id, ticket)
  gate.expect(ticket.goneAt)
  return { "place", ahead, nextCheckMs }
end

function gate.wakeFirst(list, lane)
  if core.waiting[lane] == 0 or gate.freePermits(lane) == 0 then return end
  list[#list + 1] = { string.match(gate.firstOf(lane), "^[^.]+"), lane == REQUEST and "request" or "slow" }
end

function gate.wakes()
  local list = {}
  gate.wakeFirst(list, REQUEST)
  gate.wakeFirst(list, SLOW)
  return list
end
`;
