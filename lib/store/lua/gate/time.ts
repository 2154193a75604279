/** `lib/gate/time.ts`: whatever was due since the last batch happens as of when it was due, in a fixed order. */
const NEVER = 1e15;

export const due: string = `
function gate.releaseExpired()
  local ids = gate.index("ZRANGEBYSCORE", PERMITS, "-inf", now)
  gate.readAll("p", ids)
  local owners = {}
  for at = 1, #ids do
    local permit = gate.find("p", ids[at])
    owners[at] = permit.session
  end
  gate.readAll("i", owners)
  for at = 1, #ids do gate.expire(ids[at], gate.find("p", ids[at])) end
end

function gate.leaveGone()
  local ids = gate.index("ZRANGEBYSCORE", GONE, "-inf", now)
  gate.readAll("t", ids)
  for at = 1, #ids do
    local ticket = gate.find("t", ids[at])
    if ticket then gate.leaveLine(ids[at], ticket) end
  end
end

function gate.expectFirst(key)
  local first = gate.index("ZRANGEBYSCORE", key, "(" .. now, "+inf", "WITHSCORES", "LIMIT", 0, 1)
  if first[2] then gate.expect(tonumber(first[2])) end
end

function gate.expectAll()
  local override = core.override
  if override then gate.expect(override.ending)
  elseif core.state == "open" then gate.expect(core.openUntil) end
  gate.expectFirst(PERMITS)
  gate.expectFirst(GONE)
  gate.expectSilent()
end

function gate.passDue()
  local override = core.override
  if override and override.ending <= now then gate.endOverride(override.ending, "override_ended") end
  gate.releaseExpired()
  if core.state == "open" and core.openUntil <= now then gate.enter("half_open", core.openUntil, "open_period_over") end
  gate.leaveGone()
  gate.dropSilent()
  core.due = ${NEVER}
  gate.expectAll()
end
`;
