/** `lib/gate/lanes.ts`: how many permits may be out, and granting and releasing one. */
import { CANCEL_GRACE_MS } from "../../../gate/lanes.ts";

const PROBE_DEADLINE_MS = 10_000;
const LARGEST_PROBE_DOUBLING = 15;
const RAMP_STEP_MS = 250;
const LONGEST_HELD_MS = 60_000;

export const lanes: string = `

function gate.capacityInForce(lane)
  local capacity = config.capacity[lane]
  if lane == HEALTH or core.recoveredAt == 0 or core.state ~= "closed" or not config.enabled then return capacity end
  local doublings = math.min(30, math.floor((now - core.recoveredAt) / ${RAMP_STEP_MS}))
  return math.min(capacity, config.probes * 2 ^ doublings)
end

function gate.freePermits(lane) return math.max(0, gate.capacityInForce(lane) - core.held[lane]) end

function gate.countSession(id, change)
  -- The own one is written anyway.
  if own and id == session then
    own.permits = own.permits + change
    return
  end
  local instance = gate.find("i", id)
  if not instance then return end
  instance.permits = instance.permits + change
  gate.put("i", id, instance)
end

function gate.permitReply(permit)
  return { "permit", permit.expiresAt, permit.expiresAt - now, permit.deadlineMs, permit.probe and 1 or 0 }
end

function gate.mint(id, permit)
  gate.put("p", id, permit)
  local lane = permit.lane
  core.held[lane] = core.held[lane] + 1
  if core.fullSince[lane] == 0 and gate.freePermits(lane) == 0 then core.fullSince[lane] = now end
  if permit.probe then
    local probes = core.probes
    probes[#probes + 1] = id
  end
  gate.countSession(permit.session, 1)
  gate.expect(permit.expiresAt)
end

function gate.grant(id, lane, askedMs, probe)
  local deadlineMs = askedMs
  if probe then
    deadlineMs = math.min(askedMs, ${PROBE_DEADLINE_MS} * 2 ^ math.min(core.failedProbes, ${LARGEST_PROBE_DOUBLING}))
  end
  -- In the order of the record.
  local expiresAt = now + config.connectTimeoutMs + deadlineMs + ${CANCEL_GRACE_MS}
  local permit = { session, lane, core.generation, now, expiresAt, deadlineMs, probe, false }
  gate.mint(id, permit)
  return gate.permitReply(permit)
end

function gate.release(id, permit)
  gate.put("p", id, false)
  local lane = permit.lane
  core.held[lane] = core.held[lane] - 1
  if permit.probe then gate.endProbe(id) end
  gate.countSession(permit.session, -1)
end

function gate.settle(id, permit, outcome, slow)
  gate.release(id, permit)
  local lane = permit.lane
  core.fullSince[lane] = 0
  if lane ~= HEALTH and not permit.adopted then
    local heldMs = math.min(now - permit.grantedAt, ${LONGEST_HELD_MS})
    core.heldMs[lane] = math.floor((7 * core.heldMs[lane] + heldMs) / 8)
  end
  gate.vote(permit, outcome, slow)
end
`;

/** What most permits never meet. */
export const endings: string = `
function gate.endProbe(id)
  local probes = core.probes
  for at = 1, #probes do
    if probes[at] == id then
      table.remove(probes, at)
      return
    end
  end
end

function gate.expire(id, permit)
  gate.release(id, permit)
  local lane = permit.lane
  if core.waiting[lane] == 0 then core.fullSince[lane] = 0 end
end

function gate.cancel(id, permit)
  gate.release(id, permit)
  local lane = permit.lane
  core.fullSince[lane] = 0
  gate.vote(permit, "ignored", false)
end
`;
