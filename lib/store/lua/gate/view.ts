/** `lib/gate/view.ts`: the whole gate as people want to see it. */
import { RING_SECONDS } from "../../../gate/state.ts";
import { secondOf } from "./window.ts";

const INSTANCES_SHOWN = 200;

export const view: string = `

function gate.laneView(lane)
  return { gate.freePermits(lane), core.waiting[lane], gate.capacityInForce(lane), core.held[lane],
    core.fullSince[lane] }
end

function gate.lastSeconds()
  local places, list = {}, {}
  for place = 0, ${RING_SECONDS} - 1 do places[place + 1] = place end
  gate.readAll("w", places)
  for place = 0, ${RING_SECONDS} - 1 do
    local second = gate.find("w", place)
    if second and second.at > ${secondOf("now")} - ${RING_SECONDS} then list[#list + 1] = gate.copied(second) end
  end
  table.sort(list, function(one, other) return one[1] < other[1] end)
  return list
end

function gate.lastInstances(list)
  local first, ids, shown = math.max(1, #list - ${INSTANCES_SHOWN} + 1), {}, {}
  for at = first, #list do ids[#ids + 1] = list[at][1] end
  gate.readAll("a", ids)
  for at = first, #list do
    local id, heard = list[at][1], list[at][2]
    local about = gate.find("a", id)
    shown[#shown + 1] = { id, heard, about.runtime, about.region, about.version, about.startedAt }
  end
  return shown
end

-- Answers leave at the end of the batch: what is shown must not change until then.
function gate.copied(list)
  local copy = {}
  for at = 1, #list do copy[at] = list[at] end
  return copy
end

function gate.view()
  local override = core.override
  local list, rank = gate.present()
  return { "view", now,
    { core.state, core.since, core.openUntil, math.max(0, core.openUntil - now), #core.probes, core.successes,
      core.failedRecoveries, core.lastFailureAt },
    { core.calls, core.failures, core.slow },
    override and { override.mode, override.ending, override.actor, override.reason, override.ending - now } or {},
    core.overrideVersion,
    { gate.laneView(REQUEST), gate.laneView(SLOW), gate.laneView(HEALTH) },
    gate.lastSeconds(), gate.copied(gate.listOf("history")), #list, rank, gate.lastInstances(list) }
end
`;
