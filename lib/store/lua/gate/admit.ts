/** `lib/gate/admit.ts`: one look at everything that can stand in the way of a call, in a fixed order. */
export const admit: string = `
function gate.refused(reason, retryAfterMs) return { "refused", reason, retryAfterMs } end

function gate.ticketsBefore(lane, id, ticket)
  return ticket and gate.placeOf(id, ticket) or core.waiting[lane]
end

function gate.firstProbeExpiryMs()
  gate.readAll("p", core.probes)
  local first
  for at = 1, #core.probes do
    local expiresAt = gate.find("p", core.probes[at]).expiresAt
    if not first or expiresAt < first then first = expiresAt end
  end
  return first - now
end

function gate.admit(own, id, n, askedLane, askedDeadlineMs, waitMs)
  local permit = gate.find("p", id)
  if permit then return gate.permitReply(permit) end

  local ticket = gate.find("t", id)
  local lane = ticket and ticket.lane or askedLane
  local deadlineMs = ticket and ticket.deadlineMs or askedDeadlineMs
  local guarded = lane ~= "health" and config.enabled

  if now < core.adoptingUntil then return gate.refused("adopting", core.adoptingUntil - now) end
  if guarded and core.override and core.override.mode == "force_open" then
    return gate.refused("forced", core.override["until"] - now)
  end
  if guarded and core.state == "open" then return gate.refused("open", core.openUntil - now) end
  if not ticket and n < own.doneBelow then return gate.refused("spent", 0) end

  local probing = guarded and core.state == "half_open"
  if probing and #core.probes >= config.probes then return gate.refused("probing", gate.firstProbeExpiryMs()) end

  local queued = lane ~= "health" and not probing
  local free = gate.freePermits(lane)
  if free > 0 and free > (queued and gate.ticketsBefore(lane, id, ticket) or 0) then
    if ticket then gate.leaveLine(id, ticket) end
    return gate.grant(id, lane, deadlineMs, probing)
  end
  if queued and waitMs > 0 and (ticket or core.waiting[lane] < config.maxWaiting) then
    return gate.keepPlace(id, lane, deadlineMs, waitMs)
  end
  return gate.refused("full", config.fullRetryAfterMs)
end
`;
