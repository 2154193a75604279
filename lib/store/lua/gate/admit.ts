/** `lib/gate/admit.ts`: one look at everything that can stand in the way of a call, in a fixed order. */
export const admit: string = `
function gate.admit(id, n, askedLane, askedDeadlineMs, waitMs)
  local permit = gate.find("p", id)
  if permit then return gate.permitReply(permit) end

  local ticket = gate.find("t", id)
  local lane = ticket and ticket.lane or askedLane
  local deadlineMs = ticket and ticket.deadlineMs or askedDeadlineMs
  local guarded = lane ~= HEALTH and config.enabled

  if now < core.adoptingUntil then return gate.refused("adopting", core.adoptingUntil - now) end
  local override = guarded and core.override
  if override and override.mode == "force_open" then return gate.refused("forced", override.ending - now) end
  if guarded and core.state == "open" then return gate.refused("open", core.openUntil - now) end
  if not ticket and n < own.doneBelow then return gate.refused("spent", 0) end

  local probing = guarded and core.state == "half_open"
  if probing and #core.probes >= config.probes then return gate.refused("probing", gate.firstProbeExpiryMs()) end

  local queued = lane ~= HEALTH and not probing
  local free = gate.freePermits(lane)
  local before = ticket and queued and gate.placeOf(id, ticket) or queued and core.waiting[lane] or 0
  if free > before then
    if ticket then gate.leaveLine(id, ticket) end
    return gate.grant(id, lane, deadlineMs, probing)
  end
  if queued and waitMs > 0 and (ticket or core.waiting[lane] < config.maxWaiting) then
    return gate.keepPlace(id, lane, deadlineMs, waitMs)
  end
  return gate.refused("full", config.fullRetryAfterMs)
end
`;

export const refusals: string = `
function gate.refused(reason, retryAfterMs) return { "refused", reason, retryAfterMs } end

function gate.firstProbeExpiryMs()
  local probes, first = core.probes, nil
  gate.readAll("p", probes)
  for at = 1, #probes do
    local permit = gate.find("p", probes[at])
    if not first or permit.expiresAt < first then first = permit.expiresAt end
  end
  return first - now
end
`;
