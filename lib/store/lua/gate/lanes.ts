/** `lib/gate/lanes.ts`: how many permits may be out, and granting and releasing one. */
import { CANCEL_GRACE_MS } from "../../../gate/lanes.ts";

const PROBE_DEADLINE_MS = 10_000;
const LARGEST_PROBE_DOUBLING = 15;
const RAMP_STEP_MS = 250;
const LONGEST_HELD_MS = 60_000;

export const lanes: string = `

function gate.capacityInForce(lane)
  local capacity = config.capacity[lane]
  if lane == "health" or core.recoveredAt == 0 or core.state ~= "closed" or not config.enabled then return capacity end
  local doublings = math.min(30, math.floor((now - core.recoveredAt) / ${RAMP_STEP_MS}))
  return math.min(capacity, config.probes * 2 ^ doublings)
end

function gate.freePermits(lane) return math.max(0, gate.capacityInForce(lane) - core.held[lane]) end

function gate.countSession(id, change)
  local entry = gate.find("i", id)
  if not entry then return end
  entry.permits = entry.permits + change
  gate.put("i", id, entry)
end

function gate.permitReply(permit)
  return { "permit", permit.expiresAt, permit.expiresAt - now, permit.deadlineMs, permit.probe and 1 or 0 }
end

function gate.mint(id, permit)
  gate.put("p", id, permit)
  core.held[permit.lane] = core.held[permit.lane] + 1
  if permit.probe then core.probes[#core.probes + 1] = id end
  gate.countSession(permit.session, 1)
  gate.expect(permit.expiresAt)
end

function gate.grant(id, lane, askedMs, probe)
  local longestMs = askedMs
  if probe then longestMs = ${PROBE_DEADLINE_MS} * 2 ^ math.min(core.failedProbes, ${LARGEST_PROBE_DOUBLING}) end
  local deadlineMs = math.min(askedMs, longestMs)
  local permit = { session = session, lane = lane, generation = core.generation, grantedAt = now,
    expiresAt = now + config.connectTimeoutMs + deadlineMs + ${CANCEL_GRACE_MS}, deadlineMs = deadlineMs, probe = probe,
    adopted = false }
  gate.mint(id, permit)
  return gate.permitReply(permit)
end

function gate.release(id, permit)
  gate.put("p", id, false)
  core.held[permit.lane] = core.held[permit.lane] - 1
  if permit.probe then
    for at = 1, #core.probes do
      if core.probes[at] == id then
        table.remove(core.probes, at)
        break
      end
    end
  end
  gate.countSession(permit.session, -1)
end

function gate.settle(id, permit, outcome, slow)
  gate.release(id, permit)
  local lane = permit.lane
  if lane ~= "health" and not permit.adopted then
    local heldMs = math.min(now - permit.grantedAt, ${LONGEST_HELD_MS})
    core.heldMs[lane] = math.floor((7 * core.heldMs[lane] + heldMs) / 8)
  end
  gate.vote(permit, outcome, slow)
end

function gate.cancel(id, permit)
  gate.release(id, permit)
  gate.vote(permit, "ignored", false)
end
`;
